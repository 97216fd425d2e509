#include "sync/poller.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sync/fixture.hpp"

namespace revsync {
namespace {

using memory::Fault;
using std::chrono::minutes;
using testing::Contains;
using testing::Not;
using testing::StartsWith;

class PollerTest : public CatchUpTest {
protected:
    Poller& start_polling(PollerSettings poller_settings = {}) {
        poller = std::make_unique<Poller>(catch_up(), clock, log.logger(), context.get_executor(), poller_settings);
        poller->on_report([this](const CatchUpReport& report) {
            ++runs;
            last_run_was_clean = !report.first_error();
        });
        boost::asio::co_spawn(context, poller->run(), [this](std::exception_ptr thrown) {
            ended = true;
            EXPECT_FALSE(thrown);
        });
        context.poll();
        return *poller;
    }

    void pass(std::chrono::microseconds time) {
        clock.advance(time);
        context.poll();
    }

    std::unique_ptr<Poller> poller;
    int runs = 0;
    bool last_run_was_clean = false;
    bool ended = false;
};

TEST_F(PollerTest, runs_at_start_and_then_once_every_interval) {
    start_polling({.interval = minutes{30}, .jitter_seed = 1});
    EXPECT_EQ(runs, 1);

    pass(minutes{30} - std::chrono::milliseconds{1});
    EXPECT_EQ(runs, 1);
    pass(std::chrono::milliseconds{1});
    EXPECT_EQ(runs, 2);
    pass(minutes{30});
    EXPECT_EQ(runs, 3);
}

TEST_F(PollerTest, says_that_nothing_was_missed) {
    start_polling();

    EXPECT_EQ(log.texts().front(), "🚀 Running initial reverse sync on startup...");
    EXPECT_EQ(log.texts().back(), "✓ Startup sync complete - no missed changes");
}

TEST_F(PollerTest, says_how_many_changes_were_recovered) {
    notes(1, 7, at("13:00:00"));

    start_polling();

    EXPECT_EQ(log.texts().back(), "🎉 Startup sync recovered 7 missed changes");
}

TEST_F(PollerTest, says_the_result_of_the_start_once_however_many_attempts_it_took) {
    settings.max_records = 2;
    notes(1, 7, at("13:00:00"));
    fail_at("sink.apply", Fault::retry, 1, 2);
    start_polling();
    EXPECT_THAT(log.texts(), Not(Contains(StartsWith("🎉"))));

    pass(Backoff::first);
    EXPECT_EQ(log.texts().back(), "🎉 Startup sync recovered 7 missed changes");
    pass(minutes{60});
    EXPECT_EQ(std::ranges::count(log.texts(), "✓ Startup sync complete - no missed changes"), 0);
}

TEST_F(PollerTest, tries_again_with_growing_pauses_until_a_run_is_clean) {
    fail_at("sink.prepare", Fault::connection_lost, 4);
    start_polling({.interval = minutes{60}, .jitter_seed = 42});

    Backoff expected{42};
    for (int failed = 1; failed <= 4; ++failed) {
        EXPECT_EQ(runs, failed);
        EXPECT_FALSE(last_run_was_clean);
        const auto delay = expected.next();
        pass(delay - std::chrono::milliseconds{1});
        EXPECT_EQ(runs, failed);
        pass(std::chrono::milliseconds{1});
    }
    EXPECT_EQ(runs, 5);
    EXPECT_TRUE(last_run_was_clean);
}

TEST_F(PollerTest, starts_with_the_shortest_pause_again_after_a_clean_run) {
    fail_at("sink.prepare", Fault::connection_lost, 3);
    start_polling();
    for (int attempt = 0; attempt < 3; ++attempt) {
        pass(Backoff::last);
    }
    ASSERT_TRUE(last_run_was_clean);
    fail_at("sink.prepare", Fault::connection_lost, 1);
    pass(minutes{60});
    ASSERT_FALSE(last_run_was_clean);

    pass(Backoff::first);

    EXPECT_TRUE(last_run_was_clean);
}

TEST_F(PollerTest, says_once_that_it_tries_again) {
    fail_at("sink.prepare", Fault::connection_lost, 5);
    start_polling();
    for (int attempt = 0; attempt < 5; ++attempt) {
        pass(Backoff::last);
    }

    const auto texts = log.texts();
    EXPECT_EQ(std::ranges::count_if(texts, [](const auto& line) { return line.starts_with("   ↻ Trying again in"); }),
              1);
    EXPECT_EQ(std::ranges::count_if(texts, [](const auto& line) { return line.starts_with("❌ Reverse sync failed"); }),
              1);
}

TEST_F(PollerTest, catches_up_at_once_when_woken) {
    start_polling();
    note(1, source.now());

    poller->wake();
    context.poll();

    EXPECT_EQ(runs, 2);
    EXPECT_EQ(text_of(1), "a note");
}

TEST_F(PollerTest, catches_up_again_when_woken_during_a_run) {
    start_polling();
    pass(minutes{60} - std::chrono::milliseconds{1});
    clock.advance(std::chrono::milliseconds{1});
    while (log.texts().back() != "🔄 Starting reverse sync poll (Supabase → SQL Server)") {
        ASSERT_EQ(context.poll_one(), 1U);
    }

    poller->wake();
    context.poll();

    EXPECT_EQ(runs, 3);
}

TEST_F(PollerTest, tries_again_at_once_when_woken_in_a_pause_after_a_failure) {
    fail_at("sink.prepare", Fault::connection_lost);
    start_polling();

    poller->wake();
    context.poll();

    EXPECT_TRUE(last_run_was_clean);
}

TEST_F(PollerTest, stops_while_it_sleeps) {
    start_polling();

    poller->stop();
    context.poll();

    EXPECT_TRUE(ended);
    EXPECT_EQ(runs, 1);
}

TEST_F(PollerTest, stops_in_the_pause_after_a_failure) {
    fail_at("sink.prepare", Fault::connection_lost);
    start_polling();

    poller->stop();
    context.poll();

    EXPECT_TRUE(ended);
    EXPECT_EQ(runs, 1);
    EXPECT_THAT(log.texts(), Not(Contains(StartsWith("✓ Startup"))));
}

TEST_F(PollerTest, finishes_the_batch_in_hand_when_stopped_in_a_run) {
    settings.max_records = 2;
    notes(1, 6, at("13:00:00"));
    catch_up();
    checkpoint.on_change([&] {
        if (poller && saved_cursor("notes")->key) {
            poller->stop();
        }
    });

    start_polling();

    EXPECT_TRUE(ended);
    EXPECT_EQ(target.rows("tblAlignerNotes").size(), 2U);
    EXPECT_EQ(saved_cursor("notes")->key, Key{"[2]"});
}

TEST_F(PollerTest, does_not_poll_at_all_when_stopped_before_it_began) {
    poller = std::make_unique<Poller>(catch_up(), clock, log.logger(), context.get_executor(), PollerSettings{});
    poller->stop();
    boost::asio::co_spawn(context, poller->run(), [this](std::exception_ptr) { ended = true; });
    context.poll();

    EXPECT_TRUE(ended);
    EXPECT_FALSE(disk.state.last_poll);
}

TEST_F(PollerTest, catches_up_at_once_with_what_is_owed) {
    start_polling();
    note(1, source.now());

    poller->owe();
    context.poll();

    EXPECT_EQ(runs, 2);
    EXPECT_EQ(text_of(1), "a note");
}

TEST_F(PollerTest, does_not_ask_a_target_again_at_once_because_something_is_owed) {
    fail_at("sink.prepare", Fault::connection_lost, 1000);
    start_polling();

    for (int webhook = 0; webhook < 100; ++webhook) {
        poller->owe();
        context.poll();
    }

    EXPECT_EQ(runs, 1);
}

TEST_F(PollerTest, tries_again_within_seconds_while_something_is_owed) {
    fail_at("sink.prepare", Fault::connection_lost, 1000);
    start_polling();
    for (int attempt = 0; attempt < 10; ++attempt) {
        pass(Backoff::last);
    }
    const int before = runs;
    poller->owe();

    pass(Poller::longest_pause_while_owed);
    EXPECT_EQ(runs, before + 1);
    nothing_fails();
    pass(Poller::longest_pause_while_owed);

    EXPECT_TRUE(last_run_was_clean);
}

TEST_F(PollerTest, says_a_failure_once_however_often_it_tries_again_because_something_is_owed) {
    fail_at("sink.prepare", Fault::retry, 1000);
    start_polling();
    for (int attempt = 0; attempt < 10; ++attempt) {
        poller->owe();
        pass(Poller::longest_pause_while_owed);
    }

    EXPECT_GT(runs, 5);
    EXPECT_EQ(log.texts(Level::error).size(), 1U);
}

TEST_F(PollerTest, does_not_try_a_wrong_password_any_sooner_because_something_is_owed) {
    fail_at("sink.prepare", Fault::configuration, 1000);
    start_polling();
    for (int attempt = 0; attempt < 10; ++attempt) {
        pass(Backoff::last);
    }
    const int before = runs;
    poller->owe();

    pass(Backoff::last / 2);

    EXPECT_EQ(runs, before);
}

TEST_F(PollerTest, only_does_what_it_is_asked_to_when_it_is_not_periodic) {
    start_polling({.interval = minutes{60}, .jitter_seed = 1, .periodic = false});
    pass(std::chrono::hours{100});
    EXPECT_EQ(runs, 0);
    EXPECT_FALSE(poller->next_run());
    EXPECT_THAT(log.texts(), testing::IsEmpty());

    poller->owe();
    context.poll();

    EXPECT_EQ(runs, 1);
}

TEST_F(PollerTest, tries_what_is_parked_at_start_even_when_it_is_not_periodic) {
    ParkedRow parked;
    parked.stream = "notes";
    parked.key = "[1]";
    disk.quarantine.push_back(parked);

    start_polling({.interval = minutes{60}, .jitter_seed = 1, .periodic = false});

    EXPECT_EQ(runs, 1);
    EXPECT_THAT(disk.quarantine, testing::IsEmpty());
}

TEST_F(PollerTest, says_when_it_runs_next) {
    start_polling({.interval = minutes{30}, .jitter_seed = 1});

    EXPECT_EQ(poller->next_run(), clock.now() + minutes{30});
    EXPECT_FALSE(poller->running());
}

// Someone who asks for a catch-up and waits for its report.
class PollerAsked : public PollerTest {
protected:
    void ask() {
        boost::asio::co_spawn(context, poller->catch_up_now(), [this](std::exception_ptr thrown, CatchUpReport report) {
            EXPECT_FALSE(thrown);
            reports.push_back(std::move(report));
        });
    }

