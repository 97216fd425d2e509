#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace revsync {

// Largest .env file that is read.
inline constexpr std::size_t env_file_limit_bytes = 64 * 1024;

struct EnvFile {
    std::map<std::string, std::string, std::less<>> values;
    std::vector<std::string> warnings;  // a name that is set twice; the last one counts
};

// Parses the text of a .env file: NAME=VALUE lines, "export " before them, # comments.
//
//   NAME=plain text      up to the end of the line or " #"; spaces around it are dropped
//   NAME='as it stands'  nothing is special up to the next '
//   NAME="with escapes"  \n \r \t \\ \" \$; any other backslash is kept, so that Windows paths survive
//
// Nothing is expanded, a value ends on its line. LF and CRLF, with or without a UTF-8 byte order mark. The error
// (disposition configuration) lists every bad line by number and never quotes a line, since it may hold a secret.
Result<EnvFile> parse_env_file(std::string_view text);

}  // namespace revsync
