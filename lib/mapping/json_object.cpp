#include "mapping/json_object.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace revsync {
namespace {

constexpr std::size_t longest_text = 128;
constexpr std::size_t longest_array = 1024;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// A name from the file, made fit for one line of an error.
std::string shown(std::string_view name) {
    std::string result{name.substr(0, longest_text)};
    std::ranges::replace_if(result, is_control, '?');
    return result;
}

std::string checked_text(const boost::json::value& value, const std::string& place, bool empty_allowed) {
    if (!value.is_string()) {
        mistake(place, "expected a text in quotes");
    }
    const std::string_view text{value.get_string()};
    if (std::ranges::any_of(text, is_control)) {
        mistake(place, "control characters are not allowed");
    }
    if ((text.empty() && !empty_allowed) || characters(text) > longest_text) {
        mistake(place, fmt::format("expected {} to {} characters", empty_allowed ? 0 : 1, longest_text));
    }
    return std::string{text};
}

}  // namespace

void mistake(std::string_view place, std::string_view what) {
    throw MappingMistake{std::string{place}, std::string{what}};
}

JsonObject::JsonObject(std::string place, const boost::json::value& value,
                       std::initializer_list<std::string_view> allowed)
    : place_{std::move(place)}, object_{value.if_object()} {
    if (object_ == nullptr) {
        mistake(place_, "expected an object in braces");
    }
    for (const auto& member : *object_) {
        if (std::ranges::find(allowed, std::string_view{member.key()}) == allowed.end()) {
            mistake(place_, fmt::format("unknown member '{}'", shown(member.key())));
        }
    }
}

const boost::json::value& JsonObject::at(std::string_view member) const {
    const auto* value = object_->if_contains(member);
    if (value == nullptr) {
        mistake(place_, fmt::format("'{}' is missing", member));
    }
    return *value;
}

std::string JsonObject::place_of(std::string_view member) const {
    return place_.empty() ? std::string{member} : fmt::format("{}.{}", place_, member);
}

std::string JsonObject::place_of(std::string_view member, std::size_t index) const {
    return fmt::format("{}[{}]", place_of(member), index);
}

std::string JsonObject::text(std::string_view member, bool empty_allowed) const {
    return checked_text(at(member), place_of(member), empty_allowed);
}

std::optional<std::string> JsonObject::optional_text(std::string_view member, bool empty_allowed) const {
    return has(member) ? std::optional{text(member, empty_allowed)} : std::nullopt;
}

bool JsonObject::boolean(std::string_view member, bool otherwise) const {
    if (!has(member)) {
        return otherwise;
    }
    const auto* value = at(member).if_bool();
    if (value == nullptr) {
        mistake(place_of(member), "expected true or false");
    }
    return *value;
}

std::int64_t JsonObject::integer(std::string_view member) const {
    const auto* value = at(member).if_int64();
    if (value == nullptr) {
        mistake(place_of(member), "expected a whole number");
    }
    return *value;
}

const boost::json::array& JsonObject::array(std::string_view member) const {
    const auto* value = at(member).if_array();
    if (value == nullptr) {
        mistake(place_of(member), "expected a list in brackets");
    }
    if (value->empty() || value->size() > longest_array) {
        mistake(place_of(member), fmt::format("expected 1 to {} elements", longest_array));
    }
    return *value;
}

std::vector<std::string> JsonObject::texts(std::string_view member) const {
    std::vector<std::string> result;
    for (const auto& element : array(member)) {
        auto text = checked_text(element, place_of(member, result.size()), false);
        if (std::ranges::find(result, text) != result.end()) {
            mistake(place_of(member, result.size()), fmt::format("'{}' is listed twice", text));
        }
        result.push_back(std::move(text));
    }
    return result;
}

}  // namespace revsync
