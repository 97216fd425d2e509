#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "command_line.hpp"
#include "commands.hpp"
#include "config/environment.hpp"
#include "configuration.hpp"
#include "process.hpp"
#include "version.hpp"

namespace revsync {
namespace {

int execute(const CommandLine& line, const LoadedSettings& loaded) {
    const Settings& settings = loaded.settings;
    const Logger logger = make_logger(settings, line.json || line.command == Command::sql ? stderr : stdout);
    log_warnings(loaded, logger);
    switch (line.command) {
        case Command::once:
            return run_once(settings, logger, line.json);
        case Command::check:
            return run_check(settings, logger, {.json = line.json, .offline = line.offline});
        case Command::status:
            return run_status(settings, line.json);
        case Command::sql:
            return run_sql(settings, line.side, line.uninstall);
        default:
            return exit_usage;
    }
}

int refuse(const Error& error) {
    complain(error);
    return exit_usage;
}

int main_with(const std::vector<std::string>& arguments) {
    const Result<CommandLine> line = parse_command_line(arguments);
    if (!line) {
        return refuse(line.error());
    }
    if (line->command == Command::help) {
        fmt::print("{}", usage());
        return exit_good;
    }
    if (line->command == Command::version) {
        fmt::print("reverse-syncd {}\n", version);
        return exit_good;
    }
    if (line->command == Command::run) {
        return run_hosted([&](Host& host) { return run_daemon(host, line->env_file); });
    }
    if (line->command == Command::service) {
        return run_service(line->service);
    }
    const Result<SettingsFromMachine> machine = settings_from_machine(line->env_file);
    return machine ? execute(*line, machine->loaded) : refuse(machine.error());
}

}  // namespace
}  // namespace revsync

int main(int argc, char** argv) {
    try {
        revsync::prepare_process();
        return revsync::main_with(revsync::command_line_arguments(argc, argv));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%sreverse-syncd: internal error: %s\n", revsync::is_journal(stderr) ? "<3>" : "",
                     error.what());
        return revsync::exit_failed;
    }
}
