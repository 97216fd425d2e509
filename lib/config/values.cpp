#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace revsync {
namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Windows' "set NAME=60 && …" leaves a blank behind the value.
std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Passwords, and what people paste passwords into by mistake.
bool may_hold_secret(std::string_view name, std::string_view value) {
    return name.find("PASSWORD") != std::string_view::npos || name.find("SECRET") != std::string_view::npos ||
           name.find("URL") != std::string_view::npos || value.find('@') != std::string_view::npos ||
           value.find(';') != std::string_view::npos;
}

std::string shown(std::string_view value) {
    constexpr std::size_t longest = 60;
    std::string result{value.substr(0, longest)};
    std::ranges::replace_if(result, is_control, ' ');
    return value.size() > longest ? result + "…" : result;
}

std::string_view lookup(const Environment& values, std::string_view name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view{} : found->second;
}

}  // namespace

std::string_view Values::raw(std::string_view name) const {
    const auto first = lookup(environment_, name);
    return first.empty() ? lookup(env_file_, name) : first;
}

SettingSource Values::source(std::string_view name) const {
    if (!lookup(environment_, name).empty()) {
        return SettingSource::environment;
    }
    return lookup(env_file_, name).empty() ? SettingSource::built_in : SettingSource::env_file;
}

bool Values::holds(std::string_view name, std::string_view choice) const {
    return std::ranges::equal(trimmed(raw(name)), choice, {}, lower, lower);
}

void Values::refuse(std::string_view name, std::string_view expected) {
    const auto value = raw(name);
    add_error(may_hold_secret(name, value) ? fmt::format("{} is not valid: expected {}", name, expected)
                                           : fmt::format("{} is \"{}\": expected {}", name, shown(value), expected));
}

std::optional<std::string> Values::text(std::string_view name) {
    const auto value = raw(name);
    if (value.empty()) {
        return std::nullopt;
    }
    if (std::ranges::any_of(value, is_control)) {
        refuse(name, "one line of text without control characters");
        return std::nullopt;
    }
    return std::string{value};
}

std::optional<Secret> Values::secret(std::string_view name) {
    auto value = text(name);
    return value ? std::optional{Secret{std::move(*value)}} : std::nullopt;
}

std::optional<std::int64_t> Values::integer(std::string_view name, std::int64_t least, std::int64_t most) {
    const auto value = trimmed(raw(name));
    if (value.empty()) {
        return std::nullopt;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < least || number > most) {
        refuse(name, fmt::format("a whole number from {} to {}", least, most));
        return std::nullopt;
    }
    return number;
}

std::optional<bool> Values::boolean(std::string_view name) {
    static constexpr std::array<Choice<bool>, 8> choices{{{"true", true},
                                                          {"yes", true},
                                                          {"on", true},
                                                          {"1", true},
                                                          {"false", false},
                                                          {"no", false},
                                                          {"off", false},
                                                          {"0", false}}};
    return choice<bool>(name, choices, "true or false");
}

}  // namespace revsync
