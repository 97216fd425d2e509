#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/secret.hpp"

namespace revsync {

// Whether a text is the kind of URI that libpq takes. Its parts are libpq's business.
bool is_postgres_uri(std::string_view text);

// The direct connection to the database of the project at `project_url` (https://<ref>.supabase.co, a slash
// behind it is fine) as the user postgres, over TLS. nullopt: not the URL of a Supabase project.
std::optional<Secret> supabase_db_url(std::string_view project_url, const Secret& password);

}  // namespace revsync
