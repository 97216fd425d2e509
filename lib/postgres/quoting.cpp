#include "postgres/quoting.hpp"

namespace revsync::postgres {
namespace {

std::string enclosed(std::string_view text, char quote) {
    std::string sql{quote};
    for (const char c : text) {
        sql.append(c == quote ? 2 : 1, c);
    }
    return sql += quote;
}

}  // namespace

std::string identifier(std::string_view name) {
    return enclosed(name, '"');
}

std::string literal(std::string_view text) {
    if (text.find('\\') == std::string_view::npos) {
        return enclosed(text, '\'');
    }
    std::string escaped;
    for (const char c : text) {
        escaped.append(c == '\\' ? 2 : 1, c);
    }
    return " E" + enclosed(escaped, '\'');
}

}  // namespace revsync::postgres
