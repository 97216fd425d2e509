#include "sqlserver/sink.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "sqlserver/batch_statement.hpp"
#include "sqlserver/catalog.hpp"
#include "sqlserver/queue_table.hpp"

namespace revsync::sqlserver {
namespace {

namespace asio = boost::asio;

// What is known of one stream's target.
struct Prepared {
    std::shared_ptr<const BatchStatement> statement;  // none: `fit` says why
    Result<void> fit;
    std::uint64_t connections = 0;  // Pool::opened() when it was read
    bool failed = false;            // a batch has failed since
};

Result<Applied> apply_batch(Session& session, const BatchStatement& statement, std::span<const Change> changes,
                            std::chrono::microseconds clock_offset) {
    const auto rows = batch_rows(statement, changes, clock_offset);
    if (!rows) {
        return rows.error();
    }
    const std::array parameters{Parameter{std::string{rows_parameter}, *rows}};
    const auto results = session.execute(statement.text, parameters, Activity::writing);
    if (!results) {
        return results.error();
    }
    return parse_applied(statement, *results, changes);
}

class SqlServerSink final : public Sink {
public:
    SqlServerSink(Pool& pool, SinkSettings settings) : pool_{pool}, settings_{std::move(settings)} {}

    asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) override {
        if (!pool_.connected()) {
            if (auto open = co_await pool_.run<void>([](Session&) { return Result<void>{}; }); !open) {
                co_return open.error();
            }
        }
        std::vector<const Stream*> outdated;
        std::ranges::copy_if(streams, std::back_inserter(outdated), [&](const Stream* s) { return !is_current(*s); });
        if (!outdated.empty()) {
            if (auto read = co_await read_catalog(outdated); !read) {
                co_return read.error();
            }
        }
        std::vector<Result<void>> results;
        for (const Stream* stream : streams) {
            results.push_back(prepared_.at(stream->name).fit);
        }
        co_return results;
    }

    asio::awaitable<Result<Applied>> apply(const Stream& stream, std::span<const Change> changes) override {
        if (changes.empty()) {
            co_return Applied{};
        }
        if (!prepared_.contains(stream.name)) {
            const std::vector<const Stream*> streams{&stream};
            if (auto read = co_await read_catalog(streams); !read) {
                co_return read.error();
            }
        }
        const Prepared prepared = prepared_.at(stream.name);
        if (!prepared.fit) {
            co_return prepared.fit.error();
        }
        const auto offset = settings_.clock_offset ? settings_.clock_offset() : std::chrono::microseconds{0};
        auto applied = co_await pool_.run<Applied>(
            [&](Session& session) { return apply_batch(session, *prepared.statement, changes, offset); });
        if (!applied) {
            remember_failure(stream, applied.error());
        }
        co_return applied;
    }

    asio::awaitable<Result<void>> check() override {
        co_return co_await pool_.run<void>([](Session& session) {
            const auto answer = session.query("SELECT 1");
            return answer ? Result<void>{} : Result<void>{answer.error()};
        });
    }

private:
    bool is_current(const Stream& stream) const {
        const auto known = prepared_.find(stream.name);
        return known != prepared_.end() && known->second.fit && !known->second.failed &&
               known->second.connections == pool_.opened();
    }

    asio::awaitable<Result<void>> read_catalog(std::vector<const Stream*> streams) {
        std::vector<TableName> names;
        std::ranges::transform(streams, std::back_inserter(names), &Stream::target);
        names.push_back(queue_name());
        const auto tables =
            co_await pool_.run<std::vector<Table>>([&](Session& session) { return read_tables(session, names); });
        if (!tables) {
            co_return tables.error();
        }
        const Table* queue = tells_edits(tables->back()) ? &tables->back() : nullptr;
        for (std::size_t i = 0; i < streams.size(); ++i) {
            const Stream& stream = *streams[i];
            const Table& table = (*tables)[i];
            Prepared prepared{nullptr, check_stream(stream, table), pool_.opened()};
            if (prepared.fit) {
                prepared.statement = std::make_shared<const BatchStatement>(
                    make_batch_statement(stream, table, settings_.time_zone, queue));
            }
            prepared_.insert_or_assign(stream.name, std::move(prepared));
        }
        co_return Result<void>{};
    }

    // The table may have changed under us: a stream that cannot run is forgotten; a refused row leaves the statement
    // in use while the batch is searched for it, and has the catalog read again at the next prepare().
    void remember_failure(const Stream& stream, const Error& error) {
        const auto known = prepared_.find(stream.name);
        if (known == prepared_.end()) {
            return;
        }
        if (error.disposition == Disposition::stream) {
            prepared_.erase(known);
        } else if (error.disposition == Disposition::row) {
            known->second.failed = true;
        }
    }

    Pool& pool_;
    const SinkSettings settings_;
    std::map<std::string, Prepared> prepared_;  // by stream
};

}  // namespace

std::unique_ptr<Sink> create_sink(Pool& pool, SinkSettings settings) {
    return std::make_unique<SqlServerSink>(pool, std::move(settings));
}

}  // namespace revsync::sqlserver
