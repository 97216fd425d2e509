#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace revsync::sqlserver {

enum class Encryption {
    off,      // plain text
    request,  // encrypted when the server offers it
    require   // a server that does not encrypt everything is refused
};

// How to reach the SQL Server database.
struct ConnectionSettings {
    std::string server;    // host name or address
    std::string instance;  // a named instance; then `port` is not used
    std::uint16_t port = 1433;
    std::string database;
    std::string user;
    std::string password;  // never printed, never written to a file
    Encryption encryption = Encryption::require;
    std::filesystem::path ca_file;  // when set, certificate and host name are checked against it
    std::chrono::seconds login_timeout{15};
    std::chrono::seconds query_timeout{60};
    std::chrono::milliseconds lock_timeout{10000};
    std::string application = "reverse-sync";
};

// "db.example:1433" or "db.example\CLINIC", for errors.
std::string address(const ConnectionSettings& settings);

}  // namespace revsync::sqlserver
