#include "http/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace revsync::http {

Sha256 hmac_sha256(std::string_view key, std::string_view text) {
    Sha256 digest{};
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr) == nullptr) {
        throw std::runtime_error{"OpenSSL cannot compute an HMAC"};
    }
    return digest;
}

}  // namespace revsync::http
