#include "postgres/row_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

#include "postgres/quoting.hpp"

namespace revsync::postgres {
namespace {

// The types whose to_json() is already what the target reads.
constexpr std::string_view plain_types[] = {"bool",   "int2",      "int4", "int8",   "numeric",    "float4",
                                            "float8", "date",      "time", "timetz", "text",       "varchar",
                                            "bpchar", "timestamp", "name", "uuid",   "timestamptz"};

std::string text_or_null(const std::string& json) {
    return fmt::format("COALESCE({}::text, 'null')", json);
}

}  // namespace

std::string json_value(const SourceColumn& column, const std::string& value) {
    if (column.base_type == "bytea") {
        return fmt::format("to_json('0x' || encode({}, 'hex'))", value);
    }
    if (column.base_type == "money") {
        return fmt::format("to_json({}::numeric)", value);
    }
    if (column.is_array || column.base_type == "record") {
        return fmt::format("to_json(to_json({})::text)", value);
    }
    if (std::ranges::find(plain_types, column.base_type) != std::ranges::end(plain_types)) {
        return fmt::format("to_json({})", value);
    }
    return fmt::format("to_json({}::text)", value);
}

std::string json_object_text(const std::vector<std::pair<std::string, std::string>>& members) {
    std::string sql;
    for (const auto& [name, value] : members) {
        const std::string label =
            fmt::format("{}{}:", sql.empty() ? "{" : ",", boost::json::serialize(boost::json::string{name}));
        sql += fmt::format("{}{} || {}", sql.empty() ? "" : " || ", literal(label), text_or_null(value));
    }
    return sql.empty() ? "'{}'" : "(" + sql + " || '}')";
}

std::string json_array_text(const std::vector<std::string>& values) {
    std::string sql = "('['";
    for (const std::string& value : values) {
        sql += fmt::format("{} || {}", &value == &values.front() ? "" : " || ','", text_or_null(value));
    }
    return sql + " || ']')";
}

}  // namespace revsync::postgres
