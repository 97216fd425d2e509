#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "command_line.hpp"
#include "commands.hpp"
#include "config/environment.hpp"
#include "process.hpp"
#include "version.hpp"

namespace revsync {
namespace {

int execute(const CommandLine& line, const LoadedSettings& loaded) {
    const Settings& settings = loaded.settings;
    const Logger logger{settings.log_level, write_lines(line.json ? stderr : stdout, settings.log_format,
                                                        std::getenv("JOURNAL_STREAM") != nullptr)};
    for (const std::string& warning : loaded.warnings) {
        logger.warning("⚠️  {}", warning);
    }
    switch (line.command) {
        case Command::once:
            return run_once(settings, logger, line.json);
        case Command::check:
            return run_check(settings, logger, line.json);
        case Command::status:
            return run_status(settings, line.json);
        default:
            return run_daemon(settings, logger);
    }
}

int complain(const Error& error) {
    fmt::print(stderr, "reverse-syncd: {}\n", describe(error));
    return exit_usage;
}

int main_with(const std::vector<std::string>& arguments) {
    const Result<CommandLine> line = parse_command_line(arguments);
    if (!line) {
        return complain(line.error());
    }
    if (line->command == Command::help) {
        fmt::print("{}", usage());
        return exit_good;
    }
    if (line->command == Command::version) {
        fmt::print("reverse-syncd {}\n", version);
        return exit_good;
    }
    const Result<SettingsFromMachine> machine = settings_from_machine(line->env_file);
    return machine ? execute(*line, machine->loaded) : complain(machine.error());
}

}  // namespace
}  // namespace revsync

int main(int argc, char** argv) {
    try {
        revsync::prepare_process();
        return revsync::main_with({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "reverse-syncd: internal error: %s\n", error.what());
        return revsync::exit_failed;
    }
}
