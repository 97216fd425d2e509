// T-SQL text to tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace revsync::sim::tsql {

enum class TokenKind { end, name, variable, string, integer, decimal, floating, binary, symbol };

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;     // a name without its quotes, a string's value, digits of a binary without 0x, else as written
    std::string keyword;  // upper case, only of names that were not quoted
    bool national = false;   // N'…'
    bool quoted = false;     // [name] or "name"
    std::int32_t line = 1;   // of the text, from 1
    std::size_t offset = 0;  // in bytes
    std::size_t end = 0;     // one past its last byte
};

// The tokens, closed by one of kind `end`. With quoted_identifier off "x" is a string.
// Throws SqlError 105 (open string), 113 (open comment), 102 (a character that starts no token).
std::vector<Token> tokenize(std::string_view sql, bool quoted_identifier);

// A word that cannot be an identifier without quotes.
bool is_reserved(std::string_view keyword) noexcept;

}  // namespace revsync::sim::tsql
