#pragma once

#include <string_view>
#include <vector>

#include "config/secret.hpp"
#include "http/hmac.hpp"

namespace revsync::http {

// Secrets that are shown as they are. What is compared are their HMACs under a key of this process, so that neither a
// length nor a common beginning changes how long it takes.
class StaticSecrets {
public:
    explicit StaticSecrets(const std::vector<Secret>& secrets);

    bool empty() const { return digests_.empty(); }
    // All are compared, also after one was found.
    bool contain(std::string_view shown) const;

private:
    HmacKey key_;
    std::vector<Sha256> digests_;
};

}  // namespace revsync::http
