#include "checkpoint/fields.hpp"

#include <fmt/format.h>

namespace revsync {
namespace {

constexpr std::int64_t newest_version = 1;

}  // namespace

void damaged(std::string reason) {
    throw WrongFormat{{FormatProblem::Kind::damaged, std::move(reason)}};
}

Fields fields_of(const RawJson& value, std::string_view what) {
    if (!value.is_object()) {
        damaged(fmt::format("{} is not an object", what));
    }
    return value.members();
}

Fields document_fields(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    const auto document = RawJson::parse(text);
    if (!document) {
        damaged(text.empty() ? "it is empty" : "it is not complete JSON");
    }
    auto fields = fields_of(*document, "it");
    if (const auto* version = find(fields, "version")) {
        const auto number = version->integer();
        if (!number || *number < 1) {
            damaged("'version' is not a version number");
        }
        if (*number > newest_version) {
            throw WrongFormat{{FormatProblem::Kind::newer, fmt::format("version {}", *number)}};
        }
    }
    return fields;
}

const RawJson* find(const Fields& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() || found->second.is_null() ? nullptr : &found->second;
}

const RawJson& require(const Fields& fields, const std::string& name) {
    const auto* value = find(fields, name);
    if (value == nullptr) {
        damaged(fmt::format("'{}' is missing", name));
    }
    return *value;
}

std::string required_text(const Fields& fields, const std::string& name) {
    auto text = require(fields, name).string();
    if (!text) {
        damaged(fmt::format("'{}' is not a text", name));
    }
    return std::move(*text);
}

Timestamp required_time(const Fields& fields, const std::string& name) {
    const auto time = Timestamp::parse(required_text(fields, name));
    if (!time) {
        damaged(fmt::format("'{}' is not a time", name));
    }
    return *time;
}

Key required_key(const Fields& fields, const std::string& name) {
    const auto& value = require(fields, name);
    if (!value.is_array()) {
        damaged(fmt::format("'{}' is not a list", name));
    }
    return value.compact();
}

bool is_json_array(std::string_view key) {
    const auto value = RawJson::parse(key);
    return value && value->is_array();
}

}  // namespace revsync
