#include "sync/simulation/two_way.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "sync/drainer.hpp"
#include "sync/inbox.hpp"
#include "sync/poller.hpp"

namespace revsync::simulation {

namespace asio = boost::asio;

using namespace memory;
using Generation = MemoryTriggers::Generation;

namespace {

// Far more than any run needs: what gets here goes in circles.
constexpr std::size_t most_steps = 200'000;

const std::vector<Fault>& faults_at(std::string_view point) {
    static const std::vector<Fault> reading{Fault::retry, Fault::connection_lost, Fault::configuration, Fault::crash};
    static const std::vector<Fault> streams{Fault::retry, Fault::connection_lost, Fault::stream, Fault::configuration,
                                            Fault::crash};
    static const std::vector<Fault> applying{Fault::retry,  Fault::connection_lost, Fault::in_doubt, Fault::row,
                                             Fault::stream, Fault::configuration,   Fault::crash};
    static const std::vector<Fault> committed{Fault::in_doubt, Fault::connection_lost, Fault::crash};
    static const std::vector<Fault> files{Fault::configuration, Fault::crash};
    if (point == "sink.apply" || point == "forward.apply") {
        return applying;
    }
    if (point == "sink.committed" || point == "forward.committed" || point == "queue.settled") {
        return committed;
    }
    if (point.starts_with("feed.") || point.ends_with(".prepare")) {
        return streams;
    }
    const bool is_file =
        point.starts_with("checkpoint.") || point.starts_with("quarantine.") || point.starts_with("echoes.");
    return is_file ? files : reading;
}

Setting some_setting(Random& random) {
    Setting setting;
    setting.triggers = static_cast<Generation>(random.below(3));
    setting.keeps_change_times = random.chance(400);
    setting.difference_known = random.chance(600);
    setting.supabase_ahead = std::chrono::microseconds{random.between(-60'000'000, 60'000'000)};
    const auto most = std::chrono::microseconds{setting.difference_known ? 90'000'000 : 2'000'000};
    setting.sqlserver_ahead =
        setting.supabase_ahead + std::chrono::microseconds{random.between(-most.count(), most.count())};
    return setting;
}

}  // namespace

// Members in the order of their destruction reversed: the coroutines, which the context holds, go last and touch
// none of the others on their way.
class TwoWaySimulation::Process {
public:
    Process(TwoWayWorld& world, FaultPlan& faults, std::size_t max_records, std::chrono::seconds check_interval,
            std::uint64_t seed, Logger::Write write)
        : feed{world.source, faults},
          sink{world.target, faults},
          queue{world.queue, faults},
          forward{world.source, faults},
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
                [this] { poller.owe(); }},
          drain{{queue, forward, catch_up}, gate, world.clock, logger, world.mapping, {.page_size = max_records},
                [this] { poller.owe(); }},
          drainer{drain, world.clock, logger, context.get_executor(), {check_interval, seed}} {
        forward.keeps_change_times = world.keeps_change_times;
        forward.require_parent("aligner_batches", "aligner_set_id", "aligner_sets", true);
        forward.require_parent("aligner_notes", "aligner_set_id", "aligner_sets", true);
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
        asio::co_spawn(context, drainer.run(), ended_one);
        return true;
    }

    void stop() {
        drainer.stop();
        poller.stop();
        inbox.stop();
    }
    bool ended() const { return running == 0 || failure; }

    asio::io_context context{1};
    MemoryFeed feed;
    MemorySink sink;
    MemoryQueue queue;
    MemoryForwardSink forward;
    MemoryCheckpoint checkpoint;
    WatchedFeed watched_feed;
    WatchedSink watched_sink;
    Logger logger;
    Gate gate;
    CatchUp catch_up;
    Poller poller;
    Inbox inbox;
    Drain drain;
    Drainer drainer;
    int running = 3;
    std::exception_ptr failure;
};

