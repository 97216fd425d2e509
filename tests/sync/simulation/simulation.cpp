#include "sync/simulation/simulation.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "sync/inbox.hpp"
#include "sync/poller.hpp"

namespace revsync::simulation {

namespace asio = boost::asio;

using namespace memory;

namespace {

// Far more than any run needs: what gets here goes in circles.
constexpr std::size_t most_steps = 100'000;
constexpr std::size_t clean_polls_at_rest = 3;

}  // namespace

const std::vector<Fault>& faults_at(std::string_view point) {
    static const std::vector<Fault> reading{Fault::retry, Fault::connection_lost, Fault::stream, Fault::configuration,
                                            Fault::crash};
    static const std::vector<Fault> connecting = reading;
    static const std::vector<Fault> applying{Fault::retry,  Fault::connection_lost, Fault::in_doubt, Fault::row,
                                             Fault::stream, Fault::configuration,   Fault::crash};
    static const std::vector<Fault> committed{Fault::in_doubt, Fault::connection_lost, Fault::crash};
    static const std::vector<Fault> files{Fault::configuration, Fault::crash};
    if (point == "sink.apply") {
        return applying;
    }
    if (point == "sink.committed") {
        return committed;
    }
    return point.starts_with("feed.") ? reading : point.starts_with("sink.") ? connecting : files;
}

// Members in the order of their destruction reversed: the coroutines, which the context holds, go last and touch
// none of the others on their way.
class Simulation::Process {
public:
    Process(World& world, FaultPlan& faults, std::size_t max_records, std::uint64_t seed, Logger::Write write)
        : feed{world.source, faults},
          sink{world.target, faults},
          checkpoint{world.disk, faults},
          watched_feed{feed, world.clock},
          watched_sink{sink, world.clock},
          logger{Level::debug, std::move(write)},
          catch_up{feed,          sink,
                   checkpoint,    gate,
                   world.clock,   logger,
                   world.mapping, {.lookback = std::chrono::hours{24 * 30}, .max_records = max_records}},
          poller{catch_up, world.clock, logger, context.get_executor(), {std::chrono::minutes{60}, seed}},
          inbox{{&watched_feed, &watched_sink, &catch_up.quarantine(), &catch_up.echoes(), &catch_up.delivered()},
                gate,
                world.clock,
                logger,
                world.mapping,
                context.get_executor(),
                {.wait = std::chrono::seconds{4}, .max_records = max_records, .limit = 12},
                [this] { poller.owe(); }} {
        checkpoint.on_change([&world] { world.check_durable(); });
    }

    // False when the daemon cannot even read its files.
    bool start() {
        if (!catch_up.load()) {
            return false;
        }
        const auto ended_one = [this](std::exception_ptr thrown) {
            --running;
            failure = failure ? failure : thrown;
        };
        asio::co_spawn(context, poller.run(), ended_one);
        asio::co_spawn(context, inbox.run(), ended_one);
        return true;
    }

    void stop() {
        poller.stop();
        inbox.stop();
    }
    bool ended() const { return running == 0 || failure; }

