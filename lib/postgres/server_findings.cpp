#include "postgres/server_findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "postgres/quoting.hpp"
#include "postgres/table_query.hpp"

namespace revsync::postgres {
namespace {

using Level = Finding::Level;

Finding judge_version(const ServerFacts& facts) {
    if (facts.version_number < oldest_server_version) {
        return {Level::problem, fmt::format("PostgreSQL {} is too old", facts.version), "use PostgreSQL 10 or newer"};
    }
    return {Level::good, fmt::format("PostgreSQL {}", facts.version), ""};
}

Finding judge_encryption(const ServerFacts& facts, const Conninfo& conninfo) {
    const std::string server = to_string(conninfo.endpoints.front());
    if (!facts.encrypted) {
        if (std::ranges::all_of(conninfo.endpoints, is_on_this_machine)) {
            return {Level::good, fmt::format("the connection to {} stays on this machine", server), ""};
        }
        return {Level::warning, fmt::format("the connection to {} is not encrypted", server),
                fmt::format("add sslmode=verify-full to {}", conninfo.variable)};
    }
    if (conninfo.sslmode.starts_with("verify-") || std::ranges::all_of(conninfo.endpoints, is_on_this_machine)) {
        return {Level::good, fmt::format("the connection to {} is encrypted (sslmode {})", server, conninfo.sslmode),
                ""};
    }
    return {Level::warning,
            fmt::format("the connection to {} is encrypted, but the server's identity is not checked (sslmode {})",
                        server, conninfo.sslmode),
            fmt::format("add sslmode=verify-full and sslrootcert=<file of the project's CA> to {}", conninfo.variable)};
}

Finding judge_sessions(const Horizon& horizon, const Conninfo& conninfo) {
    if (horizon.other_sessions_hidden) {
        return {Level::warning,
                fmt::format("{} cannot see other sessions' transactions: each poll re-reads the overlap window, and a "
                            "transaction open for longer than that can be missed",
                            conninfo.user),
                // Supavisor's user is role.project; the role alone is what SQL knows.
                fmt::format("GRANT pg_read_all_stats TO {};",
                            identifier(conninfo.user.substr(0, conninfo.user.find('.'))))};
    }
    const auto open = std::chrono::duration_cast<std::chrono::minutes>(horizon.source_now - horizon.time);
    if (open >= stalled_horizon) {
        return {Level::warning,
                fmt::format("a transaction has been open for {} minutes: rows changed since then are read again at "
                            "every poll",
                            open.count()),
                "find it in pg_stat_activity by its xact_start, and end it"};
    }
    return {Level::good, "open transactions of other sessions are seen", ""};
}

}  // namespace

std::vector<Finding> judge_server(const ServerFacts& facts, const Conninfo& conninfo) {
    std::vector<Finding> findings{judge_version(facts), judge_encryption(facts, conninfo),
                                  judge_sessions(facts.horizon, conninfo)};
    if (conninfo.is_transaction_pooler()) {
        findings.push_back(
            {Level::problem,
             "port 6543 is a transaction pooler: it drops the session's settings, among them the guard "
             "against rows hidden by row level security",
             fmt::format("use the session pooler or the direct connection (port 5432) in {}", conninfo.variable)});
    }
    return findings;
}

Finding judge_clock(Timestamp source_now, Timestamp our_now) {
    const auto apart = std::chrono::duration_cast<std::chrono::seconds>(source_now - our_now);
    if (std::abs(apart.count()) > clock_tolerance.count()) {
        return {Level::warning,
                fmt::format("the source's clock is {} s {} this machine's", std::abs(apart.count()),
                            apart.count() > 0 ? "ahead of" : "behind"),
                "set this machine's clock by NTP"};
    }
    return {Level::good, "the source's clock agrees with this machine's", ""};
}

std::vector<Finding> judge_stream(const StreamShape& shape, const StreamFacts& facts) {
    std::vector<Finding> findings{{Level::good, fmt::format("{}: {} can be read", shape.stream, shape.label), ""}};
    if (!facts.key_is_unique) {
        findings.push_back(
            {Level::warning,
             fmt::format("{}: nothing keeps the key of {} unique and not null: rows can be missed", shape.stream,
                         shape.label),
             fmt::format("ALTER TABLE {} ADD PRIMARY KEY ({});", shape.table, fmt::join(shape.key, ", "))});
    }
    if (facts.has_index == false) {
        findings.push_back({Level::warning,
                            fmt::format("{}: no index of {} holds the order of changes: each poll sorts the table",
                                        shape.stream, shape.label),
                            create_index_statement(shape) + ";"});
    }
    if (!facts.undated) {
        findings.push_back(
            {Level::warning,
             fmt::format("{}: the rows of {} without a change time could not be counted", shape.stream, shape.label),
             "run check again when the source is less busy"});
    } else if (*facts.undated > 0) {
        findings.push_back({Level::warning,
                            fmt::format("{}: {} row(s) of {} have no usable change time: polls never find them",
                                        shape.stream, *facts.undated, shape.label),
                            "give their change columns a time"});
    }
    return findings;
}

Finding problem(const Error& error) {
    const std::size_t end = error.text.find("; ");
    const Error what{error.disposition, error.code, error.text.substr(0, end), error.connection_lost};
    return {Level::problem, describe(what), end == std::string::npos ? "" : error.text.substr(end + 2)};
}

bool sorts(std::string_view plan) {
    return plan.find(R"("Node Type": "Sort")") != std::string_view::npos;
}

}  // namespace revsync::postgres
