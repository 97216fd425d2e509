#include "sync/webhook_event.hpp"

#include <fmt/format.h>

namespace revsync {
namespace {

std::optional<std::string> key_part(std::string_view json_text) {
    const auto value = RawJson::parse(json_text);
    if (!value) {
        return std::nullopt;
    }
    if (const auto number = value->integer()) {
        return fmt::format("{}", *number);
    }
    const auto text = value->string();
    return text && text->find('\0') == std::string::npos ? std::optional{quoted_json(*text)} : std::nullopt;
}

}  // namespace

Result<Key> key_of(const JsonMembers& row, std::span<const KeyPair> key) {
    Key result = "[";
    for (const KeyPair& column : key) {
        const auto member = row.find(column.source);
        if (member == row.end()) {
            return Error{Disposition::row, "", fmt::format("the record lacks its key column '{}'", column.source)};
        }
        const auto part = key_part(member->second);
        if (!part) {
            return Error{
                Disposition::row, "",
                fmt::format("the key column '{}' is neither a text nor a whole number of 64 bits", column.source)};
        }
        result += (result.size() > 1 ? "," : "") + *part;
    }
    return result + "]";
}

}  // namespace revsync
