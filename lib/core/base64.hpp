#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace revsync {

// Base64 as RFC 4648 §4 has it: with padding, without line breaks.
std::string encode_base64(std::string_view bytes);

// nullopt: not what encode_base64 gives for any bytes.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace revsync
