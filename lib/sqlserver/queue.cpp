#include "sqlserver/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "sqlserver/isolated_page.hpp"
#include "sqlserver/queue_statement.hpp"
#include "sqlserver/queue_table.hpp"

namespace revsync::sqlserver {
namespace {

namespace asio = boost::asio;

using Arguments = std::vector<std::pair<std::string, std::string>>;  // parameters and their values

// What is known of the queue and of the tables behind it.
struct Prepared {
    QueueStatements statements;
    std::uint64_t connections = 0;  // Pool::opened() when it was read
};

Result<std::vector<ResultSet>> ask(Session& session, const std::string& statement, const Arguments& arguments,
                                   Activity activity) {
    std::vector<Parameter> parameters;
    for (const auto& [name, value] : arguments) {
        parameters.push_back({name, value});
    }
    auto results = session.execute(statement, parameters, activity);
    return results ? behind_lock(std::move(*results)) : results;
}

// Work may be done twice: once the session is another one, so is the catalog, but a statement that does not fit it
// fails and changes nothing.
class SqlServerQueue final : public Queue {
public:
    SqlServerQueue(Pool& pool, const Mapping& mapping, QueueSettings settings)
        : pool_{pool}, settings_{std::move(settings)} {
        for (const auto& stream : mapping.streams) {
            if (stream.direction == Direction::forward) {
                streams_.push_back(&stream);
            }
        }
    }

    asio::awaitable<Result<QueuePage>> read(std::size_t limit, std::int64_t after) override {
        const PageReader reader = [this, after](std::size_t items, bool reread) {
            return read_page(items, after, reread);
        };
        co_return co_await read_isolating(reader, std::clamp<std::size_t>(limit, 1, queue_page_limit));
    }

    asio::awaitable<Result<void>> still_held() override {
        const auto results = co_await request(&QueueStatements::held, Arguments{}, Activity::reading);
        // Another request may have taken it anew, on a new connection.
        const bool lost = !results && results.error().code == in_use;
        if (lost || (results && pool_.opened() != read_on_)) {
            co_return Error{Disposition::retry, "",
                            "the lock of SQL Server's queue was lost with its connection; nothing was written, the "
                            "page is read again"};
        }
        co_return results ? Result<void>{} : Result<void>{results.error()};
    }

    asio::awaitable<Result<void>> settle(std::vector<QueueVerdict> verdicts) override {
        if (verdicts.empty()) {
            co_return Result<void>{};
        }
        auto prepared = co_await prepare();
        if (!prepared) {
            co_return prepared.error();
        }
        Arguments arguments{
            {std::string{verdicts_parameter}, queue_verdicts(verdicts, (*prepared)->statements.error_length)}};
        const auto results = co_await request(&QueueStatements::settle, std::move(arguments), Activity::writing);
        co_return results ? Result<void>{} : Result<void>{results.error()};
    }

    asio::awaitable<Result<bool>> anything_due() override {
        const auto results = co_await request(&QueueStatements::anything_due, Arguments{}, Activity::reading);
        if (!results) {
            co_return results.error();
        }
        const auto found = parse_number(*results);
        co_return found ? Result<bool>{*found != 0} : Result<bool>{found.error()};
    }

    asio::awaitable<Result<QueueCounts>> counts() override {
        const auto results = co_await request(&QueueStatements::counts, Arguments{}, Activity::reading);
        if (!results) {
            co_return results.error();
        }
        co_return parse_counts(*results, clock_offset());
    }

    asio::awaitable<Result<std::size_t>> purge(std::chrono::hours age, std::size_t limit) override {
        limit = std::min(limit, queue_page_limit);
        Arguments arguments{{std::string{hours_parameter}, std::to_string(age.count())},
                            {std::string{limit_parameter}, std::to_string(limit)}};
        const auto results = co_await request(&QueueStatements::purge, std::move(arguments), Activity::writing);
        if (!results) {
            co_return results.error();
        }
        co_return parse_number(*results);
    }

private:
    using Text = std::string QueueStatements::*;

    asio::awaitable<Result<QueuePage>> read_page(std::size_t limit, std::int64_t after, bool reread) {
        Arguments arguments{{std::string{limit_parameter}, std::to_string(limit)},
                            {std::string{after_parameter}, std::to_string(after)},
                            {std::string{reread_parameter}, reread ? "1" : "0"}};
        const auto results = co_await request(&QueueStatements::page, std::move(arguments), Activity::reading);
        if (!results) {
            co_return results.error();
        }
        read_on_ = pool_.opened();
        auto page = parse_page(prepared_->statements, *results, clock_offset());
        if (page) {
            page->more = page->items.size() >= limit;
        }
        co_return page;
    }

    asio::awaitable<Result<std::vector<ResultSet>>> request(Text text, Arguments arguments, Activity activity) {
        const auto prepared = co_await prepare();
        if (!prepared) {
            co_return prepared.error();
        }
        const std::string& statement = (*prepared)->statements.*text;
        auto results = co_await pool_.run<std::vector<ResultSet>>(
            [&](Session& session) { return ask(session, statement, arguments, activity); });
        if (!results &&
            (results.error().disposition == Disposition::stream || results.error().disposition == Disposition::row)) {
            outdated_ = true;
        }
        co_return results;
    }

    asio::awaitable<Result<std::shared_ptr<const Prepared>>> prepare() {
        if (prepared_ && !outdated_ && prepared_->connections == pool_.opened()) {
            co_return prepared_;
        }
        std::vector<TableName> names{queue_name()};
        std::ranges::transform(streams_, std::back_inserter(names), &Stream::source);
        const auto tables =
            co_await pool_.run<std::vector<Table>>([&](Session& session) { return read_tables(session, names); });
        if (!tables) {
            co_return tables.error();
        }
        if (auto fit = check_queue(tables->front()); !fit) {
            co_return fit.error();
        }
        const QueueShape shape{settings_.time_zone, settings_.attempt_limit};
        Prepared prepared;
        prepared.statements = make_queue_statements(shape, tables->front(), streams_, std::span{*tables}.subspan(1));
        prepared.connections = pool_.opened();
        prepared_ = std::make_shared<const Prepared>(std::move(prepared));
        outdated_ = false;
        co_return prepared_;
    }

    std::chrono::microseconds clock_offset() const {
        return settings_.clock_offset ? settings_.clock_offset() : std::chrono::microseconds{0};
    }

    Pool& pool_;
    const QueueSettings settings_;
    std::vector<const Stream*> streams_;
    std::shared_ptr<const Prepared> prepared_;
    bool outdated_ = false;      // a request has failed since
    std::uint64_t read_on_ = 0;  // Pool::opened() when the last page was read
};

}  // namespace

asio::awaitable<Result<QueuePage>> read_isolating(PageReader read, std::size_t limit) {
    const auto is_of_one_row = [](const Result<QueuePage>& page) {
        return !page && (page.error().disposition == Disposition::row || page.error().code == "sqlserver 1222");
    };
    auto page = co_await read(limit, true);
    while (is_of_one_row(page) && limit > 1) {
        limit /= 2;
        page = co_await read(limit, true);
    }
    if (is_of_one_row(page)) {
        const Error error = page.error();
        page = co_await read(limit, false);
        for (std::size_t i = 0; page && i < page->items.size(); ++i) {
            page->items[i].error = error;
        }
    }
    co_return page;
}

std::unique_ptr<Queue> create_queue(Pool& pool, const Mapping& mapping, QueueSettings settings) {
    return std::make_unique<SqlServerQueue>(pool, mapping, std::move(settings));
}

}  // namespace revsync::sqlserver
