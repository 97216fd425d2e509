#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "mapping/stream.hpp"
#include "sqlserver/pool.hpp"
#include "sqlserver/server_clock.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::sqlserver {

struct QueueSettings {
    std::string time_zone = "UTC";  // as in SinkSettings
    std::size_t attempt_limit = 10;
    ClockOffset clock_offset = nullptr;  // how far the target's clock is ahead of SQL Server's
};

// Items a page may hold: SQL Server turns more row locks in one statement than a few thousand into a table lock.
inline constexpr std::size_t queue_page_limit = 1000;

// dbo.SyncQueue of any age: Status in any case, JsonData given or not, with or without the column ChangedColumns. One
// round trip a request, more only while the catalog is read: at a new connection and after a failure.
//
// The lock belongs to the session, so `pool` must have one connection and serve nobody else. `pool` and `mapping` must
// outlive it. Belongs to one thread. A `limit` above queue_page_limit counts as that.
std::unique_ptr<Queue> create_queue(Pool& pool, const Mapping& mapping, QueueSettings settings);

}  // namespace revsync::sqlserver
