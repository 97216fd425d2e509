#include "command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <sstream>
#include <utility>

#include "core/utf8_path.hpp"

namespace revsync {

namespace options = boost::program_options;

namespace {

constexpr std::array<std::pair<std::string_view, Command>, 6> commands{{
    {"run", Command::run},
    {"once", Command::once},
    {"check", Command::check},
    {"status", Command::status},
    {"sql", Command::sql},
    {"service", Command::service},
}};

constexpr std::array<std::pair<std::string_view, ServiceVerb>, 5> verbs{{
    {"install", ServiceVerb::install},
    {"uninstall", ServiceVerb::uninstall},
    {"start", ServiceVerb::start},
    {"stop", ServiceVerb::stop},
    {"status", ServiceVerb::status},
}};

options::options_description visible_options() {
    options::options_description description{"Options"};
    auto add = description.add_options();
    add("env-file", options::value<std::string>()->value_name("PATH"),
        "read settings from this file (default: ./.env, then the system's configuration folder)");
    add("json", "once, check, status: print the result as JSON on standard output, the log on standard error");
    add("offline", "check: look at settings, mapping and state file only, and connect to nothing");
    add("uninstall", "sql: print the script that takes it all away");
    add("account", options::value<std::string>()->value_name("NAME"),
        "service install: the account it runs under (default: NT AUTHORITY\\LocalService); a password is asked for");
    add("purge", "service uninstall: remove settings and state, too");
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

Result<Side> find_side(const std::vector<std::string>& words) {
    if (words.size() < 2) {
        return usage_error("sql needs a side, sqlserver or supabase");
    }
    if (words[1] != "sqlserver" && words[1] != "supabase") {
        return usage_error(fmt::format("unknown side '{}', expected sqlserver or supabase", words[1]));
    }
    return words[1] == "sqlserver" ? Side::sqlserver : Side::supabase;
}

Result<ServiceVerb> find_verb(const std::vector<std::string>& words) {
    const auto found =
        std::ranges::find(verbs, words.size() < 2 ? "" : words[1], [](const auto& e) { return e.first; });
    if (found == verbs.end()) {
        return usage_error("service needs one of install, uninstall, start, stop and status");
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
        line.command = *command;
        if (line.command == Command::sql) {
            const Result<Side> side = find_side(words);
            if (!side) {
                return side.error();
            }
            line.side = *side;
        }
        if (line.command == Command::service) {
            const Result<ServiceVerb> verb = find_verb(words);
            if (!verb) {
                return verb.error();
            }
            line.service.verb = *verb;
        }
        const std::size_t expected = line.command == Command::sql || line.command == Command::service ? 2 : 1;
        if (words.size() > expected) {
            return usage_error(fmt::format("unexpected argument '{}'", words[expected]));
        }
    }
    if (values.count("env-file") != 0) {
        line.env_file = path_from_utf8(values["env-file"].as<std::string>());
    }
    line.json = values.count("json") != 0;
    if (line.json &&
        (line.command == Command::run || line.command == Command::sql || line.command == Command::service)) {
        return usage_error("--json goes with once, check and status (for a log in JSON set LOG_FORMAT=json)");
    }
    line.offline = values.count("offline") != 0;
    if (line.offline && line.command != Command::check) {
        return usage_error("--offline goes with check");
    }
    line.uninstall = values.count("uninstall") != 0;
    if (line.uninstall && line.command != Command::sql) {
        return usage_error("--uninstall goes with sql");
    }
    const bool service = line.command == Command::service;
    if (values.count("account") != 0) {
        line.service.account = values["account"].as<std::string>();
        if (!service || line.service.verb != ServiceVerb::install) {
            return usage_error("--account goes with service install");
        }
    }
    line.service.purge = values.count("purge") != 0;
    if (line.service.purge && (!service || line.service.verb != ServiceVerb::uninstall)) {
        return usage_error("--purge goes with service uninstall");
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
            "  once    one catch-up in both directions, to its end\n"
            "  check   look at settings, connections, tables, permissions and clocks; say what to mend\n"
            "  status  ask the running daemon how it stands; good when all is in step\n"
            "  sql sqlserver|supabase\n"
            "          print the SQL script that prepares that side, for a person to read and run\n"
            "  service install|uninstall|start|stop|status\n"
            "          the Windows service (elsewhere: systemctl)\n\n"
         << visible_options()
         << "\nSignals (run): SIGTERM or SIGINT finish the batch in hand, save and exit; a second one exits at once.\n"
            "               SIGHUP reads the settings again, SIGUSR1 starts a catch-up now (neither on Windows).\n"
            "Exit codes: 0 good, 1 failed, 2 usage or configuration.\n"
            "Settings are environment variables or lines of the .env file: docs/configuration.md.\n";
    return text.str();
}

}  // namespace revsync
