// From the settings to what the ends want to know.
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"
#include "mapping/stream.hpp"
#include "postgres/feed.hpp"
#include "sqlserver/connection_settings.hpp"

namespace revsync {

// What to set before both databases can be reached; nullopt when nothing is missing.
std::optional<std::string> missing_setting(const Settings& settings);

// Needs settings.supabase_configured(). The error (configuration) names SUPABASE_DB_URL and never quotes it.
Result<postgres::Conninfo> supabase_conninfo(const Settings& settings);

// The same.
Result<postgres::FeedSettings> feed_settings(const Settings& settings);

// Needs settings.sqlserver_configured().
sqlserver::ConnectionSettings connection_settings(const Settings& settings);

// The mapping file's, or the built-in one.
Result<Mapping> chosen_mapping(const Settings& settings);

}  // namespace revsync
