#include "http/static_secrets.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace revsync::http {

StaticSecrets::StaticSecrets(const std::vector<Secret>& secrets) {
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
        throw std::runtime_error{"OpenSSL has no random numbers"};
    }
    for (const Secret& secret : secrets) {
        digests_.push_back(digest_of(secret.reveal()));
    }
}

Sha256 StaticSecrets::digest_of(std::string_view text) const {
    return hmac_sha256({reinterpret_cast<const char*>(key_.data()), key_.size()}, text);
}

bool StaticSecrets::contain(std::string_view shown) const {
    const Sha256 wanted = digest_of(shown);
    unsigned found = 0;
    for (const Sha256& digest : digests_) {
        found |= static_cast<unsigned>(CRYPTO_memcmp(digest.data(), wanted.data(), wanted.size()) == 0);
    }
    return found != 0;
}

}  // namespace revsync::http
