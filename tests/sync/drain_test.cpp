#include "sync/drain.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "support/memory/memory_forward_sink.hpp"
#include "support/memory/memory_queue.hpp"
#include "sync/drainer.hpp"
#include "sync/fixture.hpp"

namespace revsync {
namespace {

using memory::Columns;
using memory::Fault;
using memory::QueueEntry;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Status = QueueEntry::Status;

// The clinic's queue, and a Supabase that has set 1.
class DrainTest : public CatchUpTest {
protected:
    DrainTest() {
        forward.require_parent("aligner_batches", "aligner_set_id", "aligner_sets", true);
        forward.require_parent("aligner_notes", "aligner_set_id", "aligner_sets", true);
        source.commit_row("aligner_sets", 1, {{"created_at", at("08:00:00").iso_microseconds()}});
    }

    std::int64_t put(const std::string& table, std::int64_t id, const std::string& columns) {
        QueueEntry entry;
        entry.table = table;
        entry.record = id;
        entry.row = fmt::format("{{{}}}", columns);
        clock.advance(std::chrono::milliseconds{1});
        return queue_table.put(std::move(entry));
    }
    std::int64_t put_batch(std::int64_t id, int days, int set = 1) {
        rows[id] = fmt::format(R"({{"aligner_batch_id":{},"aligner_set_id":{},"days":{}}})", id, set, days);
        return put("aligner_batches", id, rows[id].substr(1, rows[id].size() - 2));
    }
    std::int64_t put_removal(const std::string& table, std::int64_t id) {
        QueueEntry entry;
        entry.table = table;
        entry.record = id;
        entry.operation = Operation::remove;
        return queue_table.put(std::move(entry));
    }
    Status status(std::int64_t id) { return queue_table.entry(id).status; }
    std::size_t attempts(std::int64_t id) { return queue_table.entry(id).attempts; }

    std::string sent(const std::string& table, std::int64_t id, const std::string& column) {
        const auto& all = source.committed(table);
        return all.contains(id) && all.at(id).contains(column) ? all.at(id).at(column) : "(none)";
    }
    std::string days(std::int64_t id) { return sent("aligner_batches", id, "days"); }

    Drain& drain() {
        if (!drain_) {
            const DrainEnds ends{queue, forward, catch_up()};
            drain_ = std::make_unique<Drain>(ends, gate, clock, log.logger(), mapping, drain_settings,
                                             [this] { ++catch_ups_owed; });
        }
        return *drain_;
    }
    DrainReport drained(Verbosity verbosity = Verbosity::announce) { return finish(drain().run(verbosity)); }

