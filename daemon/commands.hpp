// One function per command; each returns the process's exit code.
#pragma once

#include <filesystem>
#include <optional>

#include "command_line.hpp"
#include "config/settings.hpp"
#include "runtime/logger.hpp"
#include "service/host.hpp"

namespace revsync {

// Stays until its host asks it to stop. Without both databases, or with polling disabled, it says so and stays up. Its
// start and a reload read `env_file` (none: the default ones).
int run_daemon(Host& host, const std::optional<std::filesystem::path>& env_file);

// One catch-up in both directions. The result goes to the log, and as JSON to standard output when asked.
int run_once(const Settings& settings, const Logger& logger, bool json);

struct CheckOptions {
    bool json = false;
    bool offline = false;  // connects to nothing; a database that is not configured is no problem then
};

// Looks at everything that must be right and prints findings with what to do, or the same as JSON. Good when there
// is no problem; warnings do not count.
int run_check(const Settings& settings, const Logger& logger, CheckOptions options);

// Asks the daemon that runs with these settings and prints its answer, for people or as the JSON came. Good when it
// says that all is in step; failed when not, or when nobody answers.
int run_status(const Settings& settings, bool json);

// The Windows service: installs, removes, starts, stops it or says how it stands. Good when that is so afterwards;
// status is good when it runs. Elsewhere it says what does the same.
int run_service(const ServiceOptions& options);

// Prints the script that prepares a side for the mapping in force, or the one that takes that away. Asks no database.
int run_sql(const Settings& settings, Side side, bool uninstall);

}  // namespace revsync
