// The pre-login exchange ([MS-TDS] 2.2.6.5): versions, and how much of the connection is encrypted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace revsync::sim::tds {

// The values of the ENCRYPTION option.
enum class Encryption : std::uint8_t { off = 0, on = 1, not_supported = 2, required = 3 };

struct EncryptionPlan {
    Encryption answer = Encryption::not_supported;
    bool handshake = false;     // TLS starts after the answer
    bool login_only = false;    // and ends after the login message
    bool incompatible = false;  // the two sides cannot agree: close after the answer
};

// The negotiation's table. `server` off encrypts the login where the client can and everything where it asks;
// on and required encrypt everything and turn away clients that cannot.
EncryptionPlan plan_encryption(Encryption client, Encryption server);

// What the client asks for; off when it does not say. Throws ProtocolError.
Encryption read_prelogin(std::string_view body);

std::string prelogin_answer(Encryption encryption);

}  // namespace revsync::sim::tds
