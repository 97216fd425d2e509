#include "postgres/horizon.hpp"

#include <fmt/format.h>

namespace revsync::postgres {

Statement horizon_statement(std::chrono::seconds overlap) {
    constexpr std::string_view iso = R"('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')";
    // A session that the role may not see has neither a backend_type nor an xact_start; one with track_activities off
    // shows no xact_start either.
    constexpr std::string_view hidden = "a.pid IS NOT NULL AND (a.backend_type IS NULL OR a.state = 'disabled')";
    return {"read the source's open transactions",
            fmt::format("SELECT to_char(now() AT TIME ZONE 'UTC', {0}),"
                        " to_char((LEAST(now(), min(a.xact_start),"
                        " (SELECT min(prepared) FROM pg_prepared_xacts WHERE database = current_database()) - o.span,"
                        " CASE WHEN bool_or({2}) THEN now() - o.span END)"
                        " - interval '{1} s') AT TIME ZONE 'UTC', {0}),"
                        " COALESCE(bool_or({2}), false), pg_is_in_recovery()"
                        " FROM (SELECT make_interval(secs => $1::float8) AS span) AS o"
                        " LEFT JOIN pg_stat_activity a ON a.datname = current_database() AND a.pid <> pg_backend_pid()"
                        " AND a.backend_type IS DISTINCT FROM 'autovacuum worker'"
                        " GROUP BY o.span",
                        iso, horizon_margin.count(), hidden),
            {std::to_string(overlap.count())}};
}

Result<Horizon> read_horizon(const Rows& rows) {
    const auto now = rows.size() == 1 ? Timestamp::parse(rows.at(0, 0)) : std::nullopt;
    const auto time = rows.size() == 1 ? Timestamp::parse(rows.at(0, 1)) : std::nullopt;
    if (!now || !time) {
        return Error{Disposition::retry, "", "cannot read the source's clock; check that the server is PostgreSQL"};
    }
    if (rows.is_true(0, 3)) {
        return Error{Disposition::configuration, "",
                     "the server is a replica, which does not show the open transactions of its primary; set "
                     "SUPABASE_DB_URL to the primary"};
    }
    return Horizon{*time, *now, rows.is_true(0, 2)};
}

}  // namespace revsync::postgres
