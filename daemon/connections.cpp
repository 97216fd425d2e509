#include "connections.hpp"

#include "mapping/clinic.hpp"
#include "mapping/loader.hpp"

namespace revsync {
namespace {

sqlserver::Encryption encryption(Encryption chosen) {
    switch (chosen) {
        case Encryption::off:
            return sqlserver::Encryption::off;
        case Encryption::request:
            return sqlserver::Encryption::request;
        case Encryption::require:
            return sqlserver::Encryption::require;
    }
    return sqlserver::Encryption::require;
}

}  // namespace

std::optional<std::string> missing_setting(const Settings& settings) {
    if (!settings.supabase_configured()) {
        return "Supabase is not configured: set SUPABASE_DB_URL";
    }
    if (!settings.sqlserver_configured()) {
        return "SQL Server is not configured: set DB_SERVER, DB_NAME, DB_USER and DB_PASSWORD";
    }
    return std::nullopt;
}

Result<postgres::Conninfo> supabase_conninfo(const Settings& settings) {
    return postgres::parse_conninfo(settings.supabase_db_url->reveal(), "SUPABASE_DB_URL");
}

Result<postgres::FeedSettings> feed_settings(const Settings& settings) {
    Result<postgres::Conninfo> conninfo = supabase_conninfo(settings);
    if (!conninfo) {
        return conninfo.error();
    }
    postgres::FeedSettings feed;
    feed.conninfo = std::move(*conninfo);
    feed.overlap = settings.overlap;
    return feed;
}

sqlserver::ConnectionSettings connection_settings(const Settings& settings) {
    sqlserver::ConnectionSettings connection;
    connection.server = *settings.db_server;
    connection.instance = settings.db_instance.value_or("");
    connection.port = settings.db_port;
    connection.database = *settings.db_name;
    connection.user = *settings.db_user;
    connection.password = settings.db_password->reveal();
    connection.encryption = encryption(settings.db_encrypt);
    connection.ca_file = settings.db_ca_file.value_or("");
    return connection;
}

Result<Mapping> chosen_mapping(const Settings& settings) {
    return settings.mapping_file ? load_mapping(*settings.mapping_file) : Result<Mapping>{clinic_mapping()};
}

}  // namespace revsync
