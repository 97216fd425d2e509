#pragma once

#include <string>
#include <utility>
#include <vector>

#include "postgres/catalog.hpp"

namespace revsync::postgres {

// How a value of this column travels: an SQL expression of type json over the expression `value`.
//
// Numbers stay numbers of any size (NaN becomes a string, which the target refuses), booleans true and false,
// dates and times ISO 8601 strings, timestamptz with its offset. json, arrays and composites become the text
// of their JSON, bytea the text 0x…, money a number, everything else its own text.
std::string json_value(const SourceColumn& column, const std::string& value);

// An SQL expression of type text: the compact JSON object of these members, name and json_value each. Without
// the limit of 100 arguments that json_build_object has.
std::string json_object_text(const std::vector<std::pair<std::string, std::string>>& members);

// The same for an array.
std::string json_array_text(const std::vector<std::string>& values);

}  // namespace revsync::postgres
