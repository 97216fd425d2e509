// Everything that a start and a reload read before they connect to anything.
#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>

#include "config/environment.hpp"
#include "mapping/stream.hpp"
#include "runtime/logger.hpp"

namespace revsync {

struct Configuration {
    LoadedSettings loaded;
    Mapping mapping;
};

// The .env file (`named`, or the first default one that exists) and what its settings name. The error (configuration)
// names the file or variable, the line or place in it, and the reason.
Result<Configuration> read_configuration(const std::optional<std::filesystem::path>& named_env_file);

// What the settings name and can be read without a connection: the mapping; besides, SUPABASE_DB_URL is understood and
// the TLS files fit each other. The error as above.
Result<Mapping> read_named_files(const Settings& settings);

// As the settings want it, to `stream`; or, where the system keeps a log for its services, to `system_log`, which has
// times and levels of its own.
Logger make_logger(const Settings& settings, std::FILE* stream, Logger::Write system_log = {});

// Says that nothing can be done and why, before there are settings: to standard error, or to `system_log`.
void complain(const Error& error, const Logger::Write& system_log = {});

void log_warnings(const LoadedSettings& loaded, const Logger& logger);

}  // namespace revsync
