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
    Result<Page> (*read)(const Rows&, const StreamShape&);
};

class TableFeed final : public Feed {
public:
    explicit TableFeed(FeedSettings settings)
        : session_{std::move(settings.conninfo), {settings.statement_timeout, true}},
          overlap_{settings.overlap},
          page_bytes_{settings.page_bytes} {}

    asio::awaitable<Result<PollReading>> begin_poll(std::vector<PageRequest> pages,
                                                    std::vector<RowsRequest> rows) override;
    asio::awaitable<Result<Page>> read_page(PageRequest request) override;

private:
    asio::awaitable<Result<void>> make_ready(std::vector<TableName> tables);
    Question question(const PageRequest& request, bool with_total) const;
    Question question(const RowsRequest& request) const;
    Result<StreamShape> shape(const Stream& stream) const;
    Result<PollReading> assemble(const std::vector<Question>& questions, const std::vector<Result<Rows>>& answers,
                                 std::size_t row_requests);
    Result<Page> answer(const Question& question, const Result<Rows>* rows);

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
    Question question{shape(*request.stream), {}, postgres::read_page};
    if (question.shape) {
        question.statement = page_statement(*question.shape, request.after, {request.limit, page_bytes_}, with_total);
    }
    return question;
}

Question TableFeed::question(const RowsRequest& request) const {
    Question question{shape(*request.stream), {}, postgres::read_rows};
    if (question.shape) {
        question.statement = rows_statement(*question.shape, request.keys);
    }
    return question;
}

// `rows` is null when nothing was asked.
Result<Page> TableFeed::answer(const Question& question, const Result<Rows>* rows) {
    Result<Page> page = rows == nullptr     ? Result<Page>{question.shape.error()}
                        : rows->has_error() ? Result<Page>{rows->error()}
                                            : question.read(**rows, *question.shape);
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

asio::awaitable<Result<PollReading>> TableFeed::begin_poll(std::vector<PageRequest> pages,
                                                           std::vector<RowsRequest> rows) {
    std::vector<TableName> tables;
    collect_tables(pages, tables);
    collect_tables(rows, tables);
    if (auto ready = co_await make_ready(std::move(tables)); !ready) {
        co_return ready.error();
    }
    std::vector<Question> questions;
    // Pages are applied after the rows: read before them, they could put an older version on top of a newer one.
    for (const RowsRequest& request : rows) {
        questions.push_back(question(request));
    }
    for (const PageRequest& request : pages) {
        questions.push_back(question(request, true));
    }
    auto answers = co_await session_.exchange(with_horizon(overlap_, questions));
    if (!answers) {
        co_return answers.error();
    }
    co_return assemble(questions, *answers, rows.size());
}

// The first answer is the horizon's; a question without a statement has none.
Result<PollReading> TableFeed::assemble(const std::vector<Question>& questions,
                                        const std::vector<Result<Rows>>& answers, std::size_t row_requests) {
    auto next = answers.begin();
    if (!*next) {
        return next->error();
    }
    auto horizon = read_horizon(**next++);
    if (!horizon) {
        return horizon.error();
    }
    PollReading reading{*horizon, {}, {}};
    for (const Question& question : questions) {
        auto& into = reading.rows.size() < row_requests ? reading.rows : reading.pages;
        into.push_back(answer(question, question.statement ? &*next++ : nullptr));
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

}  // namespace

std::unique_ptr<Feed> create_feed(FeedSettings settings) {
    return std::make_unique<TableFeed>(std::move(settings));
}

}  // namespace revsync::postgres