TwoWaySimulation::TwoWaySimulation(TwoWayOptions options)
    : options_{options},
      random_{options_.seed},
      fault_random_{options_.seed ^ 0x9e3779b97f4a7c15U},
      fault_rate_{fault_random_.below(4) * 12},
      setting_{some_setting(random_)},
      world_{setting_},
      workload_{world_, random_, setting_.triggers == Generation::bare,
                [this](const std::string& line) { trace(line); }},
      sends_webhooks_{random_.chance(700)},
      notifies_{random_.chance(700)},
      max_records_{1 + random_.below(7)},
      check_interval_{std::chrono::seconds{random_.chance(200) ? 15 : 300}} {
    world_.source.margin = std::chrono::microseconds{random_.chance(500) ? 0 : random_.between(1, 2'000'000)};
    faults_.choose([this](std::string_view point, std::size_t ordinal) { return choose_fault(point, ordinal); });
    world_.source.on_written([this](const std::string& table, std::int64_t id, WebhookEvent::Kind kind) {
        world_.note_write(table, id);
        const std::size_t copies = random_.chance(150) ? 0 : random_.chance(100) ? 2 : 1;
        if (world_.mapping.reader_of({"public", table})) {
            in_flight_.insert(in_flight_.end(), copies, {table, id, kind});
        }
    });
    trace(fmt::format("triggers {}, guard {}, Supabase {} us ahead, SQL Server {} us, known {}, {} records",
                      static_cast<int>(setting_.triggers), setting_.keeps_change_times, setting_.supabase_ahead.count(),
                      setting_.sqlserver_ahead.count(), setting_.difference_known, max_records_));
}

TwoWaySimulation::~TwoWaySimulation() = default;

TwoWayOutcome TwoWaySimulation::run() {
    std::size_t steps = 0;
    for (std::uint64_t acted = 0; acted < options_.actions && world_.violations.empty();) {
        if (random_.chance(120)) {
            act();
            ++acted;
        }
        step();
        if (++steps > most_steps) {
            world_.violate("the work never ends");
        }
    }
    healing_ = true;
    if (world_.violations.empty()) {
        trace("everything heals");
        workload_.settle();
        come_to_rest();
    }
    end_process("the end");
    outcome_.violations = world_.violations;
    outcome_.edits = world_.edits();
    outcome_.writes = world_.writes();
    return outcome_;
}

void TwoWaySimulation::act() {
    const std::size_t before = workload_.lab_changes();
    workload_.act();
    // A notification that is lost, doubled, or comes before anybody else acts.
    if (process_ && notifies_ && workload_.lab_changes() != before && random_.chance(800)) {
        process_->drainer.notify();
    }
}

// No two things happen in the same microsecond, of which a change time is made.
Fault TwoWaySimulation::choose_fault(std::string_view point, std::size_t ordinal) {
    world_.clock.advance(std::chrono::microseconds{1});
    if (point == "echoes.saved") {
        ++outcome_.echoes;
    }
    if (healing_ || !fault_random_.chance(fault_rate_)) {
        return Fault::none;
    }
    const auto& possible = faults_at(point);
    const Fault fault = possible[fault_random_.below(possible.size())];
    ++outcome_.faults;
    world_.note_disturbance();
    trace(fmt::format("at {} (point {}): {}", point, ordinal, to_string(fault)));
    return fault;
}

