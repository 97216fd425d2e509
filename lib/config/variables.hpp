#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace revsync {

// Every variable that the daemon reads, in the order of the documentation.
std::span<const std::string_view> known_variables();

// The known REVERSE_SYNC_… variable that `name` was probably meant to be: at most three letters apart.
std::optional<std::string_view> nearest_variable(std::string_view name);

// "REVERSE_SYNC_INTERVAL is not a setting (did you mean REVERSE_SYNC_INTERVAL_MINUTES?)": for names that begin with
// REVERSE_SYNC_ and are not known; nothing for all others, which belong to somebody else.
std::optional<std::string> unknown_variable_warning(std::string_view name);

}  // namespace revsync
