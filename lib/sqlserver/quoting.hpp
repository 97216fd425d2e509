#pragma once

#include <string>
#include <string_view>

#include "mapping/stream.hpp"

namespace revsync::sqlserver {

// [name], with ] doubled.
std::string bracketed(std::string_view name);
// [schema].[table]
std::string bracketed(const TableName& table);
// N'text', with ' doubled.
std::string literal(std::string_view text);
// The member of an object as a JSON path for OPENJSON: $."name".
std::string json_path(std::string_view member);
// A JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace revsync::sqlserver
