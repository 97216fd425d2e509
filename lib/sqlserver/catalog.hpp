// What the database says about the tables that streams write to. Types are never written in the mapping: they are
// read here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "sqlserver/result_set.hpp"
#include "sqlserver/session.hpp"

namespace revsync::sqlserver {

// How a column's values are taken from JSON text and compared.
enum class ColumnKind {
    character,  // (n)char, (n)varchar, (n)text
    xml,
    binary,         // binary, varbinary, image
    date_and_time,  // datetime, datetime2, smalldatetime, date: without an offset of its own
    time_of_day,
    datetimeoffset,
    plain,       // numbers, bit, uniqueidentifier: OPENJSON takes them as they are
    unsupported  // cannot be written from text (rowversion, sql_variant, CLR types)
};

struct Column {
    std::string name;
    std::string base_type;  // lower case, "nvarchar"; aliases are resolved to what they stand for
    int max_length = 0;     // bytes; -1 for max
    int precision = 0;
    int scale = 0;
    bool nullable = true;
    bool identity = false;
    bool computed = false;
    bool has_default = false;
    std::string collation;  // "" for columns without characters
};

struct Table {
    std::vector<Column> columns;                        // none: the table does not exist, or is hidden from the login
    std::vector<std::vector<std::string>> unique_keys;  // columns of unfiltered unique indexes and constraints

    // By name, ASCII letters in any case as long as no other column is spelled exactly so. nullptr: none.
    const Column* find(std::string_view name) const;
};

ColumnKind kind_of(const Column& column);
// The type as it is declared: nvarchar(255), decimal(10,2), datetime2(0). text, ntext and image as the max type that
// replaced them, so that the result can be compared.
std::string declared_type(const Column& column);
// Stores one byte per character of a code page, so that not every character fits.
bool has_code_page(const Column& column);

// Asks for the tables in one batch; parse_tables() reads what it answers.
std::string catalog_query(std::span<const TableName> tables);
// One for each table asked for. Error (configuration): the database's compatibility level lacks OPENJSON.
Result<std::vector<Table>> parse_tables(const std::vector<ResultSet>& results, std::size_t table_count);
// The two at once, in one round trip.
Result<std::vector<Table>> read_tables(Session& session, std::span<const TableName> tables);

// Whether the stream can write to the table. Errors (stream) name table and column and say what to do.
Result<void> check_stream(const Stream& stream, const Table& table);

}  // namespace revsync::sqlserver
