#include "sqlserver/server_findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "sqlserver/quoting.hpp"

namespace revsync::sqlserver {
namespace {

using enum Finding::Level;

constexpr int first_version = 13;  // SQL Server 2016
constexpr int openjson_level = 130;
constexpr int azure_editions[] = {5, 8, 9, 11};  // their version number stays at 12

int major(std::string_view version) {
    int number = 0;
    std::from_chars(version.data(), version.data() + version.size(), number);
    return number;
}

std::string offset_text(int minutes) {
    return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
}

}  // namespace

std::vector<Finding> judge_server(const ServerFacts& facts) {
    std::vector<Finding> findings;
    const bool azure = std::ranges::find(azure_editions, facts.engine_edition) != std::end(azure_editions);
    if (azure || major(facts.version) >= first_version) {
        findings.push_back({good, fmt::format("SQL Server version {}", facts.version), ""});
    } else {
        findings.push_back({problem, fmt::format("SQL Server version {} is too old", facts.version),
                            "upgrade to SQL Server 2016 (13.0) or later"});
    }
    if (facts.compatibility_level >= openjson_level) {
        findings.push_back({good,
                            fmt::format("database {}: compatibility level {}, collation {}", facts.database,
                                        facts.compatibility_level, facts.collation),
                            ""});
    } else {
        findings.push_back(
            {problem,
             fmt::format("database {}: compatibility level {} lacks OPENJSON", facts.database,
                         facts.compatibility_level),
             fmt::format("ALTER DATABASE {} SET COMPATIBILITY_LEVEL = {}", bracketed(facts.database), openjson_level)});
    }
    return findings;
}

Finding judge_clock(const ServerFacts& facts, Timestamp our_now) {
    const auto theirs = Timestamp::parse(facts.utc_now + "Z");
    if (!theirs) {
        return {warning, "the clock of SQL Server could not be read", "compare the clocks by hand"};
    }
    const auto difference = *theirs - our_now;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(difference).count();
    if (std::chrono::abs(difference) <= clock_tolerance) {
        return {good, "the clock of SQL Server agrees with this machine's", ""};
    }
    return {warning,
            fmt::format("the clock of SQL Server is {} s {} this machine's", std::abs(seconds),
                        seconds < 0 ? "behind" : "ahead of"),
            "synchronise both machines with a time server: newer edits win by the clock"};
}

Finding judge_time_zone(const ServerFacts& facts, std::string_view time_zone, std::optional<int> zone_offset_minutes) {
    if (!zone_offset_minutes) {
        return {problem, fmt::format("time zone \"{}\" is not known to SQL Server", time_zone),
                "set DB_TIMEZONE to a name from: SELECT name FROM sys.time_zone_info"};
    }
    if (*zone_offset_minutes == facts.offset_minutes) {
        return {good, fmt::format("times are kept in zone {} ({})", time_zone, offset_text(*zone_offset_minutes)), ""};
    }
    return {warning,
            fmt::format("times are written in zone {} ({}), but the server's local time is {}", time_zone,
                        offset_text(*zone_offset_minutes), offset_text(facts.offset_minutes)),
            "if other programs write GETDATE() into the same columns, set DB_TIMEZONE to the server's time zone"};
}

std::vector<Finding> judge_permissions(const Stream& stream, const Table& table, const Permissions& permissions) {
    std::vector<std::string> missing;
    const auto need = [&](bool needed, bool granted, const char* name) {
        if (needed && !granted) {
            missing.emplace_back(name);
        }
    };
    const bool identity = std::ranges::any_of(stream.key, [&](const KeyPair& pair) {
        const Column* column = table.find(pair.target);
        return column != nullptr && column->identity;
    });
    need(true, permissions.select, "SELECT");
    need(stream.operations.insert, permissions.insert, "INSERT");
    need(stream.operations.update, permissions.update, "UPDATE");
    need(stream.operations.remove, permissions.remove, "DELETE");
    need(stream.operations.insert && identity, permissions.alter, "ALTER");
    if (missing.empty()) {
        return {{good,
                 fmt::format("stream {}: table {} fits and may be written", stream.name, to_string(stream.target)),
                 ""}};
    }
    const std::string list = fmt::format("{}", fmt::join(missing, ", "));
    return {{problem,
             fmt::format("stream {}: the login lacks {} on table {}", stream.name, list, to_string(stream.target)),
             fmt::format("GRANT {} ON {} TO the login's user", list, bracketed(stream.target))}};
}

}  // namespace revsync::sqlserver
