#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>

#include "core/error.hpp"
#include "runtime/clock.hpp"
#include "runtime/clock_reading.hpp"
#include "sqlserver/pool.hpp"

namespace revsync::sqlserver {

// How far the other database's clock is ahead of SQL Server's; asked for every request. None: they agree.
using ClockOffset = std::function<std::chrono::microseconds()>;

// Compares SQL Server's clock with `clock` in three short round trips, of which the shortest counts. `clock` is used
// on the pool's thread, and must live until it returns.
boost::asio::awaitable<Result<ClockReading>> read_clock(Pool& pool, const Clock& clock);

}  // namespace revsync::sqlserver
