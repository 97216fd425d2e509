#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "core/timestamp.hpp"

namespace revsync {

// The only source of time for everything that decides, so that a test can turn it by hand.
class Clock {
public:
    virtual ~Clock() = default;

    // The wall clock.
    virtual Timestamp now() const = 0;
    // A clock that never goes back, for durations and deadlines.
    virtual std::chrono::steady_clock::time_point steady_now() const = 0;
    // Returns after `duration`, or earlier when the awaiting coroutine is cancelled (then it throws
    // system_error operation_aborted like any Asio wait).
    virtual boost::asio::awaitable<void> sleep(std::chrono::milliseconds duration) = 0;
};

// The machine's clocks. Holds nothing; may outlive every io_context.
class SystemClock final : public Clock {
public:
    Timestamp now() const override;
    std::chrono::steady_clock::time_point steady_now() const override;
    boost::asio::awaitable<void> sleep(std::chrono::milliseconds duration) override;
};

}  // namespace revsync
