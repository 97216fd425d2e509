#include "postgres/feed.hpp"

#include <algorithm>
#include <optional>

#include "postgres/catalog.hpp"
#include "postgres/horizon.hpp"
#include "postgres/session.hpp"
#include "postgres/table_query.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;

namespace {

// One request's place in an exchange.
struct Question {
    Result<StreamShape> shape;
    std::optional<Statement> statement;  // none when the stream does not fit its table
};

// Some of a request's keys, next to one another. What holds a key that cannot be cast is asked for again in halves.
struct KeyRange {
    std::size_t request;
    std::size_t first;
    std::size_t count;
};

// An error that a key's own text made, as far as a statement can tell.
bool blames_a_key(const Result<Rows>& answer) {
    return !answer && answer.error().disposition == Disposition::row;
}

class TableFeed final : public Feed {
public:
    explicit TableFeed(FeedSettings settings)
        : session_{std::move(settings.conninfo), {settings.statement_timeout, true}},
          overlap_{settings.overlap},
          page_bytes_{settings.page_bytes} {}

    asio::awaitable<Result<PollReading>> begin_poll(std::vector<PageRequest> pages) override;
    asio::awaitable<Result<Page>> read_page(PageRequest request) override;
    asio::awaitable<Result<std::vector<Result<RowReadings>>>> read_rows(std::vector<RowsRequest> requests) override;
    asio::awaitable<Result<void>> check() override;

private:
    asio::awaitable<Result<void>> make_ready(std::vector<TableName> tables);
    Question question(const PageRequest& request, bool with_total) const;
    Result<StreamShape> shape(const Stream& stream) const;
    Result<PollReading> assemble(const std::vector<Question>& questions, const std::vector<Result<Rows>>& answers);
    Result<Page> answer(const Question& question, const Result<Rows>* rows);
    void take_rows(const RowsRequest& request, const StreamShape& shape, const KeyRange& range,
                   const Result<Rows>& answer, Result<RowReadings>& into, std::vector<KeyRange>& again);

    Session session_;
    const std::chrono::seconds overlap_;
    const std::size_t page_bytes_;

