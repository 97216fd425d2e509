#pragma once

#include <memory>
#include <string>

#include "sqlserver/pool.hpp"
#include "sqlserver/server_clock.hpp"
#include "sync/ends.hpp"

namespace revsync::sqlserver {

struct SinkSettings {
    // SQL Server's name of the zone in which columns without an offset are kept (sys.time_zone_info).
    std::string time_zone = "UTC";
    ClockOffset clock_offset = nullptr;  // how far the source's clock is ahead of SQL Server's
};

// Writes to SQL Server: one round trip per batch. `pool` must outlive it. Belongs to one thread. Calls may overlap
// for different streams. The catalog is read at the first connection, again when the server may have become another
// one (a new connection), and again for a stream that failed.
std::unique_ptr<Sink> create_sink(Pool& pool, SinkSettings settings);

}  // namespace revsync::sqlserver
