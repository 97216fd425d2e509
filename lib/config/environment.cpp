#include "config/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "config/env_file.hpp"
#include "core/utf8_path.hpp"

#ifdef _WIN32
#include <windows.h>

#include "core/utf16.hpp"
#else
#include <unistd.h>
#endif

namespace revsync {
namespace {

namespace fs = std::filesystem;

// The entries "NAME=value" in UTF-8.
std::vector<std::string> raw_environment() {
    std::vector<std::string> entries;
#ifdef _WIN32
    wchar_t* const block = ::GetEnvironmentStringsW();
    for (const wchar_t* entry = block; entry != nullptr && *entry != L'\0';) {
        const std::wstring_view text{entry};
        entries.push_back(to_utf8(text));
        entry += text.size() + 1;
    }
    ::FreeEnvironmentStringsW(block);
#else
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        entries.emplace_back(*entry);
    }
#endif
    return entries;
}

std::string variable_name(std::string_view name) {
    std::string result{name};
#ifdef _WIN32
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
#endif
    return result;
}

Error cannot_read(const fs::path& path, std::string_view reason) {
    return Error{Disposition::configuration, "", fmt::format("cannot read {}: {}", path.string(), reason)};
}

Result<EnvFileText> read(const fs::path& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) {
        return cannot_read(path, "there is no such file; check --env-file");
    }
    if (fs::is_directory(status)) {
        return cannot_read(path, "it is a folder; name the file in it");
    }
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return cannot_read(path, "permission denied; let the user of the service read it");
    }
    // One byte more than allowed, so that the parser sees that it is too large.
    std::string text(env_file_limit_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) {
        return cannot_read(path, "the disk reports an error");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
#ifdef _WIN32
    const bool others = false;
#else
    const bool others = (status.permissions() & fs::perms::others_read) != fs::perms::none;
#endif
    return EnvFileText{path, std::move(text), others};
}

}  // namespace

Environment process_environment() {
    Environment result;
    for (const std::string& entry : raw_environment()) {
        const std::string_view text{entry};
        // Windows has entries like "=C:=C:\folder" that are nobody's variables.
        const auto equals = text.find('=', 1);
        if (equals != std::string_view::npos) {
            result.emplace(variable_name(text.substr(0, equals)), text.substr(equals + 1));
        }
    }
    return result;
}

std::vector<fs::path> default_env_files([[maybe_unused]] const Environment& environment) {
    std::vector<fs::path> files{fs::path{"."} / ".env"};
#ifdef _WIN32
    const auto data = environment.find("PROGRAMDATA");
    if (data != environment.end()) {
        files.push_back(path_from_utf8(data->second) / "ReverseSync" / ".env");
    }
#else
    files.emplace_back("/etc/reverse-sync/.env");
#endif
    return files;
}

Result<std::optional<EnvFileText>> read_env_file(const std::optional<fs::path>& named, const Environment& environment) {
    std::optional<fs::path> path = named;
    if (!path) {
        const auto candidates = default_env_files(environment);
        const auto found = std::ranges::find_if(candidates, [](const fs::path& candidate) {
            std::error_code error;
            return fs::exists(candidate, error);
        });
        if (found == candidates.end()) {
            return std::optional<EnvFileText>{};
        }
        path = *found;
    }
    auto text = read(*path);
    if (text.has_error()) {
        return text.error();
    }
    return std::optional{std::move(*text)};
}

Result<SettingsFromMachine> settings_from_machine(const std::optional<fs::path>& named_env_file) {
    const auto environment = process_environment();
    const auto file = read_env_file(named_env_file, environment);
    if (file.has_error()) {
        return file.error();
    }
    const auto& found = *file;
    auto loaded = load_settings(environment, found ? std::optional<std::string_view>{found->text} : std::nullopt);
    if (loaded.has_error()) {
        auto error = loaded.error();
        if (found) {
            error.text += fmt::format(" (the .env file is {})", found->path.string());
        }
        return error;
    }
    SettingsFromMachine result{std::move(*loaded), std::nullopt};
    if (found) {
        result.env_file = found->path;
    }
    if (found && found->readable_by_others) {
        result.loaded.warnings.push_back(
            fmt::format("{0} can be read by every user of this machine and may hold "
                        "passwords: run chmod 640 {0}",
                        found->path.string()));
    }
    return result;
}

}  // namespace revsync
