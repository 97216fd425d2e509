#include "sqlserver/quoting.hpp"

#include <fmt/format.h>

namespace revsync::sqlserver {
namespace {

std::string doubled(std::string_view text, char mark) {
    std::string result;
    for (const char c : text) {
        result.append(c == mark ? 2 : 1, c);
    }
    return result;
}

}  // namespace

std::string bracketed(std::string_view name) {
    return "[" + doubled(name, ']') + "]";
}

std::string bracketed(const TableName& table) {
    return bracketed(table.schema) + "." + bracketed(table.table);
}

std::string literal(std::string_view text) {
    return "N'" + doubled(text, '\'') + "'";
}

std::string json_path(std::string_view member) {
    return "$." + json_string(member);
}

std::string json_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            result += c;
        }
    }
    return result + "\"";
}

}  // namespace revsync::sqlserver
