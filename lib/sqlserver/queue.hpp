#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "runtime/clock.hpp"
#include "sqlserver/pool.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::sqlserver {

// How far the target's clock is ahead of SQL Server's; asked for every request. None: they agree.
using ClockOffset = std::function<std::chrono::microseconds()>;

struct QueueSettings {
    std::string time_zone = "UTC";  // as in SinkSettings
    std::size_t attempt_limit = 10;
    ClockOffset clock_offset;
};

// Items a page may hold: SQL Server turns more row locks in one statement than a few thousand into a table lock.
inline constexpr std::size_t queue_page_limit = 1000;

// dbo.SyncQueue of any age: Status in any case, JsonData given or not, with or without the column ChangedColumns. One
// round trip a request, more only while the catalog is read: at a new connection and after a failure.
//
// The lock belongs to the session, so `pool` must have one connection and serve nobody else. `pool` and `mapping` must
// outlive it. Belongs to one thread. A `limit` above queue_page_limit counts as that.
std::unique_ptr<Queue> create_queue(Pool& pool, const Mapping& mapping, QueueSettings settings);

struct ClockReading {
    std::chrono::microseconds ahead{};   // SQL Server's clock less `clock`
    std::chrono::microseconds within{};  // the truth is at most so far off: half a round trip
};

// Compares SQL Server's clock with `clock` in three short round trips, of which the shortest counts. `clock` is used
// on the pool's thread, and must live until it returns.
boost::asio::awaitable<Result<ClockReading>> read_clock(Pool& pool, const Clock& clock);

}  // namespace revsync::sqlserver
