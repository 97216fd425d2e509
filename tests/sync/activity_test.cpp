#include "sync/activity.hpp"

#include <gmock/gmock.h>

#include "sync/fixture.hpp"

namespace revsync {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

class ActivityTest : public CatchUpTest {
protected:
    std::vector<std::string> events() const {
        std::vector<std::string> texts;
        for (const ActivityEvent& event : activity.status({}).events) {
            texts.push_back(event.text);
        }
        return texts;
    }

    void poll() { activity.note(run()); }
    void webhook(const std::string& stream, std::size_t changed, std::size_t parked = 0) {
        InboxReport report;
        StreamReport line;
        line.stream = stream;
        line.found = changed;
        line.changed = changed;
        line.parked = parked;
        report.streams.push_back(line);
        activity.note(report);
    }
    static DrainReport drained(const std::string& stream, std::size_t changed) {
        DrainReport report;
        StreamReport line;
        line.stream = stream;
        line.found = changed;
        line.changed = changed;
        report.streams.push_back(line);
        return report;
    }
    StreamStatus notes_status() {
        StatusSources sources;
        sources.catch_up = &catch_up();
        return activity.status(sources).streams.at(0);
    }

    Activity activity{mapping, clock};
};

TEST_F(ActivityTest, tells_nothing_of_a_poll_that_found_nothing) {
    poll();

    EXPECT_THAT(events(), ElementsAre("started"));
}

TEST_F(ActivityTest, tells_what_a_poll_changed) {
    notes(1, 3, at("13:00:00"));
    edited_batch(1, at("13:00:00"));

    poll();

    EXPECT_THAT(events(), ElementsAre("caught up with 1 batches, 3 notes", "started"));
}

TEST_F(ActivityTest, tells_a_burst_of_batches_together) {
    for (int i = 0; i < 50; ++i) {
        webhook("notes", 2);
        clock.advance(seconds{1});
    }
    EXPECT_THAT(events(), ElementsAre("synced 100 notes by webhook", "started"));

    clock.advance(minutes{1});
    webhook("batches", 1);

    EXPECT_THAT(events(), ElementsAre("synced 1 batches by webhook", "synced 100 notes by webhook", "started"));
}

TEST_F(ActivityTest, tells_when_rows_are_parked_and_when_they_are_no_longer) {
    note(1, at("13:00:00"), "an orphan", "77");
    poll();
    target.add_parent("77");
    clock.advance(minutes{60});
    poll();

    EXPECT_THAT(events(),
                ElementsAre("caught up with 1 notes", "no longer parked: 1 notes", "parked 1 notes", "started"));
}

TEST_F(ActivityTest, tells_a_failure_once_and_its_end) {
    fail_at("sink.prepare", memory::Fault::connection_lost, 3);
    poll();
    poll();
    poll();
    poll();

    EXPECT_THAT(events(), ElementsAre("everything is in step again",
                                      "the connection was cut; it is opened again (memory 1)", "started"));
}

TEST_F(ActivityTest, keeps_the_last_twenty) {
    for (int i = 1; i <= 30; ++i) {
        webhook("notes", static_cast<std::size_t>(i));
        clock.advance(minutes{2});
    }

    ASSERT_EQ(events().size(), Status::events_kept);
    EXPECT_EQ(events().front(), "synced 30 notes by webhook");
    EXPECT_EQ(events().back(), "synced 11 notes by webhook");
}

TEST_F(ActivityTest, counts_the_shares_of_polls_and_webhooks) {
    notes(1, 3, at("13:00:00"));
    note(4, at("13:00:00"), "an orphan", "77");
    webhook("notes", 5);
    poll();

    const StreamStatus status = notes_status();
    EXPECT_EQ(status.poll.found, 4U);
    EXPECT_EQ(status.poll.changed, 3U);
    EXPECT_EQ(status.poll.failed, 1U);
    EXPECT_EQ(status.webhook.changed, 5U);
    EXPECT_EQ(status.parked, 1U);
    EXPECT_EQ(status.last_ok, clock.now());
    EXPECT_EQ(status.position, clock.now());
}

TEST_F(ActivityTest, says_why_a_stream_does_not_run) {
    fail_at("feed.first_page", memory::Fault::stream);
    poll();
    EXPECT_TRUE(notes_status().error);
    EXPECT_FALSE(notes_status().last_ok);

    poll();
    EXPECT_FALSE(notes_status().error);
}

TEST_F(ActivityTest, says_why_the_webhooks_of_a_stream_fail_until_they_succeed) {
    InboxReport failed;
    StreamReport line;
    line.stream = "notes";
    line.error = Error{Disposition::stream, "sqlserver 208", "a table is missing"};
    failed.streams.push_back(line);
    activity.note(failed);
    ASSERT_TRUE(notes_status().error);
    EXPECT_EQ(notes_status().error->code, "sqlserver 208");

    webhook("notes", 1);
    EXPECT_FALSE(notes_status().error);
    EXPECT_EQ(notes_status().last_error->error.code, "sqlserver 208");

    activity.note(failed);
    poll();
    EXPECT_FALSE(notes_status().error);
}

TEST_F(ActivityTest, keeps_the_last_error_of_a_stream_that_runs_again) {
    EXPECT_FALSE(notes_status().last_error);
    fail_at("feed.first_page", memory::Fault::stream);
    poll();
    const Timestamp failed = clock.now();
    clock.advance(minutes{5});
    poll();

    ASSERT_TRUE(notes_status().last_error);
    EXPECT_EQ(notes_status().last_error->at, failed);
    EXPECT_EQ(notes_status().last_error->error.disposition, Disposition::stream);
}

TEST_F(ActivityTest, takes_a_stop_of_the_daemon_for_no_failure_of_a_stream) {
    CatchUpReport stopped;
    stopped.streams.emplace_back().stream = "notes";
    stopped.error = Error{Disposition::stopped, "", "the daemon is stopping"};
    activity.note(stopped);
    EXPECT_TRUE(notes_status().error);
    EXPECT_FALSE(notes_status().last_error);
}

TEST_F(ActivityTest, shows_the_parked_rows_that_failed_last) {
    settings.max_records = 1;
    std::vector<ParkedRow> rows(Status::parked_shown + 50);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].stream = "notes";
        rows[i].last_failed = Timestamp::from_microseconds(static_cast<std::int64_t>(i));
    }
    disk.quarantine = rows;
    StatusSources sources;
    sources.catch_up = &catch_up();

    const Status status = activity.status(sources);

    ASSERT_EQ(status.parked.size(), Status::parked_shown);
    EXPECT_EQ(status.parked.front().last_failed, rows.back().last_failed);
}

