#include "core/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

namespace revsync {
namespace {

const unsigned char* unsigned_data(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // it ends the text with a NUL
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), unsigned_data(bytes),
                                       static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max() / 2) {
        return std::nullopt;
    }
    std::string bytes(3 * (text.size() / 4), '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), unsigned_data(text),
                                       static_cast<int>(text.size()));
    if (length < 0) {
        return std::nullopt;
    }
    const auto padding = text.size() - std::min(text.find('='), text.size());
    if (padding > 2) {
        return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(length) - std::min<std::size_t>(padding, static_cast<std::size_t>(length)));
    // OpenSSL forgives blanks, misplaced padding and bits beyond the end.
    return encode_base64(bytes) == text ? std::optional{std::move(bytes)} : std::nullopt;
}

}  // namespace revsync