// One handler of the daemon, or a turn of the clock when it has nothing to do.
void TwoWaySimulation::step() {
    if (!process_) {
        start();
        return;
    }
    if (random_.chance(60)) {
        world_.clock.advance(std::chrono::microseconds{random_.between(1, 500'000)});
    }
    if (sends_webhooks_ && random_.chance(100)) {
        send_webhook();
    }
    if (process_->context.poll_one() == 0) {
        let_time_pass();
    } else if (!healing_ && random_.chance(4)) {
        stop();
    } else if (!healing_ && fault_random_.chance(fault_rate_ / 12)) {
        faults_.crash();
    }
    if (faults_.crashed()) {
        ++outcome_.crashes;
        end_process("crashed");
    } else if (process_ && process_->ended()) {
        if (process_->failure) {
            world_.violate("the daemon threw");
        }
        end_process("stopped");
    }
}

// What has not been applied is noted then, so that may crash too.
void TwoWaySimulation::stop() {
    trace("asked to stop");
    try {
        process_->stop();
    } catch (const Crash&) {
    }
}

void TwoWaySimulation::let_time_pass() {
    std::chrono::microseconds by{random_.between(1, 3'000'000)};
    if (random_.chance(300)) {
        by = std::chrono::microseconds{random_.between(1, 1000)};
    } else if (const auto sleeper = world_.clock.next_sleeper(); sleeper && random_.chance(500)) {
        by = *sleeper;
    }
    if (process_ && random_.chance(60)) {
        process_->poller.wake();
    }
    if (process_ && notifies_ && random_.chance(60)) {
        process_->drainer.notify();
    }
    world_.clock.advance(by);
}

void TwoWaySimulation::start() {
    faults_.restart();
    process_ = std::make_unique<Process>(world_, faults_, max_records_, check_interval_, random_.below(1000),
                                         [this](Level, std::string_view line) { trace(std::string{line}); });
    process_->drainer.on_report([this](const DrainReport& report) { outcome_.conflicts += report.conflicts.size(); });
    process_->poller.on_report([this](const CatchUpReport& report) {
        for (const StreamReport& stream : report.streams) {
            outcome_.conflicts += stream.conflicts.size();
        }
    });
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

void TwoWaySimulation::end_process(std::string_view why) {
    if (process_) {
        trace(fmt::format("the process ended: {}", why));
        process_.reset();
        world_.note_disturbance();
        faults_.restart();
    }
}

void TwoWaySimulation::send_webhook() {
    if (in_flight_.empty()) {
        return;
    }
    const auto which = in_flight_.begin() + static_cast<std::ptrdiff_t>(random_.below(in_flight_.size()));
    const Webhook webhook = *which;
    in_flight_.erase(which);
    const char* key = webhook.table == "aligner_notes" ? "note_id" : "aligner_batch_id";
    WebhookEvent event{webhook.kind, "public", webhook.table, {}, {}};
    JsonMembers row{{key, std::to_string(webhook.id)}};
    (webhook.kind == WebhookEvent::Kind::remove ? event.old_record : event.record) = std::move(row);
    trace(fmt::format("webhook about {} {}", webhook.table, webhook.id));
    asio::co_spawn(process_->context, process_->inbox.deliver(std::move(event)), [](std::exception_ptr, Delivery) {});
}

// Nothing goes wrong any more: some polls, and the pauses of failed items, must be enough. Then nobody writes any more.
void TwoWaySimulation::come_to_rest() {
    run_for(std::chrono::hours{5});
    if (!world_.violations.empty()) {
        return;
    }
    world_.check_at_rest();
    const std::size_t before = world_.writes();
    run_for(std::chrono::hours{4});  // three polls, at least
    if (world_.writes() != before) {
        world_.violate(fmt::format("{} more writes when all was at rest", world_.writes() - before));
    }
}

void TwoWaySimulation::run_for(std::chrono::hours time) {
    const Timestamp end = world_.clock.now() + time;
    std::size_t steps = 0;
    while (world_.clock.now() < end && world_.violations.empty()) {
        if (!process_) {
            start();
        } else if (process_->context.poll_one() == 0) {
            if (sends_webhooks_ && !in_flight_.empty()) {
                send_webhook();
                continue;
            }
            world_.clock.advance(world_.clock.next_sleeper().value_or(std::chrono::seconds{1}));
        }
        if (process_ && process_->ended()) {
            end_process("stopped");
        }
        if (++steps > most_steps) {
            world_.violate("the daemon never comes to rest");
        }
    }
}

void TwoWaySimulation::trace(const std::string& line) const {
    if (options_.trace) {
        fmt::print("{} {}\n", world_.clock.now().iso_microseconds(), line);
    }
}

}  // namespace revsync::simulation
