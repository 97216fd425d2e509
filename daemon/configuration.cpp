#include "configuration.hpp"

#include <fmt/format.h>

#include "connections.hpp"
#include "http/tls_files.hpp"

namespace revsync {

Result<Configuration> read_configuration(const std::optional<std::filesystem::path>& named_env_file) {
    Result<SettingsFromMachine> machine = settings_from_machine(named_env_file);
    if (!machine) {
        return machine.error();
    }
    Result<Mapping> mapping = read_named_files(machine->loaded.settings);
    if (!mapping) {
        return mapping.error();
    }
    return Configuration{std::move(machine->loaded), std::move(*mapping)};
}

Result<Mapping> read_named_files(const Settings& settings) {
    if (settings.supabase_configured()) {
        if (const auto source = feed_settings(settings); !source) {
            return source.error();
        }
    }
    if (settings.tls_cert_file) {
        const http::TlsFilePaths files{*settings.tls_cert_file, *settings.tls_key_file};
        if (const auto tls = http::load_tls(files); !tls) {
            return tls.error();
        }
    }
    return chosen_mapping(settings);
}

Logger make_logger(const Settings& settings, std::FILE* stream, Logger::Write system_log) {
    if (system_log) {
        return Logger{settings.log_level, std::move(system_log)};
    }
    return Logger{settings.log_level, write_lines(stream, settings.log_format, is_journal(stream))};
}

void complain(const Error& error, const Logger::Write& system_log) {
    const std::string text = "reverse-syncd: " + describe(error);
    if (system_log) {
        system_log(Level::error, text);
    } else {
        fmt::print(stderr, "{}{}\n", is_journal(stderr) ? journal_prefix(Level::error) : "", text);
    }
}

void log_warnings(const LoadedSettings& loaded, const Logger& logger) {
    for (const std::string& warning : loaded.warnings) {
        logger.warning("⚠️  {}", warning);
    }
}

}  // namespace revsync