    std::vector<CatchUpReport> reports;
};

TEST_F(PollerAsked, runs_at_once_and_gives_its_report) {
    start_polling();
    note(1, source.now());

    ask();
    context.poll();

    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].changed(), 1U);
    EXPECT_EQ(runs, 2);
}

TEST_F(PollerAsked, joins_the_run_that_is_on_its_way) {
    start_polling();
    pass(minutes{60} - std::chrono::milliseconds{1});
    clock.advance(std::chrono::milliseconds{1});
    while (!poller->running()) {
        ASSERT_EQ(context.poll_one(), 1U);
    }

    ask();
    ask();
    context.poll();

    EXPECT_EQ(reports.size(), 2U);
    EXPECT_EQ(runs, 2);
}

TEST_F(PollerAsked, does_not_wait_for_the_pause_after_a_failure) {
    fail_at("sink.prepare", Fault::configuration);
    start_polling();

    ask();
    context.poll();

    ASSERT_EQ(reports.size(), 1U);
    EXPECT_FALSE(reports[0].first_error());
}

TEST_F(PollerAsked, is_told_that_it_stops) {
    start_polling();
    poller->stop();
    ask();
    context.poll();

    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].error->disposition, Disposition::stopped);
}

class CatchUpOnce : public CatchUpTest {
protected:
    // Turns the clock whenever the work waits for it.
    CatchUpReport once() {
        std::optional<CatchUpReport> report;
        boost::asio::co_spawn(context, catch_up_once(catch_up(), clock, 1),
                              [&](std::exception_ptr, CatchUpReport made) { report = std::move(made); });
        context.poll();
        while (!report && clock.next_sleeper()) {
            ++pauses;
            clock.advance(*clock.next_sleeper());
            context.poll();
        }
        return std::move(report).value();
    }