    std::map<std::int64_t, std::string> rows;  // of batches, in SQL Server
    memory::MemoryQueueTable queue_table{mapping, clock, [this](const Stream&, std::int64_t record) {
                                             return rows.contains(record) ? std::optional{rows.at(record)}
                                                                          : std::nullopt;
                                         }};
    memory::MemoryQueue queue{queue_table, faults};
    memory::MemoryForwardSink forward{source, faults};
    DrainSettings drain_settings;
    int catch_ups_owed = 0;

private:
    std::unique_ptr<Drain> drain_;
};

TEST_F(DrainTest, sends_what_is_queued_and_settles_it) {
    const auto item = put_batch(5, 14);

    const DrainReport report = drained();

    EXPECT_EQ(days(5), "14");
    EXPECT_EQ(status(item), Status::synced);
    EXPECT_EQ(report.first_error(), nullptr);
    EXPECT_EQ(report.found(), 1U);
    EXPECT_EQ(report.synced(), 1U);
    EXPECT_EQ(report.changed(), 1U);
    EXPECT_EQ(report.counts.value().pending, 0U);
}

TEST_F(DrainTest, writes_of_each_row_only_the_newest_item) {
    const auto first = put_batch(5, 14);
    const auto second = put_batch(5, 15);
    const auto third = put_batch(5, 16);

    EXPECT_EQ(drained().changed(), 1U);

    EXPECT_EQ(days(5), "16");
    for (const auto item : {first, second, third}) {
        EXPECT_EQ(status(item), Status::synced);
    }
}

TEST_F(DrainTest, removes_a_row_that_was_added_and_removed_again) {
    put_batch(5, 14);
    put_removal("aligner_batches", 5);

    EXPECT_EQ(drained().changed(), 0U);

    EXPECT_EQ(days(5), "(none)");
}

TEST_F(DrainTest, sends_a_child_that_was_queued_before_its_parent) {
    put_batch(5, 14, 2);
    put("aligner_sets", 2, R"("aligner_set_id":2)");

    EXPECT_EQ(drained().failed(), 0U);

    EXPECT_EQ(days(5), "14");
}

TEST_F(DrainTest, reads_on_until_nothing_is_due) {
    drain_settings.page_size = 2;
    for (int id = 1; id <= 7; ++id) {
        put_batch(id, id);
    }

    EXPECT_EQ(drained().synced(), 7U);
}

TEST_F(DrainTest, fails_the_one_bad_item_of_a_page_and_sends_the_others) {
    for (int id = 1; id <= 20; ++id) {
        put_batch(id, id, id == 13 ? 99 : 1);
    }

    const DrainReport report = drained();

    EXPECT_EQ(report.synced(), 19U);
    EXPECT_EQ(report.failed(), 1U);
    EXPECT_EQ(report.first_error(), nullptr) << "a bad item is no failure of the drain";
    EXPECT_EQ(status(13), Status::pending);
    EXPECT_EQ(attempts(13), 1U);
    EXPECT_THAT(queue_table.entry(13).error.value(), HasSubstr("parent"));
    EXPECT_THAT(log.texts(Level::warning), Contains(HasSubstr("Not sent: batches [13]")));
}

TEST_F(DrainTest, says_once_that_an_item_fails) {
    put_batch(13, 1, 99);
    drained();
    log.clear();
    clock.advance(minutes{1});

    EXPECT_EQ(drained().failed(), 1U);

    EXPECT_THAT(log.texts(Level::warning), IsEmpty());
}

TEST_F(DrainTest, fails_an_item_of_a_table_that_nobody_knows) {
    const auto item = put("strangers", 1, R"("id":1)");
    put_batch(5, 14);

    EXPECT_EQ(drained().unknown, 1U);

    EXPECT_EQ(attempts(item), 1U);
    EXPECT_EQ(days(5), "14");
}

TEST_F(DrainTest, items_of_one_row_share_its_fate) {
    const auto first = put_batch(13, 1, 99);
    const auto second = put_batch(13, 2, 99);

    drained();

    EXPECT_EQ(attempts(first), 1U);
    EXPECT_EQ(attempts(second), 1U);
}

TEST_F(DrainTest, counts_no_attempt_while_supabase_is_down) {
    const auto item = put_batch(5, 14);
    fail_at("forward.prepare", Fault::connection_lost);

    EXPECT_TRUE(drained().error);
    EXPECT_EQ(attempts(item), 0U);
    EXPECT_EQ(status(item), Status::pending);

    EXPECT_EQ(drained().synced(), 1U);
}

TEST_F(DrainTest, does_again_what_is_in_doubt) {
    const auto item = put_batch(5, 14);
    fail_at("forward.committed", Fault::in_doubt);

    EXPECT_EQ(drained().error.value().disposition, Disposition::in_doubt);
    EXPECT_EQ(status(item), Status::pending);

    EXPECT_EQ(drained().changed(), 0U) << "it was committed";
    EXPECT_EQ(status(item), Status::synced);
}

TEST_F(DrainTest, a_stream_that_cannot_be_written_holds_up_nobody_else) {
    put("aligner_sets", 1, R"("aligner_set_id":1,"notes":"n")");
    const auto batch = put_batch(5, 14);
    // The page, then the sets by themselves.
    fail_at("forward.apply", Fault::stream, 2);

    const DrainReport report = drained();

    EXPECT_EQ(report.first_error()->disposition, Disposition::stream);
    EXPECT_EQ(status(1), Status::pending);
    EXPECT_EQ(attempts(1), 0U);
    EXPECT_EQ(status(batch), Status::synced);
}

// Somebody in Supabase has edited rows and not committed.
class HeldUpTest : public DrainTest {
protected:
    void lock_batch(std::int64_t id) {
        source.put(open_, "aligner_batches", id,
                   {{"aligner_set_id", "1"}, {"created_at", at("08:00:00").iso_microseconds()}});
    }
    void unlock() { source.rollback(open_); }

private:
    memory::MemorySource::TransactionId open_ = source.begin();
};

TEST_F(HeldUpTest, a_locked_row_holds_up_no_other_and_costs_no_attempt) {
    for (int id = 1; id <= 100; ++id) {
        put_batch(id, id);
    }
    lock_batch(13);

    const DrainReport report = drained();

    EXPECT_EQ(report.synced(), 99U);
    EXPECT_EQ(report.failed(), 0U);
    EXPECT_FALSE(report.error);
    EXPECT_EQ(report.first_error()->disposition, Disposition::retry);
    EXPECT_EQ(status(13), Status::pending);
    EXPECT_EQ(attempts(13), 0U);
    EXPECT_THAT(log.texts(Level::warning), ElementsAre(HasSubstr("Held up: batches [13]: ")));
    unlock();
    EXPECT_EQ(drained().synced(), 1U);
    EXPECT_EQ(days(13), "13");
}

TEST_F(HeldUpTest, a_later_edit_does_not_overtake_one_that_waits) {
    drain_settings.page_size = 1;
    put_batch(5, 14);
    put_batch(5, 15);
    lock_batch(5);
    faults.choose([this, reads = 0](std::string_view point, std::size_t) mutable {
        if (point == "queue.read" && ++reads == 2) {
            unlock();
        }
        return Fault::none;
    });

    EXPECT_EQ(drained().synced(), 0U);
    EXPECT_EQ(drained().synced(), 2U);

    EXPECT_EQ(days(5), "15");
}

TEST_F(HeldUpTest, many_locked_rows_cost_a_page_few_attempts) {
    for (int id = 1; id <= 500; ++id) {
        put_batch(id, id);
        lock_batch(id);
    }
    int writes = 0;
    faults.choose([&](std::string_view point, std::size_t) {
        writes += point == "forward.apply" ? 1 : 0;
        return Fault::none;
    });

    EXPECT_EQ(drained().synced(), 0U);

    EXPECT_LE(writes, hold_up_limit + 10);
    EXPECT_THAT(log.texts(Level::warning), ElementsAre(HasSubstr(" and 499 more: ")));
}

TEST_F(HeldUpTest, a_row_that_somebody_edits_in_sql_server_is_sent_later) {
    put_batch(4, 14);
    put_batch(5, 15);
    queue.locked = {5};

    const DrainReport report = drained();

    EXPECT_EQ(report.first_error()->disposition, Disposition::retry);
    EXPECT_EQ(days(4), "14");
    EXPECT_EQ(attempts(2), 0U);
    queue.locked.clear();
    EXPECT_EQ(drained().synced(), 1U);
}

TEST_F(DrainTest, settles_nothing_that_is_not_committed) {
    const auto item = put_batch(5, 14);
    fail_at("forward.written", Fault::connection_lost);

    drained();

    EXPECT_EQ(days(5), "(none)");
    EXPECT_EQ(status(item), Status::pending);
}

TEST_F(DrainTest, changes_nothing_while_another_daemon_has_the_queue) {
    const auto item = put_batch(5, 14);
    memory::MemoryQueue other{queue_table, faults};
    ASSERT_TRUE(finish(other.anything_due()));

    EXPECT_TRUE(drained().queue_in_use());
    EXPECT_EQ(status(item), Status::pending);
    EXPECT_THAT(log.texts(Level::warning), IsEmpty());
}

// Between the writing and the commit another daemon may have written what came later.
TEST_F(DrainTest, commits_nothing_once_the_lock_of_the_queue_is_lost) {
    const auto item = put_batch(5, 14);
    faults.choose([this](std::string_view point, std::size_t) {
        if (point == "forward.written") {
            queue.lose_lock();
        }
        return Fault::none;
    });

    const DrainReport report = drained();

    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->disposition, Disposition::retry);
    EXPECT_EQ(days(5), "(none)");
    EXPECT_EQ(status(item), Status::pending);
    EXPECT_EQ(attempts(item), 0U);
    faults.choose([](std::string_view, std::size_t) { return Fault::none; });
    EXPECT_EQ(drained().synced(), 1U);
    EXPECT_EQ(days(5), "14");
}

TEST_F(DrainTest, stops_between_two_pages) {
    drain_settings.page_size = 1;
    put_batch(1, 1);
    put_batch(2, 2);
    drain();
    faults.choose([this](std::string_view point, std::size_t) {
        if (point == "forward.apply") {
            drain().request_stop();
        }
        return Fault::none;
    });

    EXPECT_EQ(drained().synced(), 1U);
}

TEST_F(DrainTest, purges_old_synced_items_at_most_once_an_hour) {
    put_batch(5, 14);
    drained();
    clock.advance(std::chrono::hours{24 * 7 + 1});
    drained();
    EXPECT_THAT(queue_table.entries(), IsEmpty());

    int purges = 0;
    faults.choose([&](std::string_view point, std::size_t) {
        purges += point == "queue.purge" ? 1 : 0;
        return Fault::none;
    });
    drained();
    EXPECT_EQ(purges, 0);
    clock.advance(std::chrono::hours{1});
    drained();
    EXPECT_EQ(purges, 1);
}

// A batch that a doctor edited at 10:00 and both sides have.
class EchoTest : public DrainTest {
protected:
    EchoTest() {
        source.commit_row("aligner_batches", 5,
                          {{"aligner_set_id", "1"},
                           {"days", "30"},
                           {"created_at", at("08:00:00").iso_microseconds()},
                           {"updated_at", at("10:00:00").iso_microseconds()}});
        target.put("tblAlignerBatches", 5, {{"Days", "30"}});
        run();
    }

