#include "sqlserver/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "sqlserver/quoting.hpp"

namespace revsync::sqlserver {
namespace {

constexpr int openjson_level = 130;
constexpr std::size_t results_per_table = 2;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}

template <std::size_t N>
bool one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return std::ranges::find(names, name) != names.end();
}

int number(const std::optional<std::string>& text) {
    int value = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), value);
    }
    return value;
}

bool flag(const std::optional<std::string>& text) {
    return number(text) != 0;
}

Column parse_column(const Row& row) {
    Column column;
    column.name = row[0].value_or("");
    column.base_type = row[1].value_or("clr");
    std::ranges::transform(column.base_type, column.base_type.begin(), lower);
    column.max_length = number(row[2]);
    column.precision = number(row[3]);
    column.scale = number(row[4]);
    column.nullable = flag(row[5]);
    column.identity = flag(row[6]);
    column.computed = flag(row[7]);
    column.has_default = flag(row[8]);
    column.collation = row[9].value_or("");
    return column;
}

std::vector<std::vector<std::string>> parse_unique_keys(const ResultSet& rows) {
    std::vector<std::vector<std::string>> keys;
    std::optional<std::string> index;
    for (const Row& row : rows) {
        if (row[0] != index) {
            index = row[0];
            keys.emplace_back();
        }
        keys.back().push_back(row[1].value_or(""));
    }
    return keys;
}

std::string length_text(int length, int bytes_per_character) {
    return length < 0 ? "max" : fmt::format("{}", length / bytes_per_character);
}

}  // namespace

const Column* Table::find(std::string_view name) const {
    auto found = std::ranges::find(columns, name, &Column::name);
    if (found == columns.end()) {
        found = std::ranges::find_if(columns, [&](const Column& column) { return same_name(column.name, name); });
    }
    return found == columns.end() ? nullptr : &*found;
}

ColumnKind kind_of(const Column& column) {
    using namespace std::string_view_literals;
    static constexpr std::array character{"char"sv, "varchar"sv, "text"sv, "nchar"sv, "nvarchar"sv, "ntext"sv};
    static constexpr std::array binary{"binary"sv, "varbinary"sv, "image"sv};
    static constexpr std::array date_and_time{"datetime"sv, "datetime2"sv, "smalldatetime"sv, "date"sv};
    static constexpr std::array plain{"bit"sv,        "tinyint"sv, "smallint"sv, "int"sv,
                                      "bigint"sv,     "decimal"sv, "numeric"sv,  "money"sv,
                                      "smallmoney"sv, "real"sv,    "float"sv,    "uniqueidentifier"sv};
    const std::string_view type = column.base_type;
    if (one_of(type, character)) {
        return ColumnKind::character;
    }
    if (one_of(type, binary)) {
        return ColumnKind::binary;
    }
    if (one_of(type, date_and_time)) {
        return ColumnKind::date_and_time;
    }
    if (one_of(type, plain)) {
        return ColumnKind::plain;
    }
    return type == "time"sv             ? ColumnKind::time_of_day
           : type == "datetimeoffset"sv ? ColumnKind::datetimeoffset
           : type == "xml"sv            ? ColumnKind::xml
                                        : ColumnKind::unsupported;
}

std::string declared_type(const Column& column) {
    const std::string& type = column.base_type;
    if (type == "text") {
        return "varchar(max)";
    }
    if (type == "ntext") {
        return "nvarchar(max)";
    }
    if (type == "image") {
        return "varbinary(max)";
    }
    if (type == "nchar" || type == "nvarchar") {
        return fmt::format("{}({})", type, length_text(column.max_length, 2));
    }
    if (type == "char" || type == "varchar" || type == "binary" || type == "varbinary") {
        return fmt::format("{}({})", type, length_text(column.max_length, 1));
    }
    if (type == "decimal" || type == "numeric") {
        return fmt::format("{}({},{})", type, column.precision, column.scale);
    }
    if (type == "datetime2" || type == "time" || type == "datetimeoffset") {
        return fmt::format("{}({})", type, column.scale);
    }
    return type == "float" ? fmt::format("float({})", column.precision) : type;
}

bool has_code_page(const Column& column) {
    const bool narrow = column.base_type == "char" || column.base_type == "varchar" || column.base_type == "text";
    return narrow && !column.collation.ends_with("_UTF8");
}

std::string catalog_query(std::span<const TableName> tables) {
    std::string query = "SELECT d.compatibility_level FROM sys.databases AS d WHERE d.name = DB_NAME();\n";
    for (const TableName& name : tables) {
        const std::string table = literal(bracketed(name));
        query += fmt::format(
            "SELECT c.name, t.name, c.max_length, c.precision, c.scale, c.is_nullable, c.is_identity, c.is_computed, "
            "CASE WHEN c.default_object_id = 0 THEN 0 ELSE 1 END, c.collation_name "
            "FROM sys.columns AS c LEFT JOIN sys.types AS t ON t.user_type_id = c.system_type_id "
            "WHERE c.object_id = OBJECT_ID({0}, N'U') ORDER BY c.column_id;\n"
            "SELECT i.index_id, c.name FROM sys.indexes AS i "
            "JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id "
            "JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id "
            "WHERE i.object_id = OBJECT_ID({0}, N'U') AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 "
            "AND x.is_included_column = 0 ORDER BY i.index_id, x.key_ordinal;\n",
            table);
    }
    return query;
}

Result<std::vector<Table>> parse_tables(const std::vector<ResultSet>& results, std::size_t table_count) {
    if (results.size() != 1 + table_count * results_per_table || results[0].size() != 1) {
        return Error{Disposition::retry, "", "SQL Server's catalog could not be read; see its error log"};
    }
    const int level = number(results[0][0][0]);
    if (level < openjson_level) {
        return Error{Disposition::configuration, "",
                     fmt::format("the database's compatibility level is {}, and OPENJSON needs {}; run ALTER DATABASE "
                                 "CURRENT SET COMPATIBILITY_LEVEL = {} on SQL Server 2016 or later",
                                 level, openjson_level, openjson_level)};
    }
    std::vector<Table> tables(table_count);
    for (std::size_t i = 0; i < table_count; ++i) {
        std::ranges::transform(results[1 + i * results_per_table], std::back_inserter(tables[i].columns), parse_column);
        tables[i].unique_keys = parse_unique_keys(results[2 + i * results_per_table]);
    }
    return tables;
}

Result<std::vector<Table>> read_tables(Session& session, std::span<const TableName> tables) {
    const auto results = session.query(catalog_query(tables));
    return results ? parse_tables(*results, tables.size()) : results.error();
}

}  // namespace revsync::sqlserver
