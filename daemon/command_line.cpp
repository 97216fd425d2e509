#include "command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <sstream>
#include <utility>

namespace revsync {

namespace options = boost::program_options;

namespace {

constexpr std::array<std::pair<std::string_view, Command>, 4> commands{{
    {"run", Command::run},
    {"once", Command::once},
    {"check", Command::check},
    {"status", Command::status},
}};

options::options_description visible_options() {
    options::options_description description{"Options"};
    auto add = description.add_options();
    add("env-file", options::value<std::string>()->value_name("PATH"),
        "read settings from this file (default: ./.env, then the system's configuration folder)");
    add("json", "once, check, status: print the result as JSON on standard output, the log on standard error");
    add("version", "print the version and exit");
    add("help,h", "print this text and exit");
    return description;
}

Error usage_error(std::string text) {
    return Error{Disposition::configuration, "", std::move(text) + "; see reverse-syncd --help"};
}

Result<Command> find_command(const std::string& name) {
    const auto found = std::ranges::find(commands, name, [](const auto& entry) { return entry.first; });
    if (found == commands.end()) {
        return usage_error(fmt::format("unknown command '{}'", name));
    }
    return found->second;
}

options::variables_map parse(const std::vector<std::string>& arguments) {
    options::options_description all = visible_options();
    all.add_options()("command", options::value<std::vector<std::string>>());
    options::positional_options_description positional;
    positional.add("command", -1);
    constexpr int style = options::command_line_style::default_style & ~options::command_line_style::allow_guessing;
    options::variables_map values;
    options::store(options::command_line_parser(arguments).options(all).positional(positional).style(style).run(),
                   values);
    return values;
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) try {
    const options::variables_map values = parse(arguments);
    CommandLine line;
    if (values.count("command") != 0) {
        const auto& words = values["command"].as<std::vector<std::string>>();
        const Result<Command> command = find_command(words.front());
        if (!command) {
            return command.error();
        }
        if (words.size() > 1) {
            return usage_error(fmt::format("unexpected argument '{}'", words[1]));
        }
        line.command = *command;
    }
    if (values.count("env-file") != 0) {
        line.env_file = values["env-file"].as<std::string>();
    }
    line.json = values.count("json") != 0;
    if (line.json && line.command == Command::run) {
        return usage_error("--json goes with once, check and status (for a log in JSON set LOG_FORMAT=json)");
    }
    if (values.count("version") != 0) {
        line.command = Command::version;
    }
    if (values.count("help") != 0) {
        line.command = Command::help;
    }
    return line;
} catch (const options::error& error) {
    return usage_error(error.what());
}

std::string usage() {
    std::ostringstream text;
    text << "Keeps a Supabase (Postgres) database and an on-premise SQL Server in step.\n\n"
            "Usage: reverse-syncd [COMMAND] [OPTIONS]\n\n"
            "Commands\n"
            "  run     catch up at start and every interval until stopped (the default)\n"
            "  once    one catch-up to its end\n"
            "  check   look at settings, connections, tables, permissions and clocks; say what to mend\n"
            "  status  ask the running daemon how it stands; good when all is in step\n\n"
         << visible_options()
         << "\nSignals (run): SIGTERM or SIGINT finish the batch in hand, save and exit; a second one exits at once.\n"
            "               SIGUSR1 starts a catch-up now (not on Windows).\n"
            "Exit codes: 0 good, 1 failed, 2 usage or configuration.\n"
            "Settings are environment variables or lines of the .env file: docs/configuration.md.\n";
    return text.str();
}

}  // namespace revsync
