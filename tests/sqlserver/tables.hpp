// Tables and streams as the catalog would describe them, built in one line each.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mapping/stream.hpp"
#include "sqlserver/catalog.hpp"

namespace revsync::sqlserver::test {

inline Column column(std::string name, std::string type, int max_length = 4) {
    Column result;
    result.name = std::move(name);
    result.base_type = std::move(type);
    result.max_length = max_length;
    return result;
}

inline Column text_column(std::string name, std::string type, int max_length) {
    Column result = column(std::move(name), std::move(type), max_length);
    result.collation = "Arabic_CI_AS";
    return result;
}

inline Column not_null(Column column) {
    column.nullable = false;
    return column;
}

inline Column identity(Column column) {
    column.nullable = false;
    column.identity = true;
    return column;
}

// Notes: NoteID identity, NoteType varchar(20), NoteText nvarchar(max), CreatedAt datetime.
inline Table notes_table() {
    Table table;
    table.columns = {identity(column("NoteID", "int")), not_null(text_column("NoteType", "varchar", 20)),
                     not_null(text_column("NoteText", "nvarchar", -1)), column("CreatedAt", "datetime", 8)};
    table.unique_keys = {{"NoteID"}};
    return table;
}

inline Stream notes_stream() {
    Stream stream;
    stream.name = "notes";
    stream.target = {"dbo", "Notes"};
    stream.key = {{"note_id", "NoteID"}};
    stream.columns = {{"note_type", "NoteType", Owner::supabase, false, {}},
                      {"note_text", "NoteText", Owner::supabase, false, {}},
                      {"created_at", "CreatedAt", Owner::supabase, false, {}}};
    stream.operations = {.insert = true, .update = true, .remove = true};
    return stream;
}

}  // namespace revsync::sqlserver::test
