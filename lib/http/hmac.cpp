#include "http/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace revsync::http {
namespace {

void require(bool done) {
    if (!done) {
        throw std::runtime_error{"OpenSSL cannot compute an HMAC"};
    }
}

}  // namespace

void HmacKey::Free::operator()(EVP_MAC_CTX* context) const {
    EVP_MAC_CTX_free(context);
}

HmacKey::HmacKey(std::string_view key) {
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    require(mac != nullptr);
    begun_.reset(EVP_MAC_CTX_new(mac));
    EVP_MAC_free(mac);
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                     OSSL_PARAM_construct_end()};
    require(begun_ && EVP_MAC_init(begun_.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                                   parameters) == 1);
}

Sha256 HmacKey::digest(std::string_view text) const {
    Sha256 digest{};
    std::size_t size = 0;
    const std::unique_ptr<EVP_MAC_CTX, Free> context{EVP_MAC_CTX_dup(begun_.get())};
    require(context &&
            EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
            EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) == 1 && size == digest.size());
    return digest;
}

}  // namespace revsync::http