    // The lab edits something else of the batch, and a trigger says so.
    void lab_edits_notes() {
        const auto item = put("aligner_batches", 5, R"("aligner_batch_id":5,"days":30,"notes":"n")");
        queue_table.entry(item).edited.emplace();
    }
};

TEST_F(EchoTest, a_write_of_ours_does_not_come_back_as_an_edit) {
    put_batch(5, 20);
    drained();
    ASSERT_THAT(disk.echoes, SizeIs(1));
    target.put("tblAlignerBatches", 5, {{"Days", "21"}});  // later than the write, and not drained yet

    const CatchUpReport report = run();

    EXPECT_EQ(report.changed(), 0U);
    EXPECT_EQ(target.find("tblAlignerBatches", 5)->at("Days"), "21");
}

TEST_F(EchoTest, is_known_after_a_restart) {
    put_batch(5, 20);
    drained();
    target.put("tblAlignerBatches", 5, {{"Days", "21"}});
    start();

    run();

    EXPECT_EQ(target.find("tblAlignerBatches", 5)->at("Days"), "21");
}

TEST_F(EchoTest, carries_the_time_at_which_a_doctor_edited_the_row) {
    lab_edits_notes();
    drained();

    ASSERT_THAT(disk.echoes, SizeIs(1));
    EXPECT_EQ(disk.echoes[0].edited, at("10:00:00"));
}

TEST_F(EchoTest, an_older_one_of_the_row_goes_when_the_next_is_committed) {
    put_batch(5, 20);
    drained();
    put_batch(5, 21);
    drained();
    put_batch(5, 22);
    drained();

    EXPECT_THAT(catch_up().echoes().all(), SizeIs(1));
}

TEST_F(EchoTest, an_older_one_stays_when_the_next_write_was_rolled_back) {
    put_batch(5, 20);
    drained();
    put_batch(5, 21);
    fail_at("echoes.saved", Fault::configuration);
    drained();
    nothing_fails();

    run();

    EXPECT_EQ(target.find("tblAlignerBatches", 5)->at("Days"), "30") << "20 is SQL Server's own, and 21 follows";
}

TEST_F(EchoTest, is_forgotten_long_after_the_cursor_has_passed_it) {
    put_batch(5, 20);
    drained();
    run();
    drained();
    EXPECT_THAT(disk.echoes, SizeIs(1)) << "an edit of the same time may still come";

    clock.advance(std::chrono::hours{2});
    run();
    drained();

    EXPECT_THAT(disk.echoes, IsEmpty());
}

TEST_F(EchoTest, is_kept_while_an_older_item_waits) {
    put_batch(6, 1, 99);
    put_batch(5, 20);
    drained();
    clock.advance(std::chrono::hours{2});
    run();
    drained();

    EXPECT_THAT(disk.echoes, SizeIs(1));
}

TEST_F(EchoTest, nothing_is_written_that_could_not_be_remembered) {
    const auto item = put_batch(5, 20);
    fail_at("echoes.save", Fault::configuration);

    EXPECT_EQ(drained().error.value().disposition, Disposition::configuration);

    EXPECT_EQ(days(5), "30");
    EXPECT_EQ(attempts(item), 0U);
}

TEST_F(EchoTest, an_edit_of_supabases_that_won_is_owed_to_sql_server) {
    const auto item = put_batch(5, 20);
    queue_table.entry(item).created = at("09:00:00");

    const DrainReport report = drained();

    EXPECT_EQ(days(5), "30");
    ASSERT_THAT(report.conflicts, SizeIs(1));
    EXPECT_EQ(report.conflicts[0].winner, Direction::reverse);
    EXPECT_NE(disk.find("batches", "[5]"), nullptr);
    EXPECT_EQ(catch_ups_owed, 1);
    EXPECT_EQ(status(item), Status::synced);
    EXPECT_THAT(log.texts(), Contains(HasSubstr("Both sides edited batches [5] days: Supabase's edit is the newer")));
}

TEST_F(EchoTest, a_conflict_whose_item_cannot_be_settled_at_once_is_told_once) {
    const auto item = put_batch(5, 20);
    queue_table.entry(item).created = at("09:00:00");
    fail_at("queue.settle", Fault::retry);

    EXPECT_THAT(drained().conflicts, SizeIs(1));
    EXPECT_EQ(status(item), Status::pending);
    EXPECT_THAT(drained().conflicts, IsEmpty());

    EXPECT_EQ(status(item), Status::synced);
    const auto lines = log.texts();
    EXPECT_EQ(std::ranges::count_if(
                  lines, [](const auto& line) { return line.find("Both sides edited") != std::string::npos; }),
              1);
}

class DrainerTest : public DrainTest {
protected:
    Drainer& start_draining() {
        drainer = std::make_unique<Drainer>(drain(), clock, log.logger(), context.get_executor(), DrainerSettings{});
        drainer->on_report([this](const DrainReport&) { ++runs; });
        boost::asio::co_spawn(context, drainer->run(), [this](std::exception_ptr thrown) {
            ended = true;
            EXPECT_FALSE(thrown);
        });
        context.restart();
        context.poll();
        return *drainer;
    }

