#include "http/seen_ids.hpp"

#include <openssl/sha.h>

#include <chrono>
#include <cstring>

#include "http/webhook_signature.hpp"

namespace revsync::http {

SeenIds::Digest SeenIds::digest_of(std::string_view id) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> full{};
    SHA256(reinterpret_cast<const unsigned char*>(id.data()), id.size(), full.data());
    Digest digest{};
    std::memcpy(digest.data(), full.data(), sizeof digest);
    return digest;
}

void SeenIds::drop_before(Timestamp oldest) {
    while (!by_time_.empty() && by_time_.begin()->first < oldest) {
        times_.erase(by_time_.begin()->second);
        by_time_.erase(by_time_.begin());
    }
}

bool SeenIds::in_time(Timestamp signed_at, Timestamp now) {
    drop_before(now - signature_tolerance);
    if (oldest_ > now + signature_tolerance) {
        oldest_ = Timestamp{};  // the clock was set back
    }
    return signed_at >= oldest_ && signed_at >= now - signature_tolerance && signed_at <= now + signature_tolerance;
}

bool SeenIds::remember(std::string_view id, Timestamp signed_at) {
    const Digest digest = digest_of(id);
    if (!times_.emplace(digest, signed_at).second) {
        return false;
    }
    by_time_.emplace(signed_at, digest);
    if (times_.size() > limit_) {
        oldest_ = by_time_.begin()->first + std::chrono::microseconds{1};
        drop_before(oldest_);
    }
    return true;
}

void SeenIds::forget(std::string_view id) {
    const auto seen = times_.find(digest_of(id));
    if (seen != times_.end()) {
        by_time_.erase({seen->second, seen->first});
        times_.erase(seen);
    }
}

}  // namespace revsync::http
