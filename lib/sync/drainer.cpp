#include "sync/drainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

namespace revsync {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr int attempts_of_one_drain = 4;
constexpr std::chrono::seconds summary_interval{10};

bool passes_by_itself(const Error& error) {
    return error.disposition == Disposition::retry || error.disposition == Disposition::in_doubt;
}

DrainReport stopped_report() {
    DrainReport report;
    report.error = Error{Disposition::stopped, "", "the daemon is stopping; what is queued is sent at the next start"};
    return report;
}

}  // namespace

// Someone who waits for the end of a run.
struct Drainer::Joined {
    explicit Joined(const asio::any_io_executor& executor) : done{executor} {}

    Event done;
    DrainReport report;
};

Drainer::Drainer(Drain& drain, Clock& clock, const Logger& logger, const asio::any_io_executor& executor,
                 DrainerSettings settings)
    : drain_{drain},
      clock_{clock},
      logger_{logger},
      settings_{settings},
      backoff_{settings.jitter_seed},
      executor_{executor},
      changed_{executor} {}

asio::awaitable<void> Drainer::run() {
    while (!stopping_) {
        co_await drain_until_clean();
        plan_next();
        bool to_do = stopping_;
        while (!to_do) {
            to_do = co_await something_to_do();
        }
    }
    say_summary();
    tell(std::exchange(joined_, {}), stopped_report());
}

void Drainer::notify() {
    notified_ = true;
    changed_.set();
}

void Drainer::stop() {
    stopping_ = true;
    drain_.request_stop();
    changed_.set();
}

asio::awaitable<DrainReport> Drainer::drain_now() {
    if (stopping_) {
        co_return stopped_report();
    }
    woken_ = true;
    changed_.set();
    // Shared, so that whoever is cancelled leaves nothing behind that is told to.
    const auto mine = std::make_shared<Joined>(executor_);
    joined_.push_back(mine);
    co_await mine->done.wait();
    co_return mine->report;
}

void Drainer::tell(std::vector<std::shared_ptr<Joined>> joined, const DrainReport& report) {
    for (const std::shared_ptr<Joined>& one : joined) {
        one->report = report;
        one->done.set();
    }
}

asio::awaitable<DrainReport> Drainer::drain(Verbosity verbosity) {
    woken_ = false;
    notified_ = false;
    std::vector<std::shared_ptr<Joined>> joined = std::exchange(joined_, {});
    status_.draining = true;
    DrainReport report = co_await drain_.run(verbosity);
    status_.draining = false;
    note(report);
    if (listener_) {
        listener_(report);
    }
    tell(std::move(joined), report);
    co_return report;
}

// Another daemon's queue is no failure: this one stands by.
asio::awaitable<void> Drainer::drain_until_clean() {
    Verbosity verbosity = Verbosity::announce;
    std::size_t changed = 0;
    backoff_.reset();
    while (!stopping_) {
        const DrainReport report = co_await drain(verbosity);
        changed += report.changed();
        if (!report.error && !started_ && !stopping_) {
            started_ = true;
            log_startup_result(changed);
        }
        if (!report.first_error() || report.queue_in_use()) {
            break;
        }
        const Pause length = pause_after(report);
        if (verbosity == Verbosity::announce) {
            logger_.info("   ↻ Trying again in {:.1f} s, then at growing intervals of up to {} s",
                         static_cast<double>(length.delay.count()) / 1000, longest_pause(report).count() / 1000);
        }
        verbosity = Verbosity::retry;
        co_await pause(length);
    }
}

// The other streams go on as if nothing had failed, and an end that is back is found as soon as a new item would be. A
// refused login is not tried that often: it may lock the account.
std::chrono::milliseconds Drainer::longest_pause(const DrainReport& report) const {
    const bool refused = report.error && !passes_by_itself(*report.error);
    return refused ? Backoff::last : std::min<std::chrono::milliseconds>(Backoff::last, settings_.check_interval);
}

Drainer::Pause Drainer::pause_after(const DrainReport& report) {
    const std::chrono::milliseconds delay = std::min(backoff_.next(), longest_pause(report));
    if (!report.error) {
        return {delay, std::chrono::milliseconds{0}};
    }
    return {delay, passes_by_itself(*report.error) ? std::min(delay, longest_pause_when_notified) : delay};
}

// Waits for the next look at the queue, or for somebody who knows better. True: a drain is to be run.
asio::awaitable<bool> Drainer::something_to_do() {
    while (!stopping_ && !woken_ && !notified_ && clock_.steady_now() < due_) {
        co_await wait(due_);
    }
    if (stopping_ || woken_ || notified_) {
        co_return true;
    }
    plan_next();
    const Result<bool> due = co_await drain_.anything_due();
    const bool in_use = !due && due.error().code == Queue::in_use;
    stand_by(in_use);
    // A failure is the drain's to tell of, and to try again.
    co_return !in_use && (!due || *due);
}

