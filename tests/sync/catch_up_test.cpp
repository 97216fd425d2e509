#include "sync/catch_up.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "sync/fixture.hpp"

namespace revsync {
namespace {

using memory::Fault;
using std::chrono::minutes;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(CatchUpTest, delivers_new_notes_and_edited_batches) {
    note(1, at("13:00:00"), "hello");
    edited_batch(3, at("13:10:00"), "12");

    const CatchUpReport report = run();

    EXPECT_FALSE(report.first_error());
    EXPECT_EQ(report.changed(), 2U);
    EXPECT_EQ(text_of(1), "hello");
    EXPECT_EQ(target.find("tblAlignerBatches", 3)->at("Days"), "12");
    EXPECT_EQ(disk.state.last_poll, clock.now());
}

TEST_F(CatchUpTest, delivers_an_edit_of_an_old_note) {
    note(1, at("13:00:00"), "first");
    run();
    clock.advance(minutes{60});
    source.commit_row("aligner_notes", 1,
                      {{"aligner_set_id", "1"},
                       {"note_type", "Doctor"},
                       {"note_text", "second"},
                       {"created_at", at("13:00:00").iso_microseconds()},
                       {"edited_at", source.now().iso_microseconds()}});

    const CatchUpReport report = run();

    EXPECT_EQ(text_of(1), "second");
    EXPECT_EQ(report.streams.front().changed, 1U);
}

TEST_F(CatchUpTest, pages_through_a_backlog_whose_rows_share_one_time) {
    settings.max_records = 3;
    notes(1, 10, at("13:00:00"));

    const CatchUpReport report = run();

    EXPECT_EQ(report.streams.front().found, 10U);
    EXPECT_EQ(target.rows("tblAlignerNotes").size(), 10U);
}

TEST_F(CatchUpTest, finds_a_row_that_was_committed_late) {
    const auto late = source.begin();
    source.put(late, "aligner_notes", 1,
               {{"aligner_set_id", "1"},
                {"note_type", "Doctor"},
                {"note_text", "late"},
                {"created_at", source.now().iso_microseconds()}});
    clock.advance(minutes{1});
    note(2, source.now(), "early");
    run();
    EXPECT_EQ(text_of(2), "early");

    source.commit(late);
    clock.advance(minutes{60});
    run();

    EXPECT_EQ(text_of(1), "late");
}

TEST_F(CatchUpTest, starts_at_the_look_back_window_when_it_knows_nothing) {
    note(1, at("13:00:00") - std::chrono::hours{23}, "inside");
    note(2, at("13:00:00") - std::chrono::hours{25}, "outside");
    settings.lookback = std::chrono::hours{24};

    run();

    EXPECT_EQ(text_of(1), "inside");
    EXPECT_EQ(text_of(2), "(none)");
}

TEST_F(CatchUpTest, goes_on_where_it_stopped_after_a_restart) {
    run();
    clock.advance(std::chrono::hours{48});
    note(1, at("15:00:00"), "while it was down");

    start();
    run();

    EXPECT_EQ(text_of(1), "while it was down");
}

TEST_F(CatchUpTest, does_not_let_the_look_back_window_slide_over_rows_while_the_target_is_down) {
    fail_at("sink.prepare", Fault::retry, 1000);
    run();
    clock.advance(minutes{30});
    note(1, source.now(), "written while the target was down");
    clock.advance(std::chrono::hours{30});
    run();
    start();

    nothing_fails();
    run();

    EXPECT_EQ(text_of(1), "written while the target was down");
}

TEST_F(CatchUpTest, runs_the_other_stream_when_one_has_lost_its_table) {
    edited_batch(3, at("13:10:00"), "12");
    fail_at("feed.first_page", Fault::stream);

    const CatchUpReport report = run();

    EXPECT_TRUE(report.streams[0].error);
    EXPECT_FALSE(report.streams[1].error);
    EXPECT_FALSE(report.error);
    EXPECT_EQ(target.find("tblAlignerBatches", 3)->at("Days"), "12");
    EXPECT_FALSE(disk.state.last_poll);
    EXPECT_THAT(log.texts(), Contains("❌ Reverse sync failed: the table is not there; create it (memory 4)"));
    EXPECT_THAT(log.texts(), Contains("⚠️  Reverse sync incomplete: 0 notes, 1 batches (0ms)"));
}

TEST_F(CatchUpTest, runs_the_other_stream_when_the_target_lacks_one_table) {
    edited_batch(3, at("13:10:00"), "12");
    fail_at("sink.prepare", Fault::stream);

    const CatchUpReport report = run();

    EXPECT_TRUE(report.streams[0].error);
    EXPECT_EQ(target.find("tblAlignerBatches", 3)->at("Days"), "12");
}

TEST_F(CatchUpTest, keeps_the_cursor_of_a_batch_that_was_not_applied) {
    run();
    const auto before = saved_cursor("notes");
    clock.advance(minutes{60});
    note(1, at("14:30:00"));
    fail_at("sink.apply", Fault::retry);

    const CatchUpReport report = run();

    EXPECT_EQ(report.streams[0].error->disposition, Disposition::retry);
    EXPECT_EQ(saved_cursor("notes"), before);
    run();
    EXPECT_EQ(text_of(1), "a note");
}

TEST_F(CatchUpTest, applies_a_batch_in_doubt_again_and_nothing_doubles) {
    note(1, at("13:00:00"));
    fail_at("sink.committed", Fault::in_doubt);

    EXPECT_TRUE(run().first_error());
    EXPECT_FALSE(run().first_error());

    EXPECT_EQ(target.activity("tblAlignerNotes").at(1), 1U);
}

TEST_F(CatchUpTest, does_not_pass_a_row_that_it_could_not_park_durably) {
    note(1, at("13:00:00"), "an orphan", "77");
    fail_at("quarantine.save", Fault::configuration);

    EXPECT_TRUE(run().first_error());

    EXPECT_LT(saved_cursor("notes")->changed_at, at("13:00:00"));
    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(CatchUpTest, parks_a_row_without_its_parent_and_lets_the_others_through) {
    note(1, at("13:00:00"));
    note(2, at("13:01:00"), "an orphan", "77");
    note(3, at("13:02:00"));

    const CatchUpReport report = run();

    EXPECT_EQ(text_of(1), "a note");
    EXPECT_EQ(text_of(3), "a note");
    EXPECT_EQ(report.parked(), 1U);
    EXPECT_FALSE(report.first_error());
    EXPECT_THAT(log.texts(), Contains("   ✅ Synced 2/3 notes (1 errors)"));
    EXPECT_THAT(log.texts(Level::warning),
                ElementsAre("⚠️  Parked notes [2]: the row's parent is not there; it is tried again (memory 547)"));
}

TEST_F(CatchUpTest, delivers_a_parked_row_once_its_parent_is_there) {
    note(2, at("13:01:00"), "an orphan", "77");
    run();
    log.clear();
    target.add_parent("77");
    clock.advance(minutes{60});

    const CatchUpReport report = run();

    EXPECT_EQ(text_of(2), "an orphan");
    EXPECT_EQ(report.parked(), 0U);
    EXPECT_THAT(disk.quarantine, IsEmpty());
    EXPECT_THAT(log.texts(), Contains("   🔁 Tried 1 parked notes again: 1 synced, 0 gone, 0 still parked"));
}

TEST_F(CatchUpTest, releases_a_parked_row_that_is_gone_from_the_source) {
    note(2, at("13:01:00"), "an orphan", "77");
    run();
    const auto deletion = source.begin();
    source.erase(deletion, "aligner_notes", 2);
    source.commit(deletion);
    clock.advance(minutes{60});

    const CatchUpReport report = run();

    EXPECT_EQ(report.parked(), 0U);
    EXPECT_THAT(log.texts(), Contains("   🔁 Tried 1 parked notes again: 0 synced, 1 gone, 0 still parked"));
}

TEST_F(CatchUpTest, never_overwrites_a_note_that_the_lab_has_under_the_same_number) {
    target.put("tblAlignerNotes", 1, {{"NoteType", "Lab"}, {"NoteText", "the lab's"}});
    note(1, at("13:00:00"), "the doctor's");

    const CatchUpReport report = run();

    EXPECT_EQ(text_of(1), "the lab's");
    EXPECT_EQ(report.parked(), 1U);
    EXPECT_THAT(log.texts(Level::warning), ElementsAre(StartsWith("⚠️  Parked notes [1]: the other side owns")));
}

TEST_F(CatchUpTest, delivers_rows_past_the_horizon_at_once) {
    source.begin();
    clock.advance(minutes{10});
    note(1, source.now(), "newer than the horizon");

    run();

    EXPECT_EQ(text_of(1), "newer than the horizon");
    EXPECT_EQ(saved_cursor("notes"), (Cursor{at("14:00:00"), std::nullopt}));
}

TEST_F(CatchUpTest, stops_between_pages_and_remembers_the_last_one) {
    settings.max_records = 2;
    notes(1, 10, at("13:00:00"));
    catch_up();
    int saves = 0;
    checkpoint.on_change([&] {
        if (saved_cursor("notes")->key && ++saves == 2) {
            catch_up().request_stop();
        }
    });

    const CatchUpReport report = run();

    EXPECT_FALSE(report.first_error());
    EXPECT_EQ(report.streams.front().synced, 4U);
    EXPECT_EQ(saved_cursor("notes"), (Cursor{at("13:00:00"), Key{"[4]"}}));
    EXPECT_FALSE(disk.state.last_poll);
    EXPECT_THAT(log.texts(), Contains("⏹️  Reverse sync stopped on request: 4 notes, 0 batches (0ms)"));
}

TEST_F(CatchUpTest, a_batch_that_loses_the_connection_does_not_starve_the_other_stream) {
    note(1, at("13:00:00"));
    edited_batch(3, at("13:10:00"));
    fail_at("sink.apply", Fault::connection_lost);

    const CatchUpReport report = run();

    EXPECT_FALSE(report.error);
    ASSERT_TRUE(report.streams.at(0).error);
    EXPECT_TRUE(report.streams.at(0).error->connection_lost);
    EXPECT_FALSE(report.streams.at(1).error) << describe(*report.streams.at(1).error);
    EXPECT_EQ(report.streams.at(1).synced, 1U);
    EXPECT_FALSE(disk.state.last_poll);
}

TEST_F(CatchUpTest, cannot_start_when_its_memory_cannot_be_read) {
    for (const char* point : {"checkpoint.load", "quarantine.load"}) {
        fail_at(point, Fault::configuration);
        CatchUp other{feed, sink, checkpoint, gate, clock, log.logger(), mapping, settings};
        EXPECT_FALSE(other.load()) << point;
    }
}

TEST_F(CatchUpTest, tries_every_parked_row_in_every_run_however_many_there_are) {
    settings.max_records = 2;
    for (std::int64_t id = 1; id <= 5; ++id) {
        note(id, at("13:00:00"), "an orphan", "77");
    }
    run();
    clock.advance(std::chrono::minutes{1});
    run();
    for (const ParkedRow& row : disk.quarantine) {
        EXPECT_EQ(row.attempts, 2U) << row.key;
    }
    target.add_parent("77");
    clock.advance(std::chrono::minutes{1});

    EXPECT_EQ(run().streams.front().synced, 5U);
    EXPECT_EQ(target.rows("tblAlignerNotes").size(), 5U);
}

TEST_F(CatchUpTest, counts_a_parked_row_once_that_the_page_brings_again) {
    source.begin();  // holds the horizon back, so that the row is read again
    clock.advance(minutes{1});
    note(1, source.now(), "an orphan", "77");
    run();
    ASSERT_EQ(disk.quarantine.at(0).attempts, 1U);

    run();
    EXPECT_EQ(disk.quarantine.at(0).attempts, 2U);

    target.add_parent("77");
    EXPECT_EQ(run().streams.front().synced, 1U);
}

TEST_F(CatchUpTest, tries_every_parked_row_once_though_the_wall_clock_goes_back) {
    note(1, at("13:00:00"), "an orphan", "77");
    run();
    clock.advance(-std::chrono::hours{5});

    EXPECT_EQ(run().streams.front().failed, 1U);
}

TEST_F(CatchUpTest, removes_a_parked_row_that_is_gone_where_the_stream_may_remove) {
    note(1, at("13:00:00"));
    run();
    const auto deletion = source.begin();
    source.erase(deletion, "aligner_notes", 1);
    source.commit(deletion);
    ASSERT_TRUE(catch_up().quarantine().owe("notes", std::vector<Key>{"[1]"}, clock.now()));

    run();

    EXPECT_EQ(text_of(1), "(none)");
    EXPECT_THAT(disk.quarantine, IsEmpty());
}

TEST_F(CatchUpTest, does_not_release_what_was_owed_while_the_row_was_being_applied) {
    note(1, at("13:00:00"), "an orphan", "77");
    run();
    target.add_parent("77");
    faults.choose([&](std::string_view point, std::size_t) {
        if (point == "sink.apply") {
            EXPECT_TRUE(catch_up().quarantine().owe("notes", std::vector<Key>{"[1]"}, clock.now()));
        }
        return Fault::none;
    });
    clock.advance(minutes{60});

    run();

    EXPECT_TRUE(disk.find("notes", "[1]"));
}

// Someone else who wants to use the ends during a catch-up.
class SharedGate : public CatchUpTest {
protected:
    // Asks for the gate when the catch-up first passes `point`, and notes how many rows were in the target when its
    // turn came.
    void visit_at(const std::string& point) {
        faults.choose([this, point](std::string_view name, std::size_t) {
            if (name == point && !asked) {
                asked = true;
                boost::asio::co_spawn(context, visit(), [](std::exception_ptr) {});
            }
            return Fault::none;
        });
    }

    boost::asio::awaitable<void> visit() {
        const Gate::Hold hold = co_await gate.enter();
        rows_then = target.rows("tblAlignerNotes").size();
        if (inside) {
            inside();
        }
    }

    bool asked = false;
    std::optional<std::size_t> rows_then;
    std::function<void()> inside;
};

TEST_F(SharedGate, lets_others_in_between_two_pages) {
    settings.max_records = 2;
    notes(1, 10, at("13:00:00"));
    visit_at("sink.apply");

    EXPECT_EQ(run().streams.front().synced, 10U);

    EXPECT_EQ(rows_then, 2U);
}

TEST_F(SharedGate, reads_the_next_streams_first_page_again_after_it_has_let_others_in) {
    note(1, at("13:00:00"));
    edited_batch(1, at("13:00:00"), "10");
    visit_at("sink.apply");
    inside = [this] {
        source.commit_row("aligner_batches", 1,
                          {{"created_at", at("08:00:00").iso_microseconds()},
                           {"updated_at", at("13:00:01").iso_microseconds()},
                           {"days", "11"}});
        target.put("tblAlignerBatches", 1, {{"Days", "11"}});
    };

    run();

    EXPECT_TRUE(rows_then);
    EXPECT_EQ(target.find("tblAlignerBatches", 1)->at("Days"), "11");
}

TEST_F(SharedGate, is_free_again_after_a_run_that_failed) {
    fail_at("feed.horizon", Fault::connection_lost);
    run();

    nothing_fails();
    boost::asio::co_spawn(context, visit(), [](std::exception_ptr) {});
    context.restart();
    context.poll();

    EXPECT_TRUE(rows_then);
}

}  // namespace
}  // namespace revsync
