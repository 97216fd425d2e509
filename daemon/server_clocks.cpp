#include "server_clocks.hpp"

#include "postgres/server_clock.hpp"
#include "sqlserver/server_clock.hpp"

namespace revsync {

namespace asio = boost::asio;

ServerClocks::ServerClocks(sqlserver::Pool& pool, postgres::Conninfo supabase, Clock& clock, const Logger& logger)
    : pool_{pool}, supabase_{std::move(supabase)}, clock_{clock}, logger_{logger} {}

bool ServerClocks::is_due() const {
    return !due_ || connections_ != pool_.opened() || clock_.steady_now() >= *due_;
}

asio::awaitable<Result<std::chrono::microseconds>> ServerClocks::compare() {
    const Result<ClockReading> sqlserver = co_await sqlserver::read_clock(pool_, clock_);
    connections_ = pool_.opened();
    if (!sqlserver) {
        co_return sqlserver.error();
    }
    const Result<ClockReading> supabase = co_await postgres::read_clock(supabase_, clock_);
    if (!supabase) {
        co_return supabase.error();
    }
    // Clocks that may be the same are taken for the same: what was measured is then the network.
    const auto ahead = supabase->ahead - sqlserver->ahead;
    co_return std::chrono::abs(ahead) <= supabase->within + sqlserver->within ? std::chrono::microseconds{0} : ahead;
}

asio::awaitable<void> ServerClocks::keep() {
    const Gate::Hold hold = co_await gate_.enter();
    if (!is_due()) {
        co_return;
    }
    const Result<std::chrono::microseconds> ahead = co_await compare();
    due_ = clock_.steady_now() + (ahead ? std::chrono::minutes{good_for} : pause);
    if (!ahead) {
        logger_.debug("Cannot compare the databases' clocks: {}", describe(ahead.error()));
        co_return;
    }
    const bool was_notable = std::chrono::abs(ahead_) > notable;
    ahead_ = *ahead;
    const double seconds = std::chrono::duration<double>{ahead_}.count();
    if (std::chrono::abs(ahead_) > notable && !was_notable) {
        logger_.warning(
            "⚠️  Supabase's clock is {:.1f} s {} SQL Server's: edits on both sides are compared all the same; "
            "synchronise SQL Server's machine with a time server",
            std::abs(seconds), seconds < 0 ? "behind" : "ahead of");
    } else {
        logger_.debug("Supabase's clock is {:.3f} s ahead of SQL Server's", seconds);
    }
}

asio::awaitable<Result<std::vector<Result<void>>>> ClockedSink::prepare(std::vector<const Stream*> streams) {
    co_await clocks_.keep();
    co_return co_await sink_.prepare(std::move(streams));
}

asio::awaitable<Result<Applied>> ClockedSink::apply(const Stream& stream, std::span<const Change> changes) {
    return sink_.apply(stream, changes);
}

asio::awaitable<Result<void>> ClockedSink::check() {
    return sink_.check();
}

asio::awaitable<Result<QueuePage>> ClockedQueue::read(std::size_t limit, std::int64_t after) {
    co_await clocks_.keep();
    co_return co_await queue_.read(limit, after);
}

asio::awaitable<Result<void>> ClockedQueue::still_held() {
    return queue_.still_held();
}

asio::awaitable<Result<void>> ClockedQueue::settle(std::vector<QueueVerdict> verdicts) {
    return queue_.settle(std::move(verdicts));
}

asio::awaitable<Result<bool>> ClockedQueue::anything_due() {
    return queue_.anything_due();
}

asio::awaitable<Result<QueueCounts>> ClockedQueue::counts() {
    return queue_.counts();
}

asio::awaitable<Result<std::size_t>> ClockedQueue::purge(std::chrono::hours age, std::size_t limit) {
    return queue_.purge(age, limit);
}

}  // namespace revsync
