#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/error.hpp"
#include "postgres/conninfo.hpp"
#include "runtime/clock.hpp"
#include "runtime/clock_reading.hpp"

namespace revsync::postgres {

// Compares the server's clock with `clock` in three short round trips, of which the shortest counts, over a connection
// of its own. `clock` must live until it returns.
boost::asio::awaitable<Result<ClockReading>> read_clock(Conninfo conninfo, const Clock& clock);

}  // namespace revsync::postgres
