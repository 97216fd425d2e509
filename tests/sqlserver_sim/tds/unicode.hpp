// UTF-8 and UTF-16LE, both checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace revsync::sim::tds {

// Throws ProtocolError when the bytes are not well-formed UTF-16LE (odd length, lone surrogate).
std::string utf16_to_utf8(std::string_view utf16);

// Throws std::invalid_argument when the text is not well-formed UTF-8.
std::string utf8_to_utf16(std::string_view utf8);

void append_utf8(std::string& out, char32_t code_point);

// Takes the next code point off the front of `utf8`, which must not be empty. Throws std::invalid_argument.
char32_t take_code_point(std::string_view& utf8);

}  // namespace revsync::sim::tds
