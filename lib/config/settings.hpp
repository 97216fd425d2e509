#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.hpp"
#include "core/error.hpp"
#include "runtime/logger.hpp"

namespace revsync {

enum class Encryption { off, request, require };

inline constexpr std::size_t webhook_secret_least = 16;  // characters
inline constexpr std::size_t webhook_secrets_most = 8;

// Everything that can be configured, checked and with its defaults filled in. docs/configuration.md is the
// same for people; each variable's allowed range is said there and in the errors.
struct Settings {
    // Supabase. Given, or derived from SUPABASE_URL and SUPABASE_DB_PASSWORD.
    std::optional<Secret> supabase_db_url;  // SUPABASE_DB_URL, a libpq URI

    // SUPABASE_WEBHOOK_SECRET: one, or several while they are being changed. Each is at least webhook_secret_least
    // characters of visible ASCII; one that begins with whsec_ is followed by the base64 of 24 to 64 bytes, as Standard
    // Webhooks has it. At least one when `host` is not a loopback address.
    std::vector<Secret> webhook_secrets;
    std::chrono::milliseconds webhook_wait{4000};  // a webhook's reply waits so long for the commit
    std::size_t webhook_inbox_limit = 10'000;      // keys that may wait to be applied

    // SQL Server: all four of server, name, user and password are set, or none is.
    std::optional<std::string> db_server;
    std::optional<std::string> db_instance;  // then the port comes from the SQL Server Browser
    std::uint16_t db_port = 1433;            // without meaning when there is an instance
    std::optional<std::string> db_name;
    std::optional<std::string> db_user;
    std::optional<Secret> db_password;
    Encryption db_encrypt = Encryption::require;
    std::optional<std::filesystem::path> db_ca_file;
    std::size_t db_pool_size = 2;
    std::string db_timezone = "UTC";  // a Windows zone name: what SQL Server's datetime columns hold

    std::string host = "127.0.0.1";  // an address, or a name that is looked up
    std::uint16_t port = 3000;
    std::optional<std::filesystem::path> tls_cert_file;
    std::optional<std::filesystem::path> tls_key_file;  // set with the certificate or not at all

    bool enabled = true;
    std::chrono::minutes interval{60};
    std::chrono::hours lookback{24};
    std::size_t max_records = 500;  // rows in one page, and so in memory
    std::chrono::seconds overlap{300};
    std::filesystem::path state_file = "/data/reverse-sync-state.json";
    std::optional<std::filesystem::path> mapping_file;  // none: the built-in mapping

    // SQL Server → Supabase.
    bool forward_enabled = true;
    std::chrono::seconds forward_poll{15};   // how often the queue is looked at when nobody tells of it
    std::size_t forward_page_size = 1000;    // queued edits in one page, and so in memory
    std::size_t forward_attempt_limit = 10;  // then an edit ends as Failed
    std::chrono::days forward_retention{7};  // how long edits that were carried over stay in the queue

    Level log_level = Level::info;
    LogFormat log_format = LogFormat::text;

    bool supabase_configured() const { return supabase_db_url.has_value(); }
    bool sqlserver_configured() const { return db_server.has_value(); }
    bool on_loopback() const;  // only this machine reaches the listener
};

using Environment = std::map<std::string, std::string, std::less<>>;

enum class SettingSource { built_in, env_file, environment };

std::string_view to_string(SettingSource source) noexcept;  // "default", ".env file", "environment"

struct LoadedSettings {
    Settings settings;
    std::vector<std::string> warnings;                          // finished lines, no values of secrets
    std::map<std::string, SettingSource, std::less<>> sources;  // by variable name, every known one
};

// Reads the settings from the environment and, where it does not set a variable, from the text of a .env file.
// An empty value is the same as none. Without REVERSE_SYNC_STATE_FILE, systemd's STATE_DIRECTORY is where the
// state file goes. The error has disposition configuration and names everything that is wrong at once.
Result<LoadedSettings> load_settings(const Environment& environment, std::optional<std::string_view> env_file_text);

}  // namespace revsync