TEST_F(ActivityTest, tells_how_the_ends_answered) {
    WatchedSink watched{sink, clock};
    fail_at("sink.check", memory::Fault::connection_lost);
    finish(watched.check());
    StatusSources sources;
    sources.sink = &watched;

    const Status failed = activity.status(sources);
    EXPECT_FALSE(failed.ends.at(0).configured);
    EXPECT_TRUE(failed.ends.at(1).error);
    EXPECT_FALSE(failed.ends.at(1).last_answer);

    finish(watched.check());
    EXPECT_FALSE(activity.status(sources).ends.at(1).error);
    EXPECT_EQ(activity.status(sources).ends.at(1).last_answer, clock.now());
}

TEST_F(ActivityTest, tells_what_a_drain_sent_and_what_was_refused) {
    DrainReport report = drained("sets", 3);
    report.streams[0].failed = 1;
    report.unknown = 2;

    activity.note(report);

    EXPECT_THAT(events(),
                ElementsAre("not sent to Supabase: 2 of no stream, 1 sets", "sent 3 sets to Supabase", "started"));
}

TEST_F(ActivityTest, keeps_the_streams_of_both_directions_apart) {
    notes(1, 3, at("13:00:00"));
    poll();
    activity.note(drained("notes", 5));

    EXPECT_EQ(notes_status().poll.changed, 3U);
    EXPECT_EQ(notes_status().queue.changed, 0U);
}

TEST_F(ActivityTest, tells_each_settled_conflict_and_counts_the_winners) {
    InboxReport webhook;
    StreamReport line;
    line.stream = "notes";
    line.conflicts = {{"notes", "[1]", "Days", Direction::forward}, {"notes", "[2]", "Days", Direction::forward}};
    webhook.streams.push_back(line);
    activity.note(webhook);

    EXPECT_EQ(notes_status().won_by_sqlserver, 2U);
    EXPECT_EQ(notes_status().won_by_supabase, 0U);
    EXPECT_THAT(events(),
                ElementsAre("both sides edited notes [2] Days: SQL Server's edit is the newer one",
                            "both sides edited notes [1] Days: SQL Server's edit is the newer one", "started"));
}

TEST_F(ActivityTest, tells_a_drain_that_fails_once_until_it_runs_again) {
    DrainReport failed;
    failed.error = Error{Disposition::retry, "", "supabase is down", true};
    activity.note(failed);
    activity.note(failed);
    poll();
    EXPECT_THAT(events(), ElementsAre("supabase is down", "started"));

    activity.note(drained("sets", 0));

    EXPECT_THAT(events(), ElementsAre("everything is in step again", "supabase is down", "started"));
}

TEST_F(ActivityTest, tells_nothing_of_a_drain_that_stood_by) {
    DrainReport standing_by;
    standing_by.error = Error{Disposition::retry, Queue::in_use, "another daemon drains the queue", false};
    activity.note(standing_by);

    EXPECT_THAT(events(), ElementsAre("started"));
}

}  // namespace
}  // namespace revsync
