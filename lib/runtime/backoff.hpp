#pragma once

#include <chrono>
#include <cstdint>

namespace revsync {

// Growing pauses between attempts: 1, 2, 4 … 60 seconds, each shortened by up to a quarter at random so that
// many daemons do not return at the same moment. The sequence follows from the seed alone.
class Backoff {
public:
    static constexpr std::chrono::milliseconds first{1000};
    static constexpr std::chrono::milliseconds last{60000};

    explicit Backoff(std::uint64_t seed) : state_{seed} {}

    // The pause before the next attempt, between 0.75 and 1 times the current step.
    std::chrono::milliseconds next();
    // After a success: the next pause is the first again.
    void reset() { step_ = first; }

private:
    std::uint64_t state_;
    std::chrono::milliseconds step_ = first;
};

}  // namespace revsync
