#include "config/supabase_url.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace revsync {
namespace {

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 3986: everything but the unreserved characters is encoded.
std::string percent_encoded(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (is_plain(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            result += c;
        } else {
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return result;
}

}  // namespace

bool is_postgres_uri(std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

std::optional<Secret> supabase_db_url(std::string_view project_url, const Secret& password) {
    constexpr std::string_view scheme = "https://";
    constexpr std::string_view domain = ".supabase.co";
    constexpr std::size_t longest_label = 63;
    if (project_url.ends_with('/')) {
        project_url.remove_suffix(1);
    }
    if (!project_url.starts_with(scheme) || !project_url.ends_with(domain) ||
        project_url.size() <= scheme.size() + domain.size()) {
        return std::nullopt;
    }
    const auto project = project_url.substr(scheme.size(), project_url.size() - scheme.size() - domain.size());
    const bool one_label =
        project.size() <= longest_label && std::ranges::all_of(project, [](char c) { return is_plain(c) || c == '-'; });
    if (!one_label) {
        return std::nullopt;
    }
    return Secret{fmt::format("postgresql://postgres:{}@db.{}.supabase.co:5432/postgres?sslmode=require",
                              percent_encoded(password.reveal()), project)};
}

}  // namespace revsync
