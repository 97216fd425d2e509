#include "postgres/forward_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "postgres/catalog.hpp"
#include "postgres/forward_query.hpp"
#include "postgres/session.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;

namespace {

// What the transaction is made of, in the order in which it is sent.
struct Step {
    Statement statement;
    std::size_t batch = 0;
    const ForwardShape* shape = nullptr;  // null: the answer holds nothing to read
};

struct Plan {
    std::vector<Step> steps;
    ForwardApplied applied;
};

using Items = std::vector<const QueueItem*>;

Error refusal(const ForwardShape& shape, std::string code, std::string_view why) {
    return {Disposition::row, std::move(code),
            fmt::format("cannot write {} for stream {}: {}", shape.label, shape.stream, why)};
}

Error refusal(const ForwardShape& shape, ForwardOutcome outcome) {
    switch (outcome) {
        case ForwardOutcome::missing:
            return refusal(shape, "missing", "the row is not in Supabase, and this stream inserts none");
        case ForwardOutcome::collision:
            return refusal(shape, "collision",
                           "another row has the same number there, made on that side; give one of the two another "
                           "number (check prints how to keep the numbers apart)");
        default:
            return refusal(shape, "undelivered",
                           "the row to be deleted, or one that would go with it, was made in Supabase and has not "
                           "reached SQL Server; it is tried again");
    }
}

void add_lock(Plan& plan, std::size_t batch, const ForwardShape& shape, const Items& items, RowLock lock) {
    if (shape.operations.update || shape.operations.remove) {
        plan.steps.push_back({lock_statement(shape, items, lock), batch, nullptr});
    }
}

// Items with the same columns go together: a column that an item lacks is no part of its statement.
void add_upserts(Plan& plan, std::size_t number, const ForwardBatch& batch, const ForwardShape& shape) {
    std::map<ColumnSet, Items> groups;
    Items readable;
    for (const QueueItem* item : batch.items) {
        if (item->change.operation != Operation::upsert) {
            continue;
        }
        std::string problem;
        if (const auto columns = columns_of(shape, *item, problem)) {
            groups[*columns].push_back(item);
            readable.push_back(item);
        } else {
            plan.applied.refused.emplace_back(item->id, refusal(shape, "unreadable", problem));
        }
    }
    if (readable.empty()) {
        return;
    }
    add_lock(plan, number, shape, readable, RowLock::for_update);
    for (const auto& [columns, items] : groups) {
        plan.steps.push_back({upsert_statement(shape, columns, items, batch.reverse), number, &shape});
    }
}

void add_removals(Plan& plan, std::size_t number, const ForwardBatch& batch, const ForwardShape& shape) {
    Items items;
    std::ranges::copy_if(batch.items, std::back_inserter(items),
                         [](const QueueItem* item) { return item->change.operation == Operation::remove; });
    if (items.empty() || !shape.operations.remove) {
        return;
    }
    add_lock(plan, number, shape, items, RowLock::for_removal);
    plan.steps.push_back({remove_statement(shape, items, batch.reverse), number, &shape});
}

Statement begin_statement() {
    return {"begin a transaction", "BEGIN ISOLATION LEVEL READ COMMITTED", {}};
}

// For this transaction only. Nobody's row stays locked for long if this process stops in the middle.
Statement settings_statement(std::chrono::milliseconds lock_timeout) {
    return {"set up the transaction",
            "SELECT set_config('reverse_sync.origin', 'sqlserver', true), set_config('lock_timeout', $1, true),"
            " set_config('idle_in_transaction_session_timeout', '60s', true)",
            {std::to_string(lock_timeout.count())}};
}

// Closes the session unless the scope is left by way of `keep()`: a transaction must not stay open in it.
class CloseUnlessEnded {
public:
    explicit CloseUnlessEnded(Session& session) : session_{&session} {}
    ~CloseUnlessEnded() {
        if (session_ != nullptr) {
            session_->close();
        }
    }
    CloseUnlessEnded(const CloseUnlessEnded&) = delete;
    CloseUnlessEnded& operator=(const CloseUnlessEnded&) = delete;

    void keep() { session_ = nullptr; }

private:
    Session* session_;
};

// Its own limits of time ended the transaction.
bool is_held_up(const Error& error) {
    return error.code == "sqlstate 55P03" || error.code == "sqlstate 57014";
}

Error in_doubt(Error error) {
    error.disposition = Disposition::in_doubt;
    return error;
}

class TableSink final : public ForwardSink {
public:
    explicit TableSink(ForwardSinkSettings settings)
        : session_{std::move(settings.conninfo), {settings.statement_timeout, false}},
          lock_timeout_{settings.lock_timeout} {}

    asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<ForwardPair> pairs) override;
    asio::awaitable<Result<ForwardApplied>> apply(std::vector<ForwardBatch> batches,
                                                  BeforeCommit before_commit) override;

private:
    asio::awaitable<Result<void>> read_shapes(std::vector<ForwardPair> pairs);
    Result<Plan> plan(const std::vector<ForwardBatch>& batches) const;
    std::vector<Statement> statements_of(Plan& plan) const;
    asio::awaitable<Result<void>> end(const char* how);

    Session session_;
    const std::chrono::milliseconds lock_timeout_;

    // What is known of the connected database; told anew by each connection and after each failure of a stream.
    std::map<const Stream*, Result<ForwardShape>> shapes_;
};

asio::awaitable<Result<std::vector<Result<void>>>> TableSink::prepare(std::vector<ForwardPair> pairs) {
    if (!session_.is_open()) {
        shapes_.clear();
        if (auto opened = co_await session_.open(); !opened) {
            co_return opened.error();
        }
    }
    const bool all_known =
        std::ranges::all_of(pairs, [&](const ForwardPair& pair) { return shapes_.contains(pair.stream); });
    if (!all_known) {
        if (auto read = co_await read_shapes(pairs); !read) {
            co_return read.error();
        }
    }
    std::vector<Result<void>> results;
    for (const ForwardPair& pair : pairs) {
        const Result<ForwardShape>& shape = shapes_.at(pair.stream);
        results.push_back(shape ? Result<void>{} : Result<void>{shape.error()});
    }
    // What did not fit is looked at again the next time.
    std::erase_if(shapes_, [](const auto& known) { return known.second.has_error(); });
    co_return results;
}

// The first failure; in a transaction those behind it only say that it had failed.
std::optional<Error> first_error(const std::vector<Result<Rows>>& answers) {
    const auto failed = std::ranges::find_if(answers, [](const auto& answer) { return answer.has_error(); });
    return failed == answers.end() ? std::nullopt : std::optional{failed->error()};
}

const SourceTable* find(const Catalog& catalog, const TableName& name) {
    const auto table = catalog.find(to_string(name));
    return table != catalog.end() ? &table->second : nullptr;
}

// The pair's shape, with what a removal might take along of the rows that `pairs` read.
Result<ForwardShape> shape_in(const Catalog& catalog, const std::vector<Cascade>& cascades, const ForwardPair& pair,
                              const std::vector<ForwardPair>& pairs) {
    Result<ForwardShape> shape = forward_shape_of(*pair.stream, pair.reader, find(catalog, pair.stream->target));
    for (const Cascade& cascade : cascades) {
        const auto child = std::ranges::find_if(pairs, [&](const ForwardPair& other) {
            return other.reader != nullptr && other.reader->operations.insert && other.reader->source == cascade.child;
        });
        if (!shape || cascade.parent != pair.stream->target || child == pairs.end()) {
            continue;
        }
        Result<std::string> dependents = dependents_of(cascade, *child->reader, find(catalog, cascade.child));
        if (!dependents) {
            return dependents.error();
        }
        shape->dependents.push_back(std::move(*dependents));
    }
    return shape;
}

