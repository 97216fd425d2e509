#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/backoff.hpp"
#include "runtime/event.hpp"
#include "sync/drain.hpp"
#include "sync/status.hpp"

namespace revsync {

struct DrainerSettings {
    std::chrono::seconds check_interval{15};  // how often the queue is looked at when nobody notifies
    std::uint64_t jitter_seed = 0;
};

// Runs a drain at start, when it is notified, when a failed item's pause is over, and when a light look at the queue
// finds something due. After a failure it tries again with a growing pause until a run is clean: up to check_interval
// after one that may pass by itself or that stops single streams, else up to 60 s. While another daemon holds the queue
// it stands by, says so once, and asks again. Used on one thread; what it is given must outlive it.
class Drainer {
public:
    // The longest pause after a failure of an end that may pass by itself, once somebody has notified. When only
    // streams have failed, there is none.
    static constexpr std::chrono::milliseconds longest_pause_when_notified{3000};
    // How often one that stands by asks for the queue, unless it looks more often anyway.
    static constexpr std::chrono::seconds standby_interval{20};

    Drainer(Drain& drain, Clock& clock, const Logger& logger, const boost::asio::any_io_executor& executor,
            DrainerSettings settings);

    // Returns after stop(); the run in hand is finished up to its page first.
    boost::asio::awaitable<void> run();

    // The queue has items: a drain at once, or right after the one that is running, however often it is called. A pause
    // after a failure is kept, if shortened, so that nobody who notifies makes it hammer a server.
    void notify();
    void stop();

    // Starts a drain, right after the one that is running, which may have read its last page before this call; returns
    // its report. Disposition stopped when it ends before that. Needs run(). Cancelling it gives up the report, not the
    // drain.
    boost::asio::awaitable<DrainReport> drain_now();

    const QueueStatus& status() const { return status_; }

    // Called after each run.
    void on_report(std::function<void(const DrainReport&)> listener) { listener_ = std::move(listener); }

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Joined;

    boost::asio::awaitable<bool> something_to_do();
    boost::asio::awaitable<void> drain_until_clean();
    boost::asio::awaitable<DrainReport> drain(Verbosity verbosity);
    struct Pause {
        std::chrono::milliseconds delay;
        std::chrono::milliseconds once_notified;
    };
    std::chrono::milliseconds longest_pause(const DrainReport& report) const;
    Pause pause_after(const DrainReport& report);
    boost::asio::awaitable<void> pause(Pause length);
    boost::asio::awaitable<void> wait(Time due);
    void plan_next();
    void note(const DrainReport& report);
    void stand_by(bool in_use);
    static void tell(std::vector<std::shared_ptr<Joined>> joined, const DrainReport& report);
    void log_startup_result(std::size_t changed) const;
    void say_summary();

    Drain& drain_;
    Clock& clock_;
    const Logger& logger_;
    DrainerSettings settings_;
    Backoff backoff_;
    boost::asio::any_io_executor executor_;
    Event changed_;  // one of the flags below
    bool woken_ = false;
    bool notified_ = false;
    bool stopping_ = false;
    Time due_;  // of the next look at the queue
    std::function<void(const DrainReport&)> listener_;
    std::vector<std::shared_ptr<Joined>> joined_;  // in the next run
    bool started_ = false;
    QueueStatus status_;

    struct Unsaid {  // what the log has not been told of yet
        std::size_t found = 0;
        std::size_t synced = 0;
        std::size_t failed = 0;
        std::map<std::string, std::size_t> changed;  // by stream
    };
    Unsaid unsaid_;
    std::optional<Time> said_;
};

// One drain to its end for a caller that waits for it: a failure that passes by itself is tried again a few times, any
// other is returned at once.
boost::asio::awaitable<DrainReport> drain_once(Drain& drain, Clock& clock, std::uint64_t jitter_seed);

}  // namespace revsync
