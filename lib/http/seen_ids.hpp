#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/timestamp.hpp"

namespace revsync::http {

// The ids of webhooks that were let through, so that none is let through twice.
//
// An id is kept for as long as its signature is not too old anyway. When more ids come than there is room for, those
// signed first make room, and what was signed at their time or before is too old from then on: memory is bounded, a
// replay never slips through, and the price is a tolerance that shrinks for as long as the flood lasts.
// 16384 ids take about 2 MB; they are enough for 27 webhooks a second with the whole tolerance.
//
// A restart forgets them: a webhook replayed within minutes of one gets through once more, and makes the daemon read
// its row once more.
class SeenIds {
public:
    static constexpr std::size_t default_limit = 16'384;

    explicit SeenIds(std::size_t limit = default_limit) : limit_{limit} {}

    // Whether an id that was signed then may still be asked for; also lets go of those that no longer may.
    bool in_time(Timestamp signed_at, Timestamp now);

    // false: it was seen before. Only for an id that is in time.
    bool remember(std::string_view id, Timestamp signed_at);
    void forget(std::string_view id);

    std::size_t size() const { return times_.size(); }

private:
    using Digest = std::array<std::uint64_t, 2>;  // of the id, whose length is the sender's choice
    struct FirstWord {
        std::size_t operator()(const Digest& digest) const { return digest.front(); }
    };
    static Digest digest_of(std::string_view id);
    void drop_before(Timestamp oldest);

    std::size_t limit_;
    Timestamp oldest_;  // older ones were dropped for lack of room
    std::unordered_map<Digest, Timestamp, FirstWord> times_;
    std::set<std::pair<Timestamp, Digest>> by_time_;
};

}  // namespace revsync::http
