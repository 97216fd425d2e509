#pragma once

#include <array>
#include <string_view>

namespace revsync::http {

using Sha256 = std::array<unsigned char, 32>;

// HMAC-SHA256 (RFC 2104), by OpenSSL. Throws std::runtime_error when OpenSSL cannot (it is out of memory): a digest
// that is not one must never be compared.
Sha256 hmac_sha256(std::string_view key, std::string_view text);

}  // namespace revsync::http
