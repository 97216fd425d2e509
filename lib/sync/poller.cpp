#include "sync/poller.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace revsync {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr int attempts_of_one_catch_up = 4;

bool passes_by_itself(const Error& error) {
    return error.disposition == Disposition::retry || error.disposition == Disposition::in_doubt;
}

}  // namespace

Poller::Poller(CatchUp& catch_up, Clock& clock, const Logger& logger, const asio::any_io_executor& executor,
               PollerSettings settings)
    : catch_up_{catch_up},
      clock_{clock},
      logger_{logger},
      settings_{settings},
      backoff_{settings.jitter_seed},
      wake_{executor} {}

asio::awaitable<void> Poller::run() {
    logger_.info("🚀 Running initial reverse sync on startup...");
    while (!stopping_) {
        const auto due = clock_.steady_now() + settings_.interval;
        co_await catch_up_until_clean();
        if (stopping_) {
            break;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - clock_.steady_now());
        co_await pause(std::max(left, std::chrono::milliseconds{0}));
    }
}

void Poller::stop() {
    stopping_ = true;
    catch_up_.request_stop();
    wake_.set();
}

asio::awaitable<void> Poller::catch_up_until_clean() {
    std::size_t changed = 0;
    Verbosity verbosity = Verbosity::announce;
    backoff_.reset();
    while (!stopping_) {
        const CatchUpReport report = co_await catch_up_.run(verbosity);
        changed += report.changed();
        if (listener_) {
            listener_(report);
        }
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
        co_await pause(delay);
    }
    if (!started_ && !stopping_) {
        started_ = true;
        log_startup_result(changed);
    }
}

asio::awaitable<void> Poller::pause(std::chrono::milliseconds duration) {
    if (!stopping_) {
        co_await (clock_.sleep(duration) || wake_.wait());
    }
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
