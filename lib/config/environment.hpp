// Where settings come from on this machine: the process's environment and a .env file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace revsync {

// A copy of the process's environment. On Windows, where their case does not count, names are in capitals.
Environment process_environment();

// Where a .env file is looked for when none is named, first one first: the current folder, then the platform's
// configuration folder (/etc/reverse-sync, or ReverseSync in %ProgramData%).
std::vector<std::filesystem::path> default_env_files(const Environment& environment);

struct EnvFileText {
    std::filesystem::path path;
    std::string text;
    bool readable_by_others = false;  // by users outside its owner and group: it holds passwords
};

// The text of `named`, which must exist; without it, of the first default file that does, or none. A file that
// cannot be read or is larger than env_file_limit_bytes is an error with its path, disposition configuration.
Result<std::optional<EnvFileText>> read_env_file(const std::optional<std::filesystem::path>& named,
                                                 const Environment& environment);

// The whole of it: read_env_file, then load_settings, with the file's path in an error and a
// warning when others can read the file.
struct SettingsFromMachine {
    LoadedSettings loaded;
    std::optional<std::filesystem::path> env_file;  // the one that was used
};
Result<SettingsFromMachine> settings_from_machine(const std::optional<std::filesystem::path>& named_env_file);

}  // namespace revsync
