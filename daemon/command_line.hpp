#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace revsync {

enum class Command { run, once, check, status, sql, service, version, help };

// The side that SQL is printed for.
enum class Side { sqlserver, supabase };

enum class ServiceVerb { install, uninstall, start, stop, status };

struct ServiceOptions {
    ServiceVerb verb = ServiceVerb::status;
    std::optional<std::string> account;  // install
    bool purge = false;                  // uninstall
};

struct CommandLine {
    Command command = Command::run;
    std::optional<std::filesystem::path> env_file;
    bool json = false;
    bool offline = false;
    Side side = Side::sqlserver;  // sql
    bool uninstall = false;       // sql
    ServiceOptions service;
};

// The process's exit codes, the same for every command.
enum ExitCode : int { exit_good = 0, exit_failed = 1, exit_usage = 2 };

// `arguments` without the program's name. The error (disposition configuration) names the argument.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

// What --help prints.
std::string usage();

}  // namespace revsync
