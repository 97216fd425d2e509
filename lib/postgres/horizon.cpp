#include "postgres/horizon.hpp"

#include <fmt/format.h>

namespace revsync::postgres {

Statement horizon_statement(std::chrono::seconds overlap) {
    constexpr std::string_view iso = R"('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')";
    // A session that the role may not see has neither a backend_type nor an xact_start.
    return {"read the source's open transactions",
            fmt::format("SELECT to_char(now() AT TIME ZONE 'UTC', {0}),"
                        " to_char((LEAST(now(), min(a.xact_start),"
                        " (SELECT min(prepared) FROM pg_prepared_xacts WHERE database = current_database()) - o.span,"
                        " CASE WHEN bool_or(a.pid IS NOT NULL AND a.backend_type IS NULL) THEN now() - o.span END)"
                        " - interval '{1} s') AT TIME ZONE 'UTC', {0}),"
                        " COALESCE(bool_or(a.pid IS NOT NULL AND a.backend_type IS NULL), false)"
                        " FROM (SELECT make_interval(secs => $1::float8) AS span) AS o"
                        " LEFT JOIN pg_stat_activity a ON a.datname = current_database() AND a.pid <> pg_backend_pid()"
                        " AND a.backend_type IS DISTINCT FROM 'autovacuum worker'"
                        " GROUP BY o.span",
                        iso, horizon_margin.count()),
            {std::to_string(overlap.count())}};
}

Result<Horizon> read_horizon(const Rows& rows) {
    const auto now = rows.size() == 1 ? Timestamp::parse(rows.at(0, 0)) : std::nullopt;
    const auto time = rows.size() == 1 ? Timestamp::parse(rows.at(0, 1)) : std::nullopt;
    if (!now || !time) {
        return Error{Disposition::retry, "", "cannot read the source's clock; check that the server is PostgreSQL"};
    }
    return Horizon{*time, *now, rows.is_true(0, 2)};
}

}  // namespace revsync::postgres
