// Small text functions that every stage uses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace revsync::sim::tsql {

// ASCII case mapping: identifiers and keywords compare without regard to case.
std::string lower(std::string_view text);
std::string upper(std::string_view text);
bool same_name(std::string_view a, std::string_view b) noexcept;

// Quoted for PostgreSQL: an identifier, a string literal.
std::string quote_name(std::string_view name);
std::string quote_text(std::string_view text);

// The number of UTF-16 units of a UTF-8 text, and its prefix of at most `units` units (never half a character).
std::size_t utf16_length(std::string_view utf8) noexcept;
std::string_view utf16_prefix(std::string_view utf8, std::size_t units) noexcept;

std::string hex(std::string_view bytes);
std::string unhex(std::string_view digits);

}  // namespace revsync::sim::tsql
