// SET options of a session. A procedure, trigger or sp_executesql gets a copy, so that its changes end with it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace revsync::sim::tsql {

struct Options {
    // A db-lib client's: everything ANSI off. Clients that ask for ANSI defaults at login get them on.
    static Options at_login(bool ansi_defaults);

    bool get(std::string_view name) const;
    // false: no such option.
    bool set(std::string_view name, bool on);

    std::map<std::string, bool, std::less<>> flags;
    std::int64_t text_size = 2147483647;  // bytes
    int lock_timeout_ms = -1;             // -1: for ever
    std::string isolation = "READ COMMITTED";
    std::int64_t row_limit = 0;
    std::string identity_insert;  // the table, as PostgreSQL names it
    std::string identity_insert_name;
};

}  // namespace revsync::sim::tsql
