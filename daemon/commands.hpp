// One function per command; each returns the process's exit code.
#pragma once

#include "config/settings.hpp"
#include "runtime/logger.hpp"

namespace revsync {

// Stays until SIGTERM or SIGINT. Without both databases, or with polling disabled, it says so and stays up.
int run_daemon(const Settings& settings, const Logger& logger);

// One catch-up. The result goes to the log, and as JSON to standard output when asked.
int run_once(const Settings& settings, const Logger& logger, bool json);

// Looks at everything that must be right and prints findings with what to do, or the same as JSON. Good when there
// is no problem; warnings do not count.
int run_check(const Settings& settings, const Logger& logger, bool json);

// Asks the daemon that runs with these settings and prints its answer, for people or as the JSON came. Good when it
// says that all is in step; failed when not, or when nobody answers.
int run_status(const Settings& settings, bool json);

}  // namespace revsync
