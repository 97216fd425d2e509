#include "sync/poller.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

namespace revsync {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr int attempts_of_one_catch_up = 4;

bool passes_by_itself(const Error& error) {
    return error.disposition == Disposition::retry || error.disposition == Disposition::in_doubt;
}

CatchUpReport stopped_report() {
    CatchUpReport report;
    report.error = Error{Disposition::stopped, "", "the daemon is stopping; what changed is found at the next start"};
    return report;
}

}  // namespace

// Someone who waits for the end of a run.
struct Poller::Joined {
    explicit Joined(const asio::any_io_executor& executor) : done{executor} {}

    Event done;
    CatchUpReport report;
};

Poller::Poller(CatchUp& catch_up, Clock& clock, const Logger& logger, const asio::any_io_executor& executor,
               PollerSettings settings)
    : catch_up_{catch_up},
      clock_{clock},
      logger_{logger},
      settings_{settings},
      backoff_{settings.jitter_seed},
      executor_{executor},
      changed_{executor} {}

asio::awaitable<void> Poller::run() {
    std::optional<Time> due;
    if (settings_.periodic) {
        logger_.info("🚀 Running initial reverse sync on startup...");
        due = clock_.steady_now();
    } else {
        owed_ = owed_ || !catch_up_.quarantine().rows().empty();
    }
    while (!stopping_) {
        co_await idle(due);
        if (stopping_) {
            break;
        }
        if (settings_.periodic) {
            due = clock_.steady_now() + settings_.interval;
        }
        co_await catch_up_until_clean();
    }
    tell_joined(stopped_report());
}

void Poller::wake() {
    woken_ = true;
    changed_.set();
}

void Poller::owe() {
    owed_ = true;
    changed_.set();
}

void Poller::stop() {
    stopping_ = true;
    catch_up_.request_stop();
    changed_.set();
}

asio::awaitable<CatchUpReport> Poller::catch_up_now() {
    if (stopping_) {
        co_return stopped_report();
    }
    if (!running_) {
        wake();
    }
    // Shared, so that whoever is cancelled leaves nothing behind that is told to.
    const auto mine = std::make_shared<Joined>(executor_);
    joined_.push_back(mine);
    co_await mine->done.wait();
    co_return mine->report;
}

void Poller::tell_joined(const CatchUpReport& report) {
    for (const std::shared_ptr<Joined>& joined : std::exchange(joined_, {})) {
        joined->report = report;
        joined->done.set();
    }
}

asio::awaitable<CatchUpReport> Poller::catch_up(Verbosity verbosity) {
    woken_ = false;
    const bool owed = std::exchange(owed_, false);
    running_ = true;
    CatchUpReport report = co_await catch_up_.run(verbosity);
    running_ = false;
    owed_ = owed_ || (owed && report.first_error());
    if (listener_) {
        listener_(report);
    }
    tell_joined(report);
    co_return report;
}

asio::awaitable<void> Poller::catch_up_until_clean() {
    std::size_t changed = 0;
    Verbosity verbosity = Verbosity::announce;
    backoff_.reset();
    while (!stopping_) {
        const CatchUpReport report = co_await catch_up(verbosity);
        changed += report.changed();
        const Error* error = report.first_error();
        if (!error) {
            break;
        }
        const std::chrono::milliseconds delay = backoff_.next();
        if (verbosity == Verbosity::announce) {
            logger_.info("   ↻ Trying again in {:.1f} s, then at growing intervals of up to {} s",
                         static_cast<double>(delay.count()) / 1000, Backoff::last.count() / 1000);
        }
        verbosity = Verbosity::retry;
        co_await pause(delay, passes_by_itself(*error));
    }
    if (settings_.periodic && !started_ && !stopping_) {
        started_ = true;
        log_startup_result(changed);
    }
}

asio::awaitable<void> Poller::idle(std::optional<Time> due) {
    while (!stopping_ && !woken_ && !owed_ && !(due && clock_.steady_now() >= *due)) {
        co_await wait(due);
    }
}

asio::awaitable<void> Poller::pause(std::chrono::milliseconds delay, bool may_pass) {
    const Time began = clock_.steady_now();
    while (!stopping_ && !woken_) {
        const Time due = began + (owed_ && may_pass ? std::min(delay, longest_pause_while_owed) : delay);
        if (clock_.steady_now() >= due) {
            break;
        }
        co_await wait(due);
    }
}

asio::awaitable<void> Poller::wait(std::optional<Time> due) {
    if (!due) {
        co_await changed_.wait();
        co_return;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - clock_.steady_now());
    next_run_ = clock_.now() + left;
    co_await (clock_.sleep(left) || changed_.wait());
    next_run_.reset();
}

void Poller::log_startup_result(std::size_t changed) const {
    if (changed == 0) {
        logger_.info("✓ Startup sync complete - no missed changes");
    } else {
        logger_.info("🎉 Startup sync recovered {} missed changes", changed);
    }
}

asio::awaitable<CatchUpReport> catch_up_once(CatchUp& catch_up, Clock& clock, std::uint64_t jitter_seed) {
    Backoff backoff{jitter_seed};
    std::vector<std::size_t> changed;
    for (int attempt = 1;; ++attempt) {
        CatchUpReport report = co_await catch_up.run(attempt == 1 ? Verbosity::announce : Verbosity::retry);
        changed.resize(report.streams.size());
        for (std::size_t index = 0; index < changed.size(); ++index) {
            changed[index] += report.streams[index].changed;
            report.streams[index].changed = changed[index];
        }
        const Error* error = report.first_error();
        const bool last = attempt == attempts_of_one_catch_up || catch_up.stop_requested();
        if (!error || !passes_by_itself(*error) || last) {
            co_return report;
        }
        co_await clock.sleep(backoff.next());
    }
}

}  // namespace revsync