    asio::io_context context{1};
    MemoryFeed feed;
    MemorySink sink;
    MemoryCheckpoint checkpoint;
    WatchedFeed watched_feed;
    WatchedSink watched_sink;
    Logger logger;
    Gate gate;
    CatchUp catch_up;
    Poller poller;
    Inbox inbox;
    int running = 2;
    std::exception_ptr failure;
};

Simulation::Simulation(Options options)
    : options_{std::move(options)},
      random_{options_.seed},
      fault_random_{options_.seed ^ 0x9e3779b97f4a7c15U},
      fault_rate_{fault_random_.below(4) * 15},
      workload_{world_, random_, [this](const std::string& line) { trace(line); }},
      max_records_{1 + random_.below(7)} {
    world_.source.margin = std::chrono::microseconds{random_.chance(500) ? 0 : random_.between(1, 2'000'000)};
    world_.source.skew = std::chrono::seconds{random_.between(-90, 90)};
    world_.source.sessions_hidden = random_.chance(120);
    faults_.choose([this](std::string_view point, std::size_t ordinal) { return choose_fault(point, ordinal); });
    sends_webhooks_ = random_.chance(750);
    world_.source.on_written([this](const std::string& table, std::int64_t id, WebhookEvent::Kind kind) {
        world_.note_written(table, id);
        hear_of(table, id, kind);
    });
}

Simulation::~Simulation() = default;

Outcome Simulation::run() {
    std::size_t steps = 0;
    for (std::uint64_t acted = 0; acted < options_.actions && world_.violations.empty();) {
        if (random_.chance(150)) {
            workload_.act();
            ++acted;
        }
        step();
        if (++steps > most_steps) {
            world_.violate("the work never ends");
        }
    }
    outcome_.points = faults_.points();
    healing_ = true;
    if (world_.violations.empty()) {
        trace("everything heals");
        workload_.settle();
        come_to_rest();
    }
    end_process("the end");
    outcome_.violations = world_.violations;
    return outcome_;
}

Fault Simulation::choose_fault(std::string_view point, std::size_t ordinal) {
    Fault fault = Fault::none;
    // One page may have been asked for already.
    if (point == "feed.page" && pages_since_stop_ && ++*pages_since_stop_ > 1) {
        world_.violate("pages are read on and on after it was asked to stop");
    }
    if (healing_) {
        return fault;
    }
    if (options_.faults) {
        fault = options_.faults(point, ordinal);
    } else if (fault_random_.chance(fault_rate_)) {
        const auto& possible = faults_at(point);
        fault = possible[fault_random_.below(possible.size())];
    }
    if (fault != Fault::none) {
        ++outcome_.faults;
        trace(fmt::format("at {} (point {}): {}", point, ordinal, to_string(fault)));
    }
    return fault;
}

// One handler of the pipeline, or a turn of the clock when it has nothing to do.
void Simulation::step() {
    if (!process_) {
        start();
        return;
    }
    if (random_.chance(60)) {
        advance(std::chrono::microseconds{random_.between(1, 500'000)});
    }
    if (sends_webhooks_ && !healing_ && random_.chance(100)) {
        send_webhook();
    }
    if (process_->context.poll_one() == 0) {
        let_time_pass();
    } else if (!healing_ && random_.chance(4)) {
        ask_to_stop();
    } else if (!healing_ && !options_.faults && fault_random_.chance(fault_rate_ / 15)) {
        faults_.crash();
    }
    if (process_->feed.asked_twice_at_once()) {
        world_.violate("the feed was asked for two things at once");
    }
    if (process_->sink.applied_twice_at_once()) {
        world_.violate("a stream was applied twice at once");
    }
    if (faults_.crashed()) {
        ++outcome_.crashes;
        end_process("crashed");
    } else if (process_ && process_->ended()) {
        if (process_->failure) {
            world_.violate("the pipeline threw");
        }
        end_process("stopped");
    }
}

// What has not been applied is noted then, so that may crash too.
void Simulation::ask_to_stop() {
    pages_since_stop_ = 0;
    trace("asked to stop");
    try {
        process_->stop();
    } catch (const Crash&) {
    }
}

void Simulation::let_time_pass() {
    std::chrono::microseconds by{random_.between(0, 3'000'000)};
    if (random_.chance(300)) {
        by = std::chrono::microseconds{random_.between(0, 3)};
    } else if (const auto sleeper = world_.clock.next_sleeper(); sleeper && random_.chance(500)) {
        by = *sleeper;
    }
    if (process_ && random_.chance(100)) {
        process_->poller.wake();
    }
    advance(by);
}

void Simulation::advance(std::chrono::microseconds by) {
    workload_.before_advance(by);
    world_.clock.advance(by);
}

void Simulation::start() {
    faults_.restart();
    pages_since_stop_.reset();
    process_ = std::make_unique<Process>(world_, faults_, max_records_, random_.below(1000),
                                         [this](Level, std::string_view line) { trace(std::string{line}); });
    process_->poller.on_report([this](const CatchUpReport& report) { clean_polls_ += report.first_error() ? 0U : 1U; });
    try {
        if (!process_->start()) {
            end_process("could not read its files");
            let_time_pass();
        }
    } catch (const Crash&) {
        ++outcome_.crashes;
        end_process("crashed at start");
    }
}

// Some webhooks are lost and some are doubled; any of them may be overtaken by any other.
void Simulation::hear_of(const std::string& table, std::int64_t id, WebhookEvent::Kind kind) {
    const std::size_t copies = random_.chance(150) ? 0 : random_.chance(100) ? 2 : 1;
    in_flight_.insert(in_flight_.end(), copies, {table, id, kind});
}

void Simulation::send_webhook() {
    Webhook webhook;
    if (random_.chance(150)) {
        const bool of_a_note = random_.chance(700);
        webhook = {of_a_note ? notes_table : batches_table, random_.between(1, of_a_note ? 60 : 9),
                   static_cast<WebhookEvent::Kind>(random_.below(3))};
        trace("a forged webhook");
    } else if (!in_flight_.empty()) {
        const auto which = in_flight_.begin() + static_cast<std::ptrdiff_t>(random_.below(in_flight_.size()));
        webhook = *which;
        in_flight_.erase(which);
    } else {
        return;
    }
    const char* key = webhook.table == notes_table ? "note_id" : "aligner_batch_id";
    JsonMembers row{{key, std::to_string(webhook.id)}};
    WebhookEvent event{webhook.kind, "public", webhook.table, {}, {}};
    (webhook.kind == WebhookEvent::Kind::remove ? event.old_record : event.record) = std::move(row);
    deliver(std::move(event), webhook.id);
}

void Simulation::deliver(WebhookEvent event, std::int64_t id) {
    const std::size_t sent_at = world_.versions(event.table, id);
    trace(fmt::format("webhook about {} {}", event.table, id));
    auto work = process_->inbox.deliver(event);
    asio::co_spawn(process_->context, std::move(work),
                   [this, event, sent_at, id](std::exception_ptr thrown, Delivery delivery) {
                       if (thrown) {
                           return;  // a crash
                       }
                       trace(fmt::format("webhook about {} {} is answered {} {}", event.table, id,
                                         static_cast<int>(delivery.outcome), delivery.text));
                       outcome_.committed += delivery.outcome == Delivery::Outcome::committed ? 1U : 0U;
                       outcome_.accepted += delivery.outcome == Delivery::Outcome::accepted ? 1U : 0U;
                       outcome_.refused += delivery.outcome == Delivery::Outcome::refused ? 1U : 0U;
                       world_.check_answer(event, sent_at, delivery);
                   });
}

void Simulation::end_process(std::string_view why) {
    if (process_) {
        trace(fmt::format("the process ended: {}", why));
        process_.reset();
        faults_.restart();
    }
}

// Nothing goes wrong any more: a few polls, far enough apart that the horizon passes every row, and as many as it
// takes to try every parked row again, must be enough.
void Simulation::come_to_rest() {
    const std::size_t enough = clean_polls_at_rest + world_.disk.quarantine.size() / max_records_;
    clean_polls_ = 0;
    std::size_t steps = 0;
    while (clean_polls_ < enough && world_.violations.empty()) {
        if (!process_) {
            start();
        } else if (process_->context.poll_one() == 0) {
            world_.clock.advance(world_.clock.next_sleeper().value_or(std::chrono::seconds{1}));
        }
        if (process_ && process_->ended()) {
            end_process("stopped");
        }
        if (++steps > most_steps) {
            world_.violate("the pipeline never comes to rest");
        }
    }
    if (world_.violations.empty()) {
        world_.check_at_rest();
    }
}

void Simulation::trace(const std::string& line) const {
    if (options_.trace) {
        fmt::print("{} {}\n", world_.clock.now().iso_microseconds(), line);
    }
}

}  // namespace revsync::simulation
