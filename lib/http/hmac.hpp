#pragma once

#include <openssl/types.h>

#include <array>
#include <memory>
#include <string_view>

namespace revsync::http {

using Sha256 = std::array<unsigned char, 32>;

// HMAC-SHA256 (RFC 2104) under one key, by OpenSSL, which finds the algorithm and takes the key in once. Both throw
// std::runtime_error when OpenSSL cannot (it is out of memory): a digest that is not one must never be compared.
class HmacKey {
public:
    explicit HmacKey(std::string_view key);

    Sha256 digest(std::string_view text) const;

private:
    struct Free {
        void operator()(EVP_MAC_CTX* context) const;
    };

    std::unique_ptr<EVP_MAC_CTX, Free> begun_;
};

}  // namespace revsync::http
