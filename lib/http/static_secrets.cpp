#include "http/static_secrets.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace revsync::http {

namespace {

HmacKey random_key() {
    Sha256 key{};
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
        throw std::runtime_error{"OpenSSL has no random numbers"};
    }
    return HmacKey{{reinterpret_cast<const char*>(key.data()), key.size()}};
}

}  // namespace

StaticSecrets::StaticSecrets(const std::vector<Secret>& secrets) : key_{random_key()} {
    for (const Secret& secret : secrets) {
        digests_.push_back(key_.digest(secret.reveal()));
    }
}

bool StaticSecrets::contain(std::string_view shown) const {
    const Sha256 wanted = key_.digest(shown);
    unsigned found = 0;
    for (const Sha256& digest : digests_) {
        found |= static_cast<unsigned>(CRYPTO_memcmp(digest.data(), wanted.data(), wanted.size()) == 0);
    }
    return found != 0;
}

}  // namespace revsync::http
