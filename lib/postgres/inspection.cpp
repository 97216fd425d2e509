#include "postgres/inspection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "postgres/catalog.hpp"
#include "postgres/horizon.hpp"
#include "postgres/quoting.hpp"
#include "postgres/server_findings.hpp"
#include "postgres/session.hpp"
#include "postgres/table_query.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;

namespace {

using Answers = std::vector<Result<Rows>>;

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

std::string key_literals(const Stream& stream) {
    std::vector<std::string> names;
    for (const KeyPair& pair : stream.key) {
        names.push_back(literal(pair.source));
    }
    return fmt::format("ARRAY[{}]::text[]", fmt::join(names, ", "));
}

Statement server_statement() {
    return {"read the server's version",
            "SELECT current_setting('server_version_num'), current_setting('server_version')",
            {}};
}

// Whether some unique index covers no more than the key's columns, none of which may be NULL.
Statement unique_key_statement(const Stream& stream, const StreamShape& shape) {
    return {fmt::format("read the keys of {}", shape.label),
            fmt::format("SELECT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = {0}::regclass AND i.indisunique"
                        " AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL"
                        " AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid"
                        " AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])"
                        " AND (a.attname <> ALL ({1}) OR NOT a.attnotnull)))"
                        " AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = {0}::regclass"
                        " AND a.attname = ANY ({1}) AND NOT a.attnotnull)",
                        literal(shape.table), key_literals(stream)),
            {}};
}

// The sequence that a key column owns, or takes its default from.
Statement generators_statement(const Stream& stream, const StreamShape& shape) {
    return {fmt::format("read the sequences of {}", shape.label),
            fmt::format("SELECT k.name, format('%I.%I', n.nspname, c.relname), q.increment_by, q.last_value"
                        " FROM unnest({1}) AS k(name)"
                        " JOIN pg_attribute a ON a.attrelid = {0}::regclass AND a.attname = k.name"
                        " LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum"
                        " LEFT JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid"
                        " AND d.refclassid = 'pg_class'::regclass"
                        " JOIN pg_class c ON c.relkind = 'S'"
                        " AND c.oid = COALESCE(pg_get_serial_sequence({0}, k.name)::regclass, d.refobjid)"
                        " JOIN pg_namespace n ON n.oid = c.relnamespace"
                        " JOIN pg_sequences q ON q.schemaname = n.nspname AND q.sequencename = c.relname"
                        " GROUP BY 1, 2, 3, 4",
                        literal(shape.table), key_literals(stream)),
            {}};
}

// An index that pages can use is then the cheapest way, however small the table.
Statement discourage_sorting() {
    return {"set up the planner",
            "SELECT set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),"
            " set_config('enable_sort', 'off', false)",
            {}};
}

class Inspector {
public:
    Inspector(Conninfo conninfo, std::vector<const Stream*> streams, const Clock& clock)
        : session_{std::move(conninfo), {.read_only = true}}, streams_{std::move(streams)}, clock_{clock} {}

    asio::awaitable<Result<Inspection>> inspect() {
        if (auto asked = co_await inspect_server(); !asked) {
            co_return asked.error();
        }
        for (const Fitted& fitted : fitted_) {
            if (auto asked = co_await inspect_stream(fitted); !asked) {
                co_return asked.error();
            }
        }
        co_return std::move(inspection_);
    }

private:
    struct Fitted {
        const Stream* stream;
        StreamShape shape;
    };

    asio::awaitable<Result<void>> inspect_server();
    void fit_streams(const Catalog& catalog);
    asio::awaitable<Result<void>> inspect_stream(const Fitted& fitted);
    void note_generators(const Stream& stream, const Rows& rows);
    void add(std::vector<Finding> findings) {
        inspection_.findings.insert(inspection_.findings.end(), findings.begin(), findings.end());
    }

    Session session_;
    const std::vector<const Stream*> streams_;
    const Clock& clock_;
    std::vector<Fitted> fitted_;  // streams that fit their tables
    Inspection inspection_;
};

asio::awaitable<Result<void>> Inspector::inspect_server() {
    std::vector<TableName> tables;
    for (const Stream* stream : streams_) {
        tables.push_back(stream->source);
    }
    std::vector<Statement> statements;
    statements.push_back(server_statement());
    statements.push_back(catalog_statement(tables));
    statements.push_back(horizon_statement(std::chrono::seconds{0}));
    auto answers = co_await session_.exchange(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    const Timestamp our_now = clock_.now();
    for (const Result<Rows>& answer : *answers) {
        if (!answer) {
            co_return answer.error();
        }
    }
    const auto horizon = read_horizon(*(*answers)[2]);
    if (!horizon) {
        co_return horizon.error();
    }
    const Rows& server = *(*answers)[0];
    add(judge_server(
        {number<int>(server.at(0, 0)).value_or(0), std::string{server.at(0, 1)}, session_.is_encrypted(), *horizon},
        session_.conninfo()));
    add({judge_clock(horizon->source_now, our_now)});
    inspection_.clock_ahead = horizon->source_now - our_now;

    fit_streams(read_catalog(*(*answers)[1]));
    co_return Result<void>{};
}

void Inspector::fit_streams(const Catalog& catalog) {
    for (const Stream* stream : streams_) {
        const auto table = catalog.find(to_string(stream->source));
        auto shape = shape_of(*stream, table != catalog.end() ? &table->second : nullptr);
        if (shape) {
            fitted_.push_back({stream, std::move(*shape)});
        } else {
            add({problem(shape.error())});
        }
    }
}

asio::awaitable<Result<void>> Inspector::inspect_stream(const Fitted& fitted) {
    const auto& [stream, shape] = fitted;
    std::vector<Statement> statements;
    statements.push_back(undated_count(shape));
    statements.push_back(unique_key_statement(*stream, shape));
    statements.push_back(generators_statement(*stream, shape));
    // Behind a transaction pooler the planner's settings would reach other clients.
    const bool may_set = !session_.conninfo().is_transaction_pooler();
    if (may_set) {
        statements.push_back(discourage_sorting());
        statements.push_back(explain_statement(shape));
    }
    auto answers = co_await session_.exchange(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    const Result<Rows>& undated = (*answers)[0];
    const Result<Rows>& unique = (*answers)[1];
    const Result<Rows>& generators = (*answers)[2];

    StreamFacts facts;
    facts.undated = undated ? number<std::size_t>(undated->at(0, 0)) : std::nullopt;
    facts.key_is_unique = unique && unique->is_true(0, 0);
    if (may_set && answers->back()) {
        facts.has_index = !sorts(answers->back()->at(0, 0));
    }
    add(judge_stream(shape, facts));
    if (generators) {
        note_generators(*stream, *generators);
    }
    co_return Result<void>{};
}

void Inspector::note_generators(const Stream& stream, const Rows& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        inspection_.generators.push_back({stream.name, stream.source, std::string{rows.at(i, 0)},
                                          std::string{rows.at(i, 1)}, number<std::int64_t>(rows.at(i, 2)).value_or(1),
                                          number<std::int64_t>(rows.at(i, 3))});
    }
}

}  // namespace

asio::awaitable<Result<Inspection>> inspect(Conninfo conninfo, std::vector<const Stream*> streams, const Clock& clock) {
    Inspector inspector{std::move(conninfo), std::move(streams), clock};
    co_return co_await inspector.inspect();
}

}  // namespace revsync::postgres
