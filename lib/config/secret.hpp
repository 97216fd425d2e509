#pragma once

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <utility>

namespace revsync {

// A password, or a text that contains one. Every way of printing it shows ***; the value is had by asking.
class Secret {
public:
    explicit Secret(std::string value) : value_{std::move(value)} {}

    const std::string& reveal() const { return value_; }

    friend bool operator==(const Secret&, const Secret&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

private:
    std::string value_;
};

}  // namespace revsync

template <>
struct fmt::formatter<revsync::Secret> : fmt::formatter<std::string_view> {
    auto format(const revsync::Secret&, fmt::format_context& context) const {
        return fmt::formatter<std::string_view>::format("***", context);
    }
};
