#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace revsync {

// Text is UTF-8 in the whole program. A path that is made of narrow text directly would take it for the code page of
// the machine on Windows, which cannot write every profile's name.
inline std::filesystem::path path_from_utf8(std::string_view text) {
    return std::u8string{text.begin(), text.end()};
}

}  // namespace revsync
