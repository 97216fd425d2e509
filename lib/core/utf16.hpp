#pragma once

#include <string>
#include <string_view>

namespace revsync {

// Text is UTF-8 in the whole program; this is for what Windows gives in UTF-16. What is no valid UTF-16 becomes U+FFFD.
// There only.
std::string to_utf8(std::wstring_view text);

}  // namespace revsync