    int pauses = 0;
};

TEST_F(CatchUpOnce, ends_with_the_first_clean_run) {
    note(1, at("13:00:00"));

    const CatchUpReport report = once();

    EXPECT_EQ(report.changed(), 1U);
    EXPECT_EQ(pauses, 0);
}

TEST_F(CatchUpOnce, tries_a_failure_that_passes_by_itself_again_and_counts_all_attempts) {
    settings.max_records = 2;
    notes(1, 3, at("13:00:00"));
    fail_at("sink.apply", Fault::retry, 2, 1);

    const CatchUpReport report = once();

    EXPECT_FALSE(report.first_error());
    EXPECT_EQ(report.changed(), 3U);
    EXPECT_EQ(pauses, 2);
}

TEST_F(CatchUpOnce, gives_up_after_a_few_attempts) {
    fail_at("sink.prepare", Fault::connection_lost, 1000);

    const CatchUpReport report = once();

    EXPECT_TRUE(report.first_error());
    EXPECT_EQ(pauses, 3);
}

TEST_F(CatchUpOnce, returns_a_failure_that_needs_a_person_at_once) {
    fail_at("sink.prepare", Fault::configuration, 1000);

    const CatchUpReport report = once();

    EXPECT_EQ(report.first_error()->disposition, Disposition::configuration);
    EXPECT_EQ(pauses, 0);
}

TEST_F(CatchUpOnce, does_not_try_again_after_it_was_asked_to_stop) {
    fail_at("sink.prepare", Fault::connection_lost, 1000);
    catch_up().request_stop();

    once();

    EXPECT_EQ(pauses, 0);
}

}  // namespace
}  // namespace revsync