    void pass(std::chrono::microseconds time) {
        clock.advance(time);
        context.poll();
    }
    void notify() {
        drainer->notify();
        context.poll();
    }

    std::unique_ptr<Drainer> drainer;
    int runs = 0;
    bool ended = false;
};

TEST_F(DrainerTest, drains_at_start) {
    put_batch(5, 14);

    start_draining();

    EXPECT_EQ(runs, 1);
    EXPECT_EQ(days(5), "14");
    EXPECT_THAT(log.texts(), Contains("🎉 Startup drain sent 1 waiting changes to Supabase"));
}

TEST_F(DrainerTest, drains_when_notified) {
    start_draining();
    put_batch(5, 14);

    notify();

    EXPECT_EQ(days(5), "14");
    EXPECT_EQ(runs, 2);
}

TEST_F(DrainerTest, joins_a_burst_of_notifications_into_one_drain) {
    start_draining();
    put_batch(5, 14);
    for (int i = 0; i < 100; ++i) {
        drainer->notify();
    }
    context.poll();

    EXPECT_EQ(runs, 2);
}

TEST_F(DrainerTest, finds_what_nobody_notified_of_by_a_light_look) {
    start_draining();
    put_batch(5, 14);

    pass(seconds{14});
    EXPECT_EQ(runs, 1);
    pass(seconds{1});

    EXPECT_EQ(days(5), "14");
}

TEST_F(DrainerTest, runs_no_drain_when_nothing_is_due) {
    start_draining();

    pass(seconds{15});
    pass(seconds{15});

    EXPECT_EQ(runs, 1);
}

TEST_F(DrainerTest, tries_a_failed_item_again_when_its_pause_is_over) {
    const auto item = put_batch(5, 14, 2);
    start_draining();
    ASSERT_EQ(attempts(item), 1U);
    source.commit_row("aligner_sets", 2, {});

    for (int i = 0; i < 5; ++i) {
        pass(seconds{15});
    }

    EXPECT_EQ(status(item), Status::synced);
}

TEST_F(DrainerTest, pauses_after_a_failure_however_often_it_is_notified) {
    fail_at("forward.prepare", Fault::connection_lost, 1000);
    put_batch(5, 14);
    start_draining();
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 20; ++i) {
            notify();
        }
        pass(seconds{1});
    }

    EXPECT_LE(runs, 60 / 3 + 4);
    EXPECT_EQ(attempts(1), 0U);
    nothing_fails();
    pass(seconds{60});
    EXPECT_EQ(days(5), "14");
}

