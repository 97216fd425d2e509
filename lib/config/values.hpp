#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/settings.hpp"

namespace revsync {

// Reads variables one by one from the environment and the .env file, converts them, and collects what is
// wrong, so that one run names every mistake. A variable that is absent, empty or wrong reads as nullopt.
class Values {
public:
    // Both must outlive this.
    Values(const Environment& environment, const Environment& env_file)
        : environment_{environment}, env_file_{env_file} {}

    template <class Value>
    struct Choice {
        std::string_view name;
        Value value;
    };

    // Any text without control characters.
    std::optional<std::string> text(std::string_view name);
    std::optional<Secret> secret(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
    std::optional<bool> boolean(std::string_view name);
    // One of `choices`, whatever the case of its letters. `allowed` is their list for people.
    template <class Value>
    std::optional<Value> choice(std::string_view name, std::span<const Choice<Value>> choices,
                                std::string_view allowed);

    bool is_set(std::string_view name) const { return !raw(name).empty(); }
    SettingSource source(std::string_view name) const;

    // "NAME is "given": expected …". The given value is left out where it may hold a secret.
    void refuse(std::string_view name, std::string_view expected);
    void add_error(std::string error) { errors_.push_back(std::move(error)); }
    const std::vector<std::string>& errors() const { return errors_; }

private:
    std::string_view raw(std::string_view name) const;
    bool holds(std::string_view name, std::string_view choice) const;

    const Environment& environment_;
    const Environment& env_file_;
    std::vector<std::string> errors_;
};

template <class Value>
std::optional<Value> Values::choice(std::string_view name, std::span<const Choice<Value>> choices,
                                    std::string_view allowed) {
    if (!is_set(name)) {
        return std::nullopt;
    }
    for (const auto& candidate : choices) {
        if (holds(name, candidate.name)) {
            return candidate.value;
        }
    }
    refuse(name, allowed);
    return std::nullopt;
}

}  // namespace revsync
