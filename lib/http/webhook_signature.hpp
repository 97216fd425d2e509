// Signed webhooks, as Standard Webhooks 1.0.0 defines them:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/timestamp.hpp"
#include "http/hmac.hpp"

namespace revsync::http {

// The clocks of sender and receiver may be so far apart, either way.
inline constexpr std::chrono::minutes signature_tolerance{5};

// Longer fields are malformed. 2048 bytes have room for 42 signatures; a sender needs one for each of its secrets.
inline constexpr std::size_t webhook_id_most = 256;
inline constexpr std::size_t webhook_timestamp_most = 12;
inline constexpr std::size_t webhook_signature_most = 2048;

// The key inside a secret "whsec_<base64>".
class SigningKey {
public:
    // nullopt: another kind of secret. How many bytes it must have is checked with the settings.
    static std::optional<SigningKey> parse(std::string_view secret);

    // "v1,<base64>": what a sender puts into webhook-signature.
    std::string sign(std::string_view id, std::string_view timestamp, std::string_view body) const;

private:
    explicit SigningKey(std::string_view bytes) : key_{bytes} {}

    HmacKey key_;
};

// The three fields as they came. Views into the request.
struct SignedHeader {
    std::string_view id;         // webhook-id
    std::string_view timestamp;  // webhook-timestamp, seconds since 1970
    std::string_view signature;  // webhook-signature

    bool any() const { return !id.empty() || !timestamp.empty() || !signature.empty(); }
};

// When the sender says it sent the webhook. nullopt: the fields cannot be a signature's at all, whatever the body: one
// is missing or too long, the time is not a plain number, or the id has something else than visible ASCII or has a full
// stop, with which text could be moved from the signed id to the signed time.
std::optional<Timestamp> signed_at(const SignedHeader& header);

// The signatures of version 1 in a webhook-signature field ("v1,<44 characters> v1,… v2,…"); what else is in it is
// skipped. Views into `field`.
std::vector<std::string_view> version_1_signatures(std::string_view field);

// Whether one of the keys made one of the signatures. All keys and all signatures are tried, each comparison takes the
// same time wherever the first difference is, and nothing else about the header is looked at.
bool is_signed(std::span<const SigningKey> keys, const SignedHeader& header, std::string_view body);

}  // namespace revsync::http
