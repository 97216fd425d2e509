// Fields of an object in one of the three files, each with the complaint when it is not what it should be.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "checkpoint/format.hpp"
#include "core/raw_json.hpp"

namespace revsync {

// Thrown inside the parsers only and turned into a FormatResult where they end: a document with one wrong field is
// damaged as a whole.
struct WrongFormat {
    FormatProblem problem;
};

[[noreturn]] void damaged(std::string reason);

using Fields = std::map<std::string, RawJson>;

// Parses a whole file: an object whose version, where it has one, is known.
Fields document_fields(std::string_view text);
// The members of a value that must be an object; `what` names it.
Fields fields_of(const RawJson& value, std::string_view what);

// nullptr: absent, or null.
const RawJson* find(const Fields& fields, const std::string& name);
const RawJson& require(const Fields& fields, const std::string& name);

std::string required_text(const Fields& fields, const std::string& name);
Timestamp required_time(const Fields& fields, const std::string& name);
Key required_key(const Fields& fields, const std::string& name);

// Whether a key can be put into a document as it is.
bool is_json_array(std::string_view key);

}  // namespace revsync
