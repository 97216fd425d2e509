#include <fmt/format.h>

#include <cstdio>

#include "commands.hpp"
#include "connections.hpp"
#include "postgres/scripts.hpp"
#include "sqlserver/scripts.hpp"

namespace revsync {

int run_sql(const Settings& settings, Side side, bool uninstall) {
    const Result<Mapping> mapping = chosen_mapping(settings);
    if (!mapping) {
        fmt::print(stderr, "reverse-syncd: {}\n", describe(mapping.error()));
        return exit_usage;
    }
    if (side == Side::sqlserver) {
        fmt::print("{}", uninstall ? sqlserver::uninstall_script() : sqlserver::install_script(*mapping));
    } else {
        fmt::print("{}", uninstall ? postgres::uninstall_script(*mapping) : postgres::install_script(*mapping));
    }
    return exit_good;
}

}  // namespace revsync
