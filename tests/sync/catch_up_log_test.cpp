#include "sync/catch_up.hpp"

#include <gmock/gmock.h>

#include "sync/fixture.hpp"

namespace revsync {
namespace {

using memory::Fault;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(CatchUpTest, says_what_an_empty_poll_always_said) {
    run();

    const std::string since = format_local(at("14:00:00") - std::chrono::hours{24});
    EXPECT_THAT(log.texts(), ElementsAre("🔄 Starting reverse sync poll (Supabase → SQL Server)",
                                         "🔍 Polling for notes since " + since, "   ✓ No new notes found",
                                         "🔍 Polling for batch updates since " + since, "   ✓ No batch updates found",
                                         "✅ Reverse sync complete: 0 notes, 0 batches (0ms)"));
}

TEST_F(CatchUpTest, says_what_it_found_and_synced_with_the_users_words) {
    notes(1, 5, at("13:00:00"));
    edited_batch(1, at("13:10:00"));
    edited_batch(2, at("13:10:00"));
    source.commit_row("aligner_batches", 3,
                      {{"created_at", at("13:20:00").iso_microseconds()},
                       {"updated_at", at("13:20:00").iso_microseconds()},
                       {"days", "9"}});

    run();

    const std::string since = format_local(at("14:00:00") - std::chrono::hours{24});
    EXPECT_THAT(
        log.texts(),
        ElementsAre("🔄 Starting reverse sync poll (Supabase → SQL Server)", "🔍 Polling for notes since " + since,
                    "   📝 Found 5 note(s) to sync", "   ✅ Synced 5/5 notes (0 errors)",
                    "🔍 Polling for batch updates since " + since, "   📦 Found 2 edited batch(es) (3 total)",
                    "   ✅ Synced 2/2 batch updates (0 errors)", "✅ Reverse sync complete: 5 notes, 2 batches (0ms)"));
}

TEST_F(CatchUpTest, warns_of_a_cursor_in_the_sources_future_and_reads_the_look_back_window) {
    note(1, at("13:00:00"), "would be skipped");
    disk.state.cursors["notes"] = {at("14:00:00") + std::chrono::hours{9}, Key{"[99]"}};

    run();

    EXPECT_EQ(text_of(1), "would be skipped");
    EXPECT_THAT(
        log.texts(Level::warning),
        ElementsAre("⚠️  notes: the saved position 2025-01-21T23:00:00.000Z is in Supabase's future; reading "
                    "the last 24 hours again"));
    EXPECT_EQ(saved_cursor("notes"), (Cursor{at("14:00:00"), std::nullopt}));
}

TEST_F(CatchUpTest, says_when_the_position_cannot_be_saved_and_reads_again_from_the_saved_one) {
    settings.max_records = 2;
    notes(1, 5, at("13:00:00"));
    fail_at("checkpoint.save", Fault::configuration, 1000, 1);

    const CatchUpReport report = run();

    EXPECT_TRUE(report.first_error());
    EXPECT_EQ(log.texts(Level::error),
              std::vector<std::string>{"❌ Reverse sync failed: access was refused; check the settings (memory 5)"});
    EXPECT_EQ(saved_cursor("notes"), (Cursor{at("14:00:00") - std::chrono::hours{24}, std::nullopt}));
    nothing_fails();
    start();
    run();
    EXPECT_EQ(target.rows("tblAlignerNotes").size(), 5U);
}

TEST_F(CatchUpTest, says_once_that_a_row_is_parked) {
    note(2, at("13:01:00"), "an orphan", "77");
    run();
    log.clear();
    clock.advance(minutes{60});

    run();

    EXPECT_THAT(log.texts(Level::warning), IsEmpty());
    EXPECT_EQ(disk.quarantine.front().attempts, 2U);
}

TEST_F(CatchUpTest, never_writes_a_rows_values_to_the_log_or_the_disk) {
    note(1, at("13:00:00"), "a secret diagnosis");
    note(2, at("13:01:00"), "a secret diagnosis", "77");

    run();

    for (const auto& [level, line] : log.lines()) {
        EXPECT_THAT(line, Not(HasSubstr("secret")));
    }
    EXPECT_THAT(disk.quarantine.front().error_text, Not(HasSubstr("secret")));
}

TEST_F(CatchUpTest, warns_once_that_other_sessions_are_hidden_and_reads_an_overlap_again) {
    source.sessions_hidden = true;

    run();
    run();

    EXPECT_THAT(log.texts(Level::warning), ElementsAre(HasSubstr("grant it pg_read_all_stats")));
    EXPECT_EQ(saved_cursor("notes"), (Cursor{at("13:55:00"), std::nullopt}));
}

TEST_F(CatchUpTest, warns_of_a_transaction_that_has_been_open_too_long) {
    source.begin();
    clock.advance(minutes{14});
    run();
    EXPECT_THAT(log.texts(Level::warning), IsEmpty());

    clock.advance(minutes{2});
    run();

    EXPECT_THAT(
        log.texts(Level::warning),
        ElementsAre("⚠️  A transaction has been open in Supabase for 16 minutes: rows since then are read again "
                    "at each poll; find it in pg_stat_activity and end it"));
}

TEST_F(CatchUpTest, says_a_failure_once_while_it_tries_again) {
    fail_at("sink.prepare", Fault::connection_lost, 2);
    run();
    log.clear();

    run(Verbosity::retry);
    EXPECT_THAT(log.texts(), IsEmpty());

    run(Verbosity::retry);
    EXPECT_THAT(log.texts(), ElementsAre("✅ Reverse sync complete: 0 notes, 0 batches (0ms)"));
}

TEST_F(CatchUpTest, says_a_new_failure_while_it_tries_again) {
    fail_at("sink.prepare", Fault::connection_lost);
    run();
    log.clear();
    fail_at("sink.prepare", Fault::configuration);

    run(Verbosity::retry);

    EXPECT_THAT(log.texts(), ElementsAre(HasSubstr("access was refused")));
}

TEST_F(CatchUpTest, warns_of_an_open_transaction_once_while_it_tries_again) {
    source.begin();
    clock.advance(minutes{20});
    fail_at("sink.apply", Fault::retry, 3);
    note(1, at("14:10:00"));
    run();
    run(Verbosity::retry);
    run(Verbosity::retry);

    EXPECT_THAT(log.texts(Level::warning), ElementsAre(HasSubstr("has been open"), HasSubstr("Reverse sync failed")));
}

}  // namespace
}  // namespace revsync
