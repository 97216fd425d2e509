#pragma once

#include <cstddef>
#include <string_view>

namespace revsync {

// The line, counted from 1, on which the value at `place` ("streams[0].columns[2]") begins; where there is none, that
// of the innermost one around it. `text` is valid JSON. Keys are compared as they are written, without escapes.
std::size_t line_of_place(std::string_view text, std::string_view place);

}  // namespace revsync
