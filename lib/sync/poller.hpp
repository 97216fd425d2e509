#pragma once

#include <chrono>
#include <functional>

#include "runtime/backoff.hpp"
#include "runtime/event.hpp"
#include "sync/catch_up.hpp"

namespace revsync {

struct PollerSettings {
    std::chrono::minutes interval{60};
    std::uint64_t jitter_seed = 0;
};

// Runs a catch-up at start, then one every interval. After a failure it tries again with a growing pause (1 s to
// 60 s) until a run is clean, so that a source or target that comes back is caught up with at once.
// Used on one thread; what it is given must outlive it.
class Poller {
public:
    Poller(CatchUp& catch_up, Clock& clock, const Logger& logger, const boost::asio::any_io_executor& executor,
           PollerSettings settings);

    // Returns after stop(); the run in hand is finished up to its batch first.
    boost::asio::awaitable<void> run();

    // A catch-up at once, or right after the one that is running.
    void wake() { wake_.set(); }
    void stop();

    // Called after each run.
    void on_report(std::function<void(const CatchUpReport&)> listener) { listener_ = std::move(listener); }

private:
    boost::asio::awaitable<void> catch_up_until_clean();
    boost::asio::awaitable<void> pause(std::chrono::milliseconds duration);
    void log_startup_result(std::size_t changed) const;

    CatchUp& catch_up_;
    Clock& clock_;
    const Logger& logger_;
    PollerSettings settings_;
    Backoff backoff_;
    Event wake_;
    std::function<void(const CatchUpReport&)> listener_;
    bool stopping_ = false;
    bool started_ = false;
};

// One catch-up to its end for a caller that waits for it: a failure that passes by itself is tried again a few
// times, any other is returned at once.
boost::asio::awaitable<CatchUpReport> catch_up_once(CatchUp& catch_up, Clock& clock, std::uint64_t jitter_seed);

}  // namespace revsync