TEST_F(DrainerTest, finds_within_a_look_that_supabase_is_back_after_an_hour) {
    fail_at("forward.prepare", Fault::connection_lost, 100000);
    put_batch(5, 14);
    start_draining();
    for (int second = 0; second < 3600; ++second) {
        pass(seconds{1});
    }
    ASSERT_EQ(attempts(1), 0U);

    nothing_fails();
    for (int second = 0; second < 16; ++second) {
        pass(seconds{1});
    }

    EXPECT_EQ(days(5), "14");
}

TEST_F(DrainerTest, tries_a_refused_login_once_a_minute_at_last) {
    fail_at("forward.prepare", Fault::configuration, 100000);
    start_draining();
    for (int second = 0; second < 3600; ++second) {
        pass(seconds{1});
    }

    EXPECT_LE(runs, 3600 / 45 + 6);
}

// A stream that fails for hours.
class BrokenStreamTest : public DrainerTest {
protected:
    BrokenStreamTest() {
        fail_at("forward.prepare", Fault::stream, 100000);
        start_draining();
        for (int second = 0; second < 600; ++second) {
            pass(seconds{1});
        }
        put_batch(5, 14);
    }
};

TEST_F(BrokenStreamTest, the_queue_is_looked_at_as_often_for_the_others) {
    for (int second = 0; second < 15; ++second) {
        pass(seconds{1});
    }

    EXPECT_EQ(days(5), "14");
}