asio::awaitable<Result<void>> TableSink::read_shapes(std::vector<ForwardPair> pairs) {
    std::vector<TableName> tables;
    for (const ForwardPair& pair : pairs) {
        tables.push_back(pair.stream->target);
    }
    std::vector<Statement> statements;
    statements.push_back(catalog_statement(tables));
    statements.push_back(cascades_statement(tables));
    auto answers = co_await session_.exchange(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    if (const std::optional<Error> failure = first_error(*answers)) {
        co_return *failure;
    }
    const Catalog catalog = read_catalog(answers->at(0).value());
    const std::vector<Cascade> cascades = read_cascades(answers->at(1).value());
    for (const ForwardPair& pair : pairs) {
        shapes_.insert_or_assign(pair.stream, shape_in(catalog, cascades, pair, pairs));
    }
    co_return Result<void>{};
}

Result<Plan> TableSink::plan(const std::vector<ForwardBatch>& batches) const {
    Plan plan;
    plan.applied.changed.resize(batches.size());
    std::vector<const ForwardShape*> shapes;
    for (const ForwardBatch& batch : batches) {
        const auto shape = shapes_.find(batch.pair.stream);
        if (shape == shapes_.end() || !shape->second) {
            return Error{Disposition::retry, "",
                         fmt::format("cannot write for stream {}: its table has not been looked at; it is tried again",
                                     batch.pair.stream->name)};
        }
        shapes.push_back(&*shape->second);
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
        add_upserts(plan, i, batches[i], *shapes[i]);
    }
    for (std::size_t i = batches.size(); i-- > 0;) {
        add_removals(plan, i, batches[i], *shapes[i]);
    }
    return plan;
}

std::vector<Statement> TableSink::statements_of(Plan& plan) const {
    std::vector<Statement> statements;
    statements.push_back(begin_statement());
    statements.push_back(settings_statement(lock_timeout_));
    for (Step& step : plan.steps) {
        statements.push_back(std::move(step.statement));
    }
    return statements;
}

// Reads the answers into `plan.applied`; returns the echoes.
Result<std::vector<Echo>> take_answers(Plan& plan, const std::vector<ForwardBatch>& batches,
                                       const std::vector<Result<Rows>>& answers) {
    constexpr std::size_t before_the_steps = 2;
    std::vector<Echo> echoes;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const Step& step = plan.steps[i];
        if (step.shape == nullptr) {
            continue;
        }
        const auto read = read_forward_answers(*answers[before_the_steps + i], *step.shape);
        if (!read) {
            return read.error();
        }
        std::map<std::int64_t, const QueueItem*> items;
        for (const QueueItem* item : batches[step.batch].items) {
            items.emplace(item->id, item);
        }
        for (const ForwardAnswer& answer : *read) {
            const Key& key = items.at(answer.item)->change.key;
            if (answer.outcome == ForwardOutcome::written) {
                ++plan.applied.changed[step.batch];
            } else if (answer.outcome != ForwardOutcome::equal) {
                plan.applied.refused.emplace_back(answer.item, refusal(*step.shape, answer.outcome));
            }
            if (answer.echoes) {
                echoes.push_back({step.shape->reader->stream, key, answer.stamped, answer.edited});
            }
            for (const ForwardConflict& conflict : answer.conflicts) {
                plan.applied.conflicts.push_back({step.shape->stream, key, conflict.column, conflict.winner});
            }
        }
    }
    return echoes;
}

bool has_changed(const ForwardApplied& applied) {
    return std::ranges::any_of(applied.changed, [](std::size_t rows) { return rows > 0; });
}

// COMMIT or ROLLBACK.
asio::awaitable<Result<void>> TableSink::end(const char* how) {
    std::vector<Statement> statements;
    statements.push_back({"end the transaction", how, {}});
    auto answers = co_await session_.resume(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    if (!answers->front()) {
        co_return answers->front().error();
    }
    co_return Result<void>{};
}

asio::awaitable<Result<ForwardApplied>> TableSink::apply(std::vector<ForwardBatch> batches,
                                                         BeforeCommit before_commit) {
    Result<Plan> planned = plan(batches);
    if (!planned) {
        co_return planned.error();
    }
    Plan& plan = *planned;
    if (plan.steps.empty()) {
        co_return std::move(plan.applied);
    }
    CloseUnlessEnded guard{session_};
    std::vector<Statement> statements = statements_of(plan);
    auto answers = co_await session_.resume(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    std::optional<Error> failure = first_error(*answers);
    const bool held_up = failure && is_held_up(*failure);
    if (failure && failure->disposition == Disposition::stream) {
        shapes_.clear();
    }
    if (!failure) {
        Result<std::vector<Echo>> echoes = take_answers(plan, batches, *answers);
        if (!echoes) {
            failure = echoes.error();
        } else if (!echoes->empty() || has_changed(plan.applied)) {
            if (Result<void> allowed = co_await before_commit(std::move(*echoes)); !allowed) {
                failure = allowed.error();
            }
        }
    }
    const Result<void> ended = co_await end(failure ? "ROLLBACK" : "COMMIT");
    if (ended || !ended.error().connection_lost) {
        guard.keep();
    }
    if (held_up) {
        co_return ForwardApplied{{}, {}, {}, *failure};
    }
    if (failure) {
        co_return *failure;
    }
    if (!ended) {
        co_return ended.error().connection_lost ? in_doubt(ended.error()) : ended.error();
    }
    co_return std::move(plan.applied);
}

}  // namespace

std::unique_ptr<ForwardSink> create_forward_sink(ForwardSinkSettings settings) {
    return std::make_unique<TableSink>(std::move(settings));
}

}  // namespace revsync::postgres
