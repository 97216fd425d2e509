#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>

#include "core/error.hpp"
#include "postgres/conninfo.hpp"
#include "runtime/clock.hpp"
#include "runtime/gate.hpp"
#include "runtime/logger.hpp"
#include "sqlserver/pool.hpp"
#include "sync/ends.hpp"
#include "sync/forward_ends.hpp"

namespace revsync {

// How the clocks of both databases stand to each other, so that edits on both sides can be put into order. Used on one
// thread; what it is given must outlive it.
class ServerClocks {
public:
    // So long a comparison is good for, as long as SQL Server's connection is the same.
    static constexpr std::chrono::minutes good_for{60};
    // After one that failed.
    static constexpr std::chrono::minutes pause{1};
    // From here on it is worth a word.
    static constexpr std::chrono::seconds notable{1};

    ServerClocks(sqlserver::Pool& pool, postgres::Conninfo supabase, Clock& clock, const Logger& logger);

    // Compares them when that is due, at most by one caller at a time. A database that does not answer leaves the last
    // comparison in force.
    boost::asio::awaitable<void> keep();

    // How far Supabase's clock is ahead of SQL Server's; zero until they have been compared.
    std::chrono::microseconds supabase_ahead() const { return ahead_; }

private:
    bool is_due() const;
    boost::asio::awaitable<Result<std::chrono::microseconds>> compare();

    sqlserver::Pool& pool_;
    const postgres::Conninfo supabase_;
    Clock& clock_;
    const Logger& logger_;
    Gate gate_;
    std::chrono::microseconds ahead_{0};
    std::uint64_t connections_ = 0;  // sqlserver::Pool::opened() at the last comparison
    std::optional<std::chrono::steady_clock::time_point> due_;
};

// Passes everything on to `sink`, the clocks compared before each prepare().
class ClockedSink final : public Sink {
public:
    ClockedSink(Sink& sink, ServerClocks& clocks) : sink_{sink}, clocks_{clocks} {}

    boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) override;
    boost::asio::awaitable<Result<Applied>> apply(const Stream& stream, std::span<const Change> changes) override;
    boost::asio::awaitable<Result<void>> check() override;

private:
    Sink& sink_;
    ServerClocks& clocks_;
};

// The same for a queue, before each page.
class ClockedQueue final : public Queue {
public:
    ClockedQueue(Queue& queue, ServerClocks& clocks) : queue_{queue}, clocks_{clocks} {}

    boost::asio::awaitable<Result<QueuePage>> read(std::size_t limit, std::int64_t after) override;
    boost::asio::awaitable<Result<void>> still_held() override;
    boost::asio::awaitable<Result<void>> settle(std::vector<QueueVerdict> verdicts) override;
    boost::asio::awaitable<Result<bool>> anything_due() override;
    boost::asio::awaitable<Result<QueueCounts>> counts() override;
    boost::asio::awaitable<Result<std::size_t>> purge(std::chrono::hours age, std::size_t limit) override;

private:
    Queue& queue_;
    ServerClocks& clocks_;
};

}  // namespace revsync
