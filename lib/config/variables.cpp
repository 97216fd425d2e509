#include "config/variables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace revsync {
namespace {

constexpr auto prefixes = std::to_array<std::string_view>({"REVERSE_SYNC_", "FORWARD_SYNC_"});

// That of ours with which the name begins; empty when it begins with none.
std::string_view prefix_of(std::string_view name) {
    const auto* const found =
        std::ranges::find_if(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
    return found == prefixes.end() ? std::string_view{} : *found;
}

constexpr auto variables = std::to_array<std::string_view>({
    "SUPABASE_DB_URL",
    "SUPABASE_URL",
    "SUPABASE_DB_PASSWORD",
    "SUPABASE_WEBHOOK_SECRET",
    "DB_SERVER",
    "DB_INSTANCE",
    "DB_PORT",
    "DB_NAME",
    "DB_USER",
    "DB_PASSWORD",
    "DB_ENCRYPT",
    "DB_CA_FILE",
    "DB_POOL_SIZE",
    "DB_TIMEZONE",
    "HOST",
    "PORT",
    "TLS_CERT_FILE",
    "TLS_KEY_FILE",
    "WEBHOOK_WAIT_MS",
    "WEBHOOK_INBOX_LIMIT",
    "REVERSE_SYNC_ENABLED",
    "REVERSE_SYNC_INTERVAL_MINUTES",
    "REVERSE_SYNC_LOOKBACK_HOURS",
    "REVERSE_SYNC_MAX_RECORDS",
    "REVERSE_SYNC_OVERLAP_SECONDS",
    "REVERSE_SYNC_STATE_FILE",
    "REVERSE_SYNC_MAPPING",
    "FORWARD_SYNC_ENABLED",
    "FORWARD_SYNC_POLL_SECONDS",
    "FORWARD_SYNC_PAGE_SIZE",
    "FORWARD_SYNC_MAX_ATTEMPTS",
    "FORWARD_SYNC_RETENTION_DAYS",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "STATE_DIRECTORY",
});

// How many letters must be changed, added or dropped to get from one text to the other.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

// Half of a name is a likelier slip than three wrong letters: REVERSE_SYNC_INTERVAL for …_INTERVAL_MINUTES.
bool one_begins_with_the_other(std::string_view left, std::string_view right) {
    const auto shorter = std::min(left.size(), right.size());
    return shorter >= prefix_of(right).size() + 3 && left.substr(0, shorter) == right.substr(0, shorter);
}

std::string upper(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return result;
}

}  // namespace

std::span<const std::string_view> known_variables() {
    return variables;
}

std::optional<std::string_view> nearest_variable(std::string_view name) {
    constexpr std::size_t too_far = 4;
    constexpr std::size_t longest = 64;
    if (name.size() > longest) {
        return std::nullopt;
    }
    const std::string wanted = upper(name);
    std::optional<std::string_view> nearest;
    std::size_t nearest_distance = too_far;
    for (const auto known : variables) {
        if (prefix_of(known).empty()) {
            continue;
        }
        const auto apart = one_begins_with_the_other(wanted, known) ? 1 : distance(wanted, known);
        if (apart < nearest_distance) {
            nearest = known;
            nearest_distance = apart;
        }
    }
    return nearest;
}

std::optional<std::string> unknown_variable_warning(std::string_view name) {
    if (prefix_of(upper(name)).empty() || std::ranges::find(variables, name) != variables.end()) {
        return std::nullopt;
    }
    const auto nearest = nearest_variable(name);
    return nearest ? fmt::format("{} is not a setting and has no effect (did you mean {}?)", name, *nearest)
                   : fmt::format("{} is not a setting and has no effect", name);
}

}  // namespace revsync
