#pragma once

#include <chrono>

namespace revsync {

// How a server's clock stands to a Clock of this machine.
struct ClockReading {
    std::chrono::microseconds ahead{};   // the server's clock less this machine's
    std::chrono::microseconds within{};  // the truth is at most so far off: half a round trip
};

}  // namespace revsync
