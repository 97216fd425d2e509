#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/backoff.hpp"
#include "runtime/event.hpp"
#include "sync/catch_up.hpp"

namespace revsync {

struct PollerSettings {
    std::chrono::minutes interval{60};
    std::uint64_t jitter_seed = 0;
    // Otherwise it runs only when it is asked to, when something is owed, and at start when rows are parked.
    bool periodic = true;
};

// Runs a catch-up at start, then one every interval. After a failure it tries again with a growing pause (1 s to
// 60 s) until a run is clean, so that a source or target that comes back is caught up with at once.
// Used on one thread; what it is given must outlive it.
class Poller {
public:
    // The longest pause after a failure that may pass by itself while something is owed.
    static constexpr std::chrono::milliseconds longest_pause_while_owed{3000};

    Poller(CatchUp& catch_up, Clock& clock, const Logger& logger, const boost::asio::any_io_executor& executor,
           PollerSettings settings);

    // Returns after stop(); the run in hand is finished up to its batch first.
    boost::asio::awaitable<void> run();

    // A catch-up at once, or right after the one that is running.
    void wake();
    // Some change was turned away and must be found by a catch-up: as wake(), but a pause after a failure is kept, if
    // shortened, so that nobody who sends changes makes it hammer a server.
    void owe();
    void stop();

    // Starts a catch-up, or joins the one that is running, and returns its report. Disposition stopped when it ends
    // before that. Needs run().
    boost::asio::awaitable<CatchUpReport> catch_up_now();

    bool running() const { return running_; }
    // When it next runs by itself; none while it runs, or when nothing is planned.
    std::optional<Timestamp> next_run() const { return next_run_; }

    // Called after each run.
    void on_report(std::function<void(const CatchUpReport&)> listener) { listener_ = std::move(listener); }

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Joined;

    boost::asio::awaitable<void> catch_up_until_clean();
    boost::asio::awaitable<CatchUpReport> catch_up(Verbosity verbosity);
    boost::asio::awaitable<void> idle(std::optional<Time> due);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds delay, bool may_pass);
    boost::asio::awaitable<void> wait(std::optional<Time> due);
    void tell_joined(const CatchUpReport& report);
    void log_startup_result(std::size_t changed) const;

    CatchUp& catch_up_;
    Clock& clock_;
    const Logger& logger_;
    PollerSettings settings_;
    Backoff backoff_;
    boost::asio::any_io_executor executor_;
    Event changed_;  // one of the flags below
    bool woken_ = false;
    bool owed_ = false;
    bool stopping_ = false;
    std::function<void(const CatchUpReport&)> listener_;
    std::vector<std::shared_ptr<Joined>> joined_;
    bool started_ = false;
    bool running_ = false;
    std::optional<Timestamp> next_run_;
};

// One catch-up to its end for a caller that waits for it: a failure that passes by itself is tried again a few
// times, any other is returned at once.
boost::asio::awaitable<CatchUpReport> catch_up_once(CatchUp& catch_up, Clock& clock, std::uint64_t jitter_seed);

}  // namespace revsync
