#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "config/secret.hpp"

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
    using Digest = std::array<unsigned char, 32>;
    Digest digest_of(std::string_view text) const;

    Digest key_{};
    std::vector<Digest> digests_;
};

}  // namespace revsync::http
