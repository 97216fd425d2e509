#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>

#include "runtime/clock.hpp"

namespace revsync::memory {

// A clock that stands still until it is turned. Both its clocks move together. It must outlive the io_contexts
// whose coroutines sleep on it. Used on one thread.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Timestamp start) : now_{start} {}

    Timestamp now() const override { return now_; }
    std::chrono::steady_clock::time_point steady_now() const override { return steady_; }
    boost::asio::awaitable<void> sleep(std::chrono::milliseconds duration) override;

    // Turns the clock; sleepers whose time has come are resumed by their executors.
    void advance(std::chrono::microseconds by);
    // How long the next sleeper still sleeps; nullopt when nobody does.
    std::optional<std::chrono::microseconds> next_sleeper() const;

private:
    using Sleepers = std::multimap<std::chrono::steady_clock::time_point, boost::asio::steady_timer*>;
    class Place;  // a sleeper's entry, gone with its coroutine

    Timestamp now_;
    std::chrono::steady_clock::time_point steady_{std::chrono::hours{1}};
    Sleepers sleepers_;
};

}  // namespace revsync::memory
