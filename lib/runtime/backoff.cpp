#include "runtime/backoff.hpp"

#include <algorithm>
#include <random>

namespace revsync {

std::chrono::milliseconds Backoff::next() {
    std::minstd_rand random{static_cast<std::minstd_rand::result_type>(state_ % 2147483646 + 1)};
    const auto number = random();
    state_ = state_ * 6364136223846793005ULL + number;
    const auto quarter = static_cast<std::uint64_t>(step_.count() / 4);
    const std::chrono::milliseconds pause = step_ - std::chrono::milliseconds{number % (quarter + 1)};
    step_ = std::min(step_ * 2, last);
    return pause;
}

}  // namespace revsync
