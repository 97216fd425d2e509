#include "sqlserver/server_file.hpp"

#include <fmt/format.h>
#include <sybfront.h>

#include <sybdb.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <random>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace revsync::sqlserver {
namespace {

// FreeTDS reads the file anew for each connection, while another thread may be adding a section; so the file
// only grows, and a section is complete before its name is known to anyone.
class ServerFile {
public:
    ServerFile() : path_{in_memory()} {
        if (path_.empty()) {
            path_ = in_temporary_folder();
            temporary_ = true;
        }
        std::string name = path_.string();
        ::dbsetifile(name.data());
    }
    ~ServerFile() {
        if (temporary_) {
            std::error_code ignored;
            std::filesystem::remove(path_, ignored);
        }
    }
    ServerFile(const ServerFile&) = delete;
    ServerFile& operator=(const ServerFile&) = delete;

    Result<std::string> add(const std::string& section) {
        const std::scoped_lock lock{mutex_};
        if (const auto known = names_.find(section); known != names_.end()) {
            return known->second;
        }
        std::string name = fmt::format("reverse-sync-{}", names_.size() + 1);
        std::ofstream file{path_, std::ios::app | std::ios::binary};
        file << fmt::format("[{}]\n{}\n", name, section) << std::flush;
        if (!file) {
            return Error{Disposition::configuration, "",
                         "cannot write the connection settings to " + path_.string() + "; check the temporary folder"};
        }
        names_.emplace(section, name);
        return name;
    }

private:
    static std::filesystem::path in_memory() {
#ifdef __linux__
        if (const int file = ::memfd_create("freetds.conf", MFD_CLOEXEC); file != -1) {
            std::filesystem::path path = fmt::format("/proc/self/fd/{}", file);
            if (::access(path.c_str(), R_OK | W_OK) == 0) {
                return path;
            }
            ::close(file);
        }
#endif
        return {};
    }

    static std::filesystem::path in_temporary_folder() {
        std::random_device random;
        const auto name = fmt::format("reverse-sync-{:08x}{:08x}.conf", random(), random());
        std::filesystem::path path = std::filesystem::temp_directory_path() / name;
        const std::ofstream created{path, std::ios::binary};
        std::error_code ignored;
        std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
                                     ignored);
        return path;
    }

    std::filesystem::path path_;
    bool temporary_ = false;
    std::mutex mutex_;
    std::map<std::string, std::string> names_;  // section → name; guarded by mutex_
};

bool writable(const std::string& value) {
    return std::ranges::none_of(value, [](unsigned char c) { return std::iscntrl(c) != 0; });
}

std::string_view name_of(Encryption encryption) {
    switch (encryption) {
        case Encryption::off:
            return "off";
        case Encryption::request:
            return "request";
        case Encryption::require:
            return "require";
    }
    return "require";
}

std::optional<Error> unusable(const ConnectionSettings& settings) {
    for (const auto& [variable, value] : {std::pair{"DB_SERVER", settings.server},
                                          {"DB_INSTANCE", settings.instance},
                                          {"DB_CA_FILE", settings.ca_file.string()}}) {
        if (!writable(value)) {
            return Error{Disposition::configuration, "",
                         fmt::format("{} holds a control character; write it as plain text", variable)};
        }
    }
    if (settings.server.empty()) {
        return Error{Disposition::configuration, "", "DB_SERVER is empty; set it to the SQL Server's host name"};
    }
    if (!settings.ca_file.empty() && !std::ifstream{settings.ca_file}) {
        return Error{Disposition::configuration, "",
                     fmt::format("cannot read the certificate file {} (DB_CA_FILE); check its path and permissions",
                                 settings.ca_file.string())};
    }
    return std::nullopt;
}

}  // namespace

std::string address(const ConnectionSettings& settings) {
    return settings.instance.empty() ? fmt::format("{}:{}", settings.server, settings.port)
                                     : fmt::format("{}\\{}", settings.server, settings.instance);
}

std::string server_section(const ConnectionSettings& settings) {
    std::string section = fmt::format(
        "host = {}\ntds version = 7.4\nclient charset = UTF-8\nencryption = {}\nconnect timeout = {}\ntimeout = {}\n",
        settings.server, name_of(settings.encryption), settings.login_timeout.count(), settings.query_timeout.count());
    section += settings.instance.empty() ? fmt::format("port = {}\n", settings.port)
                                         : fmt::format("instance = {}\n", settings.instance);
    if (!settings.ca_file.empty()) {
        section += fmt::format("ca file = {}\ncheck certificate hostname = yes\n", settings.ca_file.string());
    }
    return section;
}

Result<std::string> register_server(const ConnectionSettings& settings) {
    if (auto error = unusable(settings)) {
        return std::move(*error);
    }
    static ServerFile file;
    return file.add(server_section(settings));
}

}  // namespace revsync::sqlserver