TEST_F(BrokenStreamTest, a_notification_is_followed_at_once) {
    notify();

    EXPECT_EQ(days(5), "14");
}

TEST_F(BrokenStreamTest, the_start_ends_all_the_same_and_the_failure_is_said_once) {
    EXPECT_THAT(log.texts(), Contains(HasSubstr("Startup drain complete")));
    EXPECT_THAT(log.texts(Level::error), SizeIs(1));
}

TEST_F(DrainerTest, says_a_failure_once) {
    fail_at("forward.prepare", Fault::connection_lost, 5);
    put_batch(5, 14);
    start_draining();
    for (int i = 0; i < 10; ++i) {
        pass(seconds{60});
    }

    EXPECT_THAT(log.texts(Level::error), SizeIs(1));
}

TEST_F(DrainerTest, stands_by_for_another_daemon_and_takes_over_within_thirty_seconds) {
    auto other = std::make_unique<memory::MemoryQueue>(queue_table, faults);
    ASSERT_TRUE(finish(other->anything_due()));
    put_batch(5, 14);
    start_draining();
    for (int i = 0; i < 10; ++i) {
        pass(seconds{15});
    }
    EXPECT_TRUE(drainer->status().standing_by);
    EXPECT_THAT(log.texts(Level::warning), ElementsAre(HasSubstr("Another daemon drains the queue")));
    EXPECT_EQ(days(5), "(none)");

    other.reset();
    pass(seconds{15});
    pass(seconds{15});

    EXPECT_FALSE(drainer->status().standing_by);
    EXPECT_EQ(days(5), "14");
}

