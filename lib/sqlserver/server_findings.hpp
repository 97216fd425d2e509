// What an inspection concludes from SQL Server's answers. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/finding.hpp"
#include "core/timestamp.hpp"
#include "mapping/stream.hpp"
#include "sqlserver/catalog.hpp"

namespace revsync::sqlserver {

inline constexpr std::chrono::seconds clock_tolerance{5};

struct ServerFacts {
    std::string version;  // "16.0.4135.4"
    int engine_edition = 0;
    std::string database;
    int compatibility_level = 0;
    std::string collation;
    std::string utc_now;     // ISO 8601 without offset
    int offset_minutes = 0;  // of the server's local time
};

struct Permissions {
    bool select = false;
    bool insert = false;
    bool update = false;
    bool remove = false;
    bool alter = false;
};

std::vector<Finding> judge_server(const ServerFacts& facts);
Finding judge_clock(const ServerFacts& facts, Timestamp our_now);
// `zone_offset_minutes`: of the configured zone now; nullopt when SQL Server does not know it.
Finding judge_time_zone(const ServerFacts& facts, std::string_view time_zone, std::optional<int> zone_offset_minutes);
// What the stream may not do, with the GRANT that helps.
std::vector<Finding> judge_permissions(const Stream& stream, const Table& table, const Permissions& permissions);

}  // namespace revsync::sqlserver