asio::awaitable<void> Drainer::pause(Pause length) {
    const Time began = clock_.steady_now();
    while (!stopping_ && !woken_) {
        const Time due = began + (notified_ ? length.once_notified : length.delay);
        if (clock_.steady_now() >= due) {
            break;
        }
        co_await wait(due);
    }
}

// The log is told on the way of what it has not been told yet.
asio::awaitable<void> Drainer::wait(Time due) {
    say_summary();
    if (said_ && unsaid_.found > 0) {
        due = std::min(due, *said_ + summary_interval);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - clock_.steady_now());
    status_.next_check = clock_.now() + left;
    co_await (clock_.sleep(left) || changed_.wait());
    status_.next_check.reset();
}

void Drainer::plan_next() {
    const auto now = clock_.steady_now();
    std::chrono::milliseconds interval = settings_.check_interval;
    if (status_.standing_by) {
        interval = std::min<std::chrono::milliseconds>(interval, standby_interval);
    } else if (status_.counts && status_.counts->next_due) {
        // Once only: by that clock it may not be due yet.
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*status_.counts->next_due - clock_.now());
        interval = std::clamp<std::chrono::milliseconds>(left, std::chrono::seconds{1}, interval);
        status_.counts->next_due.reset();
    }
    due_ = now + interval;
}

void Drainer::note(const DrainReport& report) {
    stand_by(report.queue_in_use());
    if (report.counts) {
        status_.counts = report.counts;
        status_.counted_at = clock_.now();
    }
    const Error* error = report.queue_in_use() ? nullptr : report.first_error();
    status_.error = error ? std::optional{*error} : std::nullopt;
    if (!report.first_error()) {
        status_.last_ok = clock_.now();
    }
    unsaid_.found += report.found();
    unsaid_.synced += report.synced();
    unsaid_.failed += report.failed();
    for (const StreamReport& stream : report.streams) {
        unsaid_.changed[stream.stream] += stream.changed;
    }
}

void Drainer::stand_by(bool in_use) {
    if (in_use == status_.standing_by) {
        return;
    }
    status_.standing_by = in_use;
    if (in_use) {
        logger_.warning(
            "⏸️  Another daemon drains the queue: this one stands by and takes over when that one stops");
    } else {
        logger_.info("▶️  The queue is free: this daemon drains it now");
    }
}

void Drainer::log_startup_result(std::size_t changed) const {
    if (changed == 0) {
        logger_.info("✓ Startup drain complete - nothing was waiting for Supabase");
    } else {
        logger_.info("🎉 Startup drain sent {} waiting changes to Supabase", changed);
    }
}

// At most one line in ten seconds, whatever the rate.
void Drainer::say_summary() {
    const auto now = clock_.steady_now();
    if (unsaid_.found == 0 || (said_ && now - *said_ < summary_interval && !stopping_)) {
        return;
    }
    std::string rows;
    for (const auto& [stream, changed] : unsaid_.changed) {
        if (changed > 0) {
            rows += fmt::format("{}{} {}", rows.empty() ? "" : ", ", changed, stream);
        }
    }
    logger_.info("📤 Synced {}/{} queued change(s) to Supabase ({} errors){}{}", unsaid_.synced, unsaid_.found,
                 unsaid_.failed, rows.empty() ? "" : ": ", rows);
    unsaid_ = {};
    said_ = now;
}

asio::awaitable<DrainReport> drain_once(Drain& drain, Clock& clock, std::uint64_t jitter_seed) {
    Backoff backoff{jitter_seed};
    std::vector<StreamReport> sums;
    for (int attempt = 1;; ++attempt) {
        DrainReport report = co_await drain.run(attempt == 1 ? Verbosity::announce : Verbosity::retry);
        sums.resize(report.streams.size());
        for (std::size_t i = 0; i < sums.size(); ++i) {
            StreamReport& stream = report.streams[i];
            stream.synced = sums[i].synced += stream.synced;
            stream.changed = sums[i].changed += stream.changed;
            stream.failed = sums[i].failed += stream.failed;
        }
        const Error* error = report.first_error();
        const bool last = attempt == attempts_of_one_drain || drain.stop_requested();
        if (!error || report.queue_in_use() || !passes_by_itself(*error) || last) {
            co_return report;
        }
        co_await clock.sleep(backoff.next());
    }
}

}  // namespace revsync
