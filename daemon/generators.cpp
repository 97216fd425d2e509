#include "generators.hpp"

#include <fmt/format.h>

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
        "ALTER SEQUENCE {} INCREMENT BY -1 MINVALUE -2147483648 MAXVALUE -1 START WITH -1 RESTART WITH -1;",
        source.name);
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
        fmt::format("number the Supabase side downwards from -1, which never meets the other: {}",
                    statement_that_separates(source, target))};
}

}  // namespace revsync
