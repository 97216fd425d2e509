#include "config/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/env_file.hpp"
#include "config/supabase_url.hpp"
#include "config/values.hpp"
#include "config/variables.hpp"
#include "config/webhook_secrets.hpp"
#include "core/utf8_path.hpp"

namespace revsync {
namespace {

std::optional<std::filesystem::path> path(Values& values, std::string_view name) {
    const auto text = values.text(name);
    return text ? std::optional{path_from_utf8(*text)} : std::nullopt;
}

// Keeps the default where the variable says nothing, or nothing valid.
template <class Field, class Value>
void assign(Field& field, std::optional<Value> value) {
    if (value) {
        field = Field(std::move(*value));
    }
}

void assign_count(std::size_t& field, std::optional<std::int64_t> value) {
    if (value) {
        field = static_cast<std::size_t>(*value);
    }
}

void assign_port(std::uint16_t& field, std::optional<std::int64_t> value) {
    if (value) {
        field = static_cast<std::uint16_t>(*value);
    }
}

void read_supabase(Values& values, Settings& settings) {
    auto url = values.secret("SUPABASE_DB_URL");
    if (url && !is_postgres_uri(url->reveal())) {
        values.refuse("SUPABASE_DB_URL", "a URI that begins with postgresql:// (Supabase dashboard, Connect)");
    }
    if (url) {
        settings.supabase_db_url = std::move(url);
        return;
    }
    const auto project = values.text("SUPABASE_URL");
    const auto password = values.secret("SUPABASE_DB_PASSWORD");
    if (!project && !password) {
        return;
    }
    if (!project || !password) {
        values.add_error(fmt::format("{} is missing: {} needs it, or give SUPABASE_DB_URL instead",
                                     project ? "SUPABASE_DB_PASSWORD" : "SUPABASE_URL",
                                     project ? "SUPABASE_URL" : "SUPABASE_DB_PASSWORD"));
        return;
    }
    settings.supabase_db_url = supabase_db_url(*project, *password);
    if (!settings.supabase_db_url) {
        values.refuse("SUPABASE_URL",
                      "https://<project>.supabase.co; for any other server give SUPABASE_DB_URL instead");
    }
}

void read_encryption(Values& values, Settings& settings, std::vector<std::string>& warnings) {
    static constexpr std::array<Values::Choice<Encryption>, 5> choices{{{"require", Encryption::require},
                                                                        {"true", Encryption::require},
                                                                        {"request", Encryption::request},
                                                                        {"off", Encryption::off},
                                                                        {"false", Encryption::off}}};
    assign(settings.db_encrypt, values.choice<Encryption>("DB_ENCRYPT", choices, "require, request or off"));
    assign(settings.db_ca_file, path(values, "DB_CA_FILE"));
    if (settings.db_ca_file && settings.db_encrypt == Encryption::off) {
        warnings.emplace_back("DB_CA_FILE has no effect with DB_ENCRYPT=off");
    }
}

// "server\instance" and "server,port" are how other programs write it.
bool is_plain_host(std::string_view name) {
    return name.find_first_of(" \t\\,;/[]\"'") == std::string_view::npos;
}

void read_sqlserver_address(Values& values, Settings& settings) {
    settings.db_server = values.text("DB_SERVER");
    if (settings.db_server && !is_plain_host(*settings.db_server)) {
        values.refuse("DB_SERVER",
                      "only the name or address of the machine; the instance goes into DB_INSTANCE, the port "
                      "into DB_PORT");
    }
    settings.db_instance = values.text("DB_INSTANCE");
    if (settings.db_instance && !is_plain_host(*settings.db_instance)) {
        values.refuse("DB_INSTANCE", "only the name of the instance, such as SQLEXPRESS");
    }
    assign_port(settings.db_port, values.integer("DB_PORT", 1, 65535));
    if (settings.db_instance && values.is_set("DB_PORT")) {
        values.add_error("DB_INSTANCE and DB_PORT are both set: an instance is found by its name, so remove one");
    }
}

void require_whole_sqlserver(Values& values) {
    static constexpr std::array<std::string_view, 4> needed{"DB_SERVER", "DB_NAME", "DB_USER", "DB_PASSWORD"};
    std::vector<std::string_view> missing;
    std::ranges::copy_if(needed, std::back_inserter(missing), [&](auto name) { return !values.is_set(name); });
    const bool wanted = missing.size() < needed.size() || values.is_set("DB_INSTANCE");
    if (wanted && !missing.empty()) {
        values.add_error(fmt::format("{} {} missing: SQL Server is only partly configured", fmt::join(missing, ", "),
                                     missing.size() == 1 ? "is" : "are"));
    }
}

// Names as Windows has them ("Arabic Standard Time"), which is what T-SQL's AT TIME ZONE takes.
bool is_windows_zone(std::string_view name) {
    constexpr std::size_t longest = 64;
    return name.size() <= longest && std::ranges::all_of(name, [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      std::string_view{" .()+-"}.find(c) != std::string_view::npos;
           });
}

void read_sqlserver(Values& values, Settings& settings, std::vector<std::string>& warnings) {
    read_sqlserver_address(values, settings);
    settings.db_name = values.text("DB_NAME");
    settings.db_user = values.text("DB_USER");
    settings.db_password = values.secret("DB_PASSWORD");
    require_whole_sqlserver(values);
    read_encryption(values, settings, warnings);
    assign_count(settings.db_pool_size, values.integer("DB_POOL_SIZE", 1, 16));
    assign(settings.db_timezone, values.text("DB_TIMEZONE"));
    if (!is_windows_zone(settings.db_timezone)) {
        values.refuse("DB_TIMEZONE", "a Windows time zone name such as UTC or Arabic Standard Time");
    }
}

void read_listener(Values& values, Settings& settings) {
    assign(settings.host, values.text("HOST"));
    assign_port(settings.port, values.integer("PORT", 1, 65535));
    assign(settings.tls_cert_file, path(values, "TLS_CERT_FILE"));
    assign(settings.tls_key_file, path(values, "TLS_KEY_FILE"));
    if (values.is_set("TLS_CERT_FILE") != values.is_set("TLS_KEY_FILE")) {
        values.add_error("TLS_CERT_FILE and TLS_KEY_FILE belong together: set both or neither");
    }
    if (!settings.on_loopback() && !values.is_set("SUPABASE_WEBHOOK_SECRET")) {
        values.add_error(
            "SUPABASE_WEBHOOK_SECRET is missing: HOST is not this machine alone (127.0.0.1), so others could command "
            "it");
    }
}

void read_webhooks(Values& values, Settings& settings) {
    if (const auto secrets = values.secret("SUPABASE_WEBHOOK_SECRET")) {
        settings.webhook_secrets = webhook_secrets(secrets->reveal());
        if (const auto problem = webhook_secrets_problem(settings.webhook_secrets)) {
            values.refuse("SUPABASE_WEBHOOK_SECRET", *problem);
        }
    }
    assign(settings.webhook_wait, values.integer("WEBHOOK_WAIT_MS", 0, 30'000));
    assign_count(settings.webhook_inbox_limit, values.integer("WEBHOOK_INBOX_LIMIT", 100, 1'000'000));
}

std::filesystem::path default_state_file(const Environment& environment) {
    constexpr std::string_view name = "reverse-sync-state.json";
    const auto directory = environment.find("STATE_DIRECTORY");
    if (directory != environment.end() && !directory->second.empty()) {
        // systemd lists several folders separated by colons; the first is the service's own.
        const auto& folders = directory->second;
        return path_from_utf8(folders.substr(0, folders.find(':'))) / name;
    }
#ifdef _WIN32
    const auto data = environment.find("PROGRAMDATA");
    if (data != environment.end() && !data->second.empty()) {
        return path_from_utf8(data->second) / "ReverseSync" / name;
    }
#endif
    return std::filesystem::path{"/data"} / name;
}

void read_polling(Values& values, Settings& settings, std::vector<std::string>& warnings) {
    constexpr std::size_t recommended_max_records = 2000;
    assign(settings.enabled, values.boolean("REVERSE_SYNC_ENABLED"));
    assign(settings.interval, values.integer("REVERSE_SYNC_INTERVAL_MINUTES", 1, 10080));
    assign(settings.lookback, values.integer("REVERSE_SYNC_LOOKBACK_HOURS", 1, 8760));
    assign_count(settings.max_records, values.integer("REVERSE_SYNC_MAX_RECORDS", 1, 5000));
    assign(settings.overlap, values.integer("REVERSE_SYNC_OVERLAP_SECONDS", 0, 86400));
    assign(settings.state_file, path(values, "REVERSE_SYNC_STATE_FILE"));
    assign(settings.mapping_file, path(values, "REVERSE_SYNC_MAPPING"));
    if (settings.max_records > recommended_max_records) {
        // SQL Server locks the whole table from about 5,000 row locks in one statement on.
        warnings.push_back(fmt::format("REVERSE_SYNC_MAX_RECORDS is {}: above {} SQL Server may lock a whole table",
                                       settings.max_records, recommended_max_records));
    }
}

void read_forward(Values& values, Settings& settings) {
    assign(settings.forward_enabled, values.boolean("FORWARD_SYNC_ENABLED"));
    assign(settings.forward_poll, values.integer("FORWARD_SYNC_POLL_SECONDS", 1, 3600));
    assign_count(settings.forward_page_size, values.integer("FORWARD_SYNC_PAGE_SIZE", 1, 1000));
    assign_count(settings.forward_attempt_limit, values.integer("FORWARD_SYNC_MAX_ATTEMPTS", 1, 1000));
    assign(settings.forward_retention, values.integer("FORWARD_SYNC_RETENTION_DAYS", 1, 3650));
}

void read_log(Values& values, Settings& settings) {
    static constexpr std::array<Values::Choice<Level>, 5> levels{{{"debug", Level::debug},
                                                                  {"info", Level::info},
                                                                  {"warning", Level::warning},
                                                                  {"warn", Level::warning},
                                                                  {"error", Level::error}}};
    static constexpr std::array<Values::Choice<LogFormat>, 2> formats{
        {{"text", LogFormat::text}, {"json", LogFormat::json}}};
    assign(settings.log_level, values.choice<Level>("LOG_LEVEL", levels, "debug, info, warning or error"));
    assign(settings.log_format, values.choice<LogFormat>("LOG_FORMAT", formats, "text or json"));
}

void warn_of_unknown(const Environment& names, std::vector<std::string>& warnings) {
    for (const auto& [name, value] : names) {
        if (auto warning = unknown_variable_warning(name)) {
            warnings.push_back(std::move(*warning));
        }
    }
}

}  // namespace

std::string_view to_string(SettingSource source) noexcept {
    switch (source) {
        case SettingSource::built_in:
            return "default";
        case SettingSource::env_file:
            return ".env file";
        case SettingSource::environment:
            return "environment";
    }
    return "default";
}

bool Settings::on_loopback() const {
    return is_loopback(host);
}

Result<LoadedSettings> load_settings(const Environment& environment, std::optional<std::string_view> env_file_text) {
    EnvFile file;
    if (env_file_text) {
        auto parsed = parse_env_file(*env_file_text);
        if (parsed.has_error()) {
            return parsed.error();
        }
        file = std::move(*parsed);
    }
    LoadedSettings loaded;
    loaded.warnings = std::move(file.warnings);
    loaded.settings.state_file = default_state_file(environment);
    Values values{environment, file.values};
    read_supabase(values, loaded.settings);
    read_sqlserver(values, loaded.settings, loaded.warnings);
    read_listener(values, loaded.settings);
    read_webhooks(values, loaded.settings);
    read_polling(values, loaded.settings, loaded.warnings);
    read_forward(values, loaded.settings);
    read_log(values, loaded.settings);
    if (!values.errors().empty()) {
        return Error{Disposition::configuration, "", fmt::format("{}", fmt::join(values.errors(), "; "))};
    }
    for (const auto name : known_variables()) {
        loaded.sources.emplace(name, values.source(name));
    }
    warn_of_unknown(environment, loaded.warnings);
    warn_of_unknown(file.values, loaded.warnings);
    return loaded;
}

}  // namespace revsync
