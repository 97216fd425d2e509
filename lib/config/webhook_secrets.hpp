#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.hpp"

namespace revsync {

// What SUPABASE_WEBHOOK_SECRET holds: secrets separated by blanks or commas.
std::vector<Secret> webhook_secrets(std::string_view text);

// What is expected instead, when they are not what Settings::webhook_secrets promises; never a secret's text.
std::optional<std::string> webhook_secrets_problem(const std::vector<Secret>& secrets);

// An address that only this machine reaches (127.0.0.0/8, ::1), or the name localhost.
bool is_loopback(std::string_view host);

}  // namespace revsync