TEST_F(DrainerTest, whoever_asks_gets_the_report) {
    start_draining();
    put_batch(5, 14);
    std::optional<DrainReport> report;
    boost::asio::co_spawn(context, drainer->drain_now(),
                          [&](std::exception_ptr, DrainReport done) { report = std::move(done); });
    context.poll();

    ASSERT_TRUE(report);
    EXPECT_EQ(report->synced(), 1U);
}

TEST_F(DrainerTest, whoever_asks_during_a_drain_gets_the_report_of_the_next) {
    start_draining();
    std::optional<DrainReport> report;
    faults.choose([&](std::string_view point, std::size_t) {
        if (point == "queue.counts" && days(5) == "(none)" && queue_table.entries().empty()) {
            put_batch(5, 14);
            boost::asio::co_spawn(context, drainer->drain_now(),
                                  [&](std::exception_ptr, DrainReport done) { report = std::move(done); });
        }
        return Fault::none;
    });
    notify();

    ASSERT_TRUE(report);
    EXPECT_EQ(report->synced(), 1U);
    EXPECT_EQ(days(5), "14");
    EXPECT_EQ(runs, 3);
}

TEST_F(DrainerTest, tells_who_waits_that_it_stops) {
    start_draining();
    drainer->stop();
    context.poll();

    EXPECT_TRUE(ended);
    EXPECT_EQ(finish(drainer->drain_now()).error.value().disposition, Disposition::stopped);
}

TEST_F(DrainerTest, tells_the_log_of_many_drains_at_most_every_ten_seconds) {
    start_draining();
    log.clear();
    for (int i = 1; i <= 20; ++i) {
        put_batch(i, i);
        notify();
        pass(std::chrono::milliseconds{100});
    }
    pass(seconds{10});

    EXPECT_THAT(log.texts(), SizeIs(2));
    EXPECT_THAT(log.texts(), Contains(HasSubstr("📤 Synced 19/19 queued change(s) to Supabase (0 errors): 19 batches")));
}

TEST_F(DrainerTest, tells_how_the_queue_is) {
    put_batch(5, 14, 99);
    start_draining();

    const QueueStatus& status = drainer->status();

    EXPECT_EQ(status.counts.value().pending, 1U);
    EXPECT_EQ(status.last_ok, clock.now());
    EXPECT_FALSE(status.draining);
    EXPECT_TRUE(status.next_check);
}

}  // namespace
}  // namespace revsync
