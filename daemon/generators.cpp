#include "generators.hpp"

#include <fmt/format.h>

#include "postgres/quoting.hpp"

namespace revsync {
namespace {

bool run_apart(const Generator& one, const Generator& other) {
    if ((one.increment < 0) == (other.increment < 0)) {
        return false;
    }
    const Generator& upwards = one.increment > 0 ? one : other;
    const Generator& downwards = one.increment > 0 ? other : one;
    return downwards.last <= upwards.last;
}

// The statement for the Supabase side, which needs no change of the practice system's table.
std::string statement_that_separates(const Generator& source, const Generator& target) {
    if (target.increment < 0) {
        return fmt::format("ALTER SEQUENCE {} INCREMENT BY 1 MINVALUE 1 NO MAXVALUE RESTART WITH {};", source.name,
                           source.last > 0 ? source.last + 1 : 1);
    }
    return fmt::format(
        "BEGIN; ALTER SEQUENCE {0} INCREMENT BY -1 MINVALUE -2147483648 MAXVALUE -1 START WITH -1 RESTART WITH -1; "
        "SELECT setval({1}, least(min({2}), 0) - 1, false) FROM {3}; COMMIT;",
        source.name, postgres::literal(source.name), source.column, source.table);
}

}  // namespace

Finding compare_generators(const std::string& stream, const Generator& source, const Generator& target) {
    if (run_apart(source, target)) {
        return {Finding::Level::good,
                fmt::format("{}: both sides number new rows apart ({} by {:+}, {} by {:+})", stream, source.name,
                            source.increment, target.name, target.increment),
                ""};
    }
    return {
        Finding::Level::warning,
        fmt::format("{}: both sides can give the same number to different new rows: {} stands at {}, {} at {}; such "
                    "rows are parked, never overwritten",
                    stream, source.name, source.last, target.name, target.last),
        fmt::format("let the Supabase side count the other way, which never meets the other side: {}",
                    statement_that_separates(source, target))};
}

}  // namespace revsync