    // What is known of the connected database; told anew by each connection.
    Catalog catalog_;
    std::vector<TableName> known_tables_;
    bool catalog_is_stale_ = true;
};

template <class Request>
void collect_tables(const std::vector<Request>& requests, std::vector<TableName>& tables) {
    for (const Request& request : requests) {
        if (std::ranges::find(tables, request.stream->source) == tables.end()) {
            tables.push_back(request.stream->source);
        }
    }
}

// Connected, and the catalog of `tables` at hand.
asio::awaitable<Result<void>> TableFeed::make_ready(std::vector<TableName> tables) {
    if (!session_.is_open()) {
        catalog_is_stale_ = true;
        if (auto opened = co_await session_.open(); !opened) {
            co_return opened;
        }
    }
    const auto is_known = [&](const TableName& table) { return std::ranges::count(known_tables_, table) > 0; };
    if (!catalog_is_stale_ && std::ranges::all_of(tables, is_known)) {
        co_return Result<void>{};
    }
    std::vector<Statement> statements;
    statements.push_back(catalog_statement(tables));
    auto answers = co_await session_.exchange(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    if (!answers->front()) {
        co_return answers->front().error();
    }
    catalog_ = read_catalog(*answers->front());
    known_tables_ = std::move(tables);
    catalog_is_stale_ = false;
    co_return Result<void>{};
}

Result<StreamShape> TableFeed::shape(const Stream& stream) const {
    const auto table = catalog_.find(to_string(stream.source));
    return shape_of(stream, table != catalog_.end() ? &table->second : nullptr);
}

Question TableFeed::question(const PageRequest& request, bool with_total) const {
    Question question{shape(*request.stream), {}};
    if (question.shape) {
        question.statement = page_statement(*question.shape, request.after, {request.limit, page_bytes_}, with_total);
    }
    return question;
}

// `rows` is null when nothing was asked.
Result<Page> TableFeed::answer(const Question& question, const Result<Rows>* rows) {
    Result<Page> page = rows == nullptr     ? Result<Page>{question.shape.error()}
                        : rows->has_error() ? Result<Page>{rows->error()}
                                            : postgres::read_page(**rows, *question.shape);
    catalog_is_stale_ = catalog_is_stale_ || page.has_error();
    return page;
}

std::vector<Statement> with_horizon(std::chrono::seconds overlap, std::vector<Question>& questions) {
    std::vector<Statement> statements;
    statements.push_back(horizon_statement(overlap));
    for (Question& question : questions) {
        if (question.statement) {
            statements.push_back(std::move(*question.statement));
        }
    }
    return statements;
}

asio::awaitable<Result<PollReading>> TableFeed::begin_poll(std::vector<PageRequest> pages) {
    std::vector<TableName> tables = known_tables_;
    collect_tables(pages, tables);
    if (auto ready = co_await make_ready(std::move(tables)); !ready) {
        co_return ready.error();
    }
    std::vector<Question> questions;
    for (const PageRequest& request : pages) {
        questions.push_back(question(request, true));
    }
    auto answers = co_await session_.exchange(with_horizon(overlap_, questions));
    if (!answers) {
        co_return answers.error();
    }
    co_return assemble(questions, *answers);
}

// The first answer is the horizon's; a question without a statement has none.
Result<PollReading> TableFeed::assemble(const std::vector<Question>& questions,
                                        const std::vector<Result<Rows>>& answers) {
    auto next = answers.begin();
    if (!*next) {
        return next->error();
    }
    auto horizon = read_horizon(**next++);
    if (!horizon) {
        return horizon.error();
    }
    PollReading reading{*horizon, {}};
    for (const Question& question : questions) {
        reading.pages.push_back(answer(question, question.statement ? &*next++ : nullptr));
    }
    return reading;
}

asio::awaitable<Result<Page>> TableFeed::read_page(PageRequest request) {
    std::vector<TableName> tables = known_tables_;
    collect_tables(std::vector{request}, tables);
    if (auto ready = co_await make_ready(std::move(tables)); !ready) {
        co_return ready.error();
    }
    Question asked = question(request, false);
    if (!asked.statement) {
        co_return answer(asked, nullptr);
    }
    std::vector<Statement> statements;
    statements.push_back(std::move(*asked.statement));
    auto answers = co_await session_.exchange(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    co_return answer(asked, &answers->front());
}

asio::awaitable<Result<std::vector<Result<RowReadings>>>> TableFeed::read_rows(std::vector<RowsRequest> requests) {
    std::vector<TableName> tables = known_tables_;
    collect_tables(requests, tables);
    if (auto ready = co_await make_ready(std::move(tables)); !ready) {
        co_return ready.error();
    }
    std::vector<Result<StreamShape>> shapes;
    std::vector<Result<RowReadings>> readings;
    std::vector<KeyRange> ranges;
    for (const RowsRequest& request : requests) {
        shapes.push_back(shape(*request.stream));
        if (shapes.back()) {
            readings.emplace_back(RowReadings{});
            ranges.push_back({readings.size() - 1, 0, request.keys.size()});
        } else {
            readings.emplace_back(shapes.back().error());
            catalog_is_stale_ = true;
        }
    }
    while (!ranges.empty()) {
        std::vector<Statement> statements;
        for (const KeyRange& range : ranges) {
            const std::span<const Key> keys{requests[range.request].keys};
            statements.push_back(rows_statement(*shapes[range.request], keys.subspan(range.first, range.count)));
        }
        const auto answers = co_await session_.exchange(std::move(statements));
        if (!answers) {
            co_return answers.error();
        }
        std::vector<KeyRange> again;
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            const std::size_t request = ranges[i].request;
            take_rows(requests[request], *shapes[request], ranges[i], (*answers)[i], readings[request], again);
        }
        ranges = std::move(again);
    }
    co_return readings;
}

void TableFeed::take_rows(const RowsRequest& request, const StreamShape& shape, const KeyRange& range,
                          const Result<Rows>& answer, Result<RowReadings>& into, std::vector<KeyRange>& again) {
    if (!into) {
        return;
    }
    if (blames_a_key(answer) && range.count > 1) {
        const std::size_t half = range.count / 2;
        again.push_back({range.request, range.first, half});
        again.push_back({range.request, range.first + half, range.count - half});
        return;
    }
    Result<RowReadings> part = blames_a_key(answer) ? Result<RowReadings>{RowReadings{answer.error()}}
                               : answer.has_error() ? Result<RowReadings>{answer.error()}
                                                    : postgres::read_rows(*answer, shape, range.count);
    if (!part) {
        catalog_is_stale_ = true;
        into = part.error();
        return;
    }
    // Parts arrive in any order once one has been halved.
    into->resize(request.keys.size(), Result<RowReading>{Error{}});
    std::ranges::move(*part, into->begin() + static_cast<std::ptrdiff_t>(range.first));
}

asio::awaitable<Result<void>> TableFeed::check() {
    catalog_is_stale_ = catalog_is_stale_ || !session_.is_open();
    std::vector<Statement> statements;
    statements.push_back({"ask for an answer", "SELECT 1", {}});
    const auto answers = co_await session_.exchange(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    co_return answers->front() ? Result<void>{} : Result<void>{answers->front().error()};
}

}  // namespace

std::unique_ptr<Feed> create_feed(FeedSettings settings) {
    return std::make_unique<TableFeed>(std::move(settings));
}

}  // namespace revsync::postgres
