#include "options.hpp"

namespace revsync::sim::tsql {

Options Options::at_login(bool ansi_defaults) {
    Options options;
    for (const char* name : {"QUOTED_IDENTIFIER", "ANSI_NULLS", "ANSI_PADDING", "ANSI_WARNINGS",
                             "CONCAT_NULL_YIELDS_NULL", "ANSI_NULL_DFLT_ON"}) {
        options.flags[name] = ansi_defaults;
    }
    for (const char* name : {"ARITHABORT", "NUMERIC_ROUNDABORT", "XACT_ABORT", "NOCOUNT", "IMPLICIT_TRANSACTIONS",
                             "FMTONLY", "NO_BROWSETABLE", "CURSOR_CLOSE_ON_COMMIT", "ANSI_DEFAULTS",
                             "ANSI_NULL_DFLT_OFF", "ARITHIGNORE", "NOEXEC", "PARSEONLY", "FORCEPLAN", "STATISTICS",
                             "SHOWPLAN_TEXT", "SHOWPLAN_ALL", "SHOWPLAN_XML", "REMOTE_PROC_TRANSACTIONS"}) {
        options.flags[name] = false;
    }
    return options;
}

bool Options::get(std::string_view name) const {
    const auto found = flags.find(name);
    return found != flags.end() && found->second;
}

bool Options::set(std::string_view name, bool on) {
    const auto found = flags.find(name);
    if (found == flags.end()) {
        return false;
    }
    found->second = on;
    if (name == "ANSI_DEFAULTS") {
        for (const char* one : {"QUOTED_IDENTIFIER", "ANSI_NULLS", "ANSI_PADDING", "ANSI_WARNINGS", "ANSI_NULL_DFLT_ON",
                                "CURSOR_CLOSE_ON_COMMIT", "IMPLICIT_TRANSACTIONS"}) {
            flags[one] = on;
        }
    }
    return true;
}

}  // namespace revsync::sim::tsql
