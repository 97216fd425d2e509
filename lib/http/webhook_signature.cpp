#include "http/webhook_signature.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

#include "core/base64.hpp"

namespace revsync::http {
namespace {

constexpr std::string_view version_1 = "v1,";
constexpr std::size_t digest_text_size = 44;  // 32 bytes in base64

bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= webhook_id_most &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '.'; });
}

}  // namespace

std::optional<SigningKey> SigningKey::parse(std::string_view secret) {
    constexpr std::string_view prefix = "whsec_";
    if (!secret.starts_with(prefix)) {
        return std::nullopt;
    }
    const auto bytes = decode_base64(secret.substr(prefix.size()));
    return bytes && !bytes->empty() ? std::optional{SigningKey{*bytes}} : std::nullopt;
}

std::string SigningKey::sign(std::string_view id, std::string_view timestamp, std::string_view body) const {
    std::string content;
    content.reserve(id.size() + timestamp.size() + body.size() + 2);
    content.append(id).append(".").append(timestamp).append(".").append(body);
    const Sha256 digest = key_.digest(content);
    return std::string{version_1} + encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::optional<Timestamp> signed_at(const SignedHeader& header) {
    if (!is_id(header.id) || header.signature.empty() || header.signature.size() > webhook_signature_most ||
        header.timestamp.empty() || header.timestamp.size() > webhook_timestamp_most ||
        header.timestamp.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    std::from_chars(header.timestamp.data(), header.timestamp.data() + header.timestamp.size(), seconds);
    return Timestamp{} + std::chrono::seconds{seconds};
}

std::vector<std::string_view> version_1_signatures(std::string_view field) {
    std::vector<std::string_view> signatures;
    while (!field.empty()) {
        const auto entry = field.substr(0, field.find(' '));
        if (entry.starts_with(version_1) && entry.size() == version_1.size() + digest_text_size) {
            signatures.push_back(entry);
        }
        field.remove_prefix(std::min(entry.size() + 1, field.size()));
    }
    return signatures;
}

bool is_signed(std::span<const SigningKey> keys, const SignedHeader& header, std::string_view body) {
    const auto signatures = version_1_signatures(header.signature);
    unsigned found = 0;
    for (const SigningKey& key : keys) {
        const std::string expected = key.sign(header.id, header.timestamp, body);
        for (const std::string_view signature : signatures) {
            found |= static_cast<unsigned>(CRYPTO_memcmp(expected.data(), signature.data(), expected.size()) == 0);
        }
    }
    return found != 0;
}

}  // namespace revsync::http
