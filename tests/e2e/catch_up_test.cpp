// A catch-up brings every row, however many there are and however their times fall.
#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using CatchUpEndToEnd = ClinicTest;

TEST_F(CatchUpEndToEnd, TenThousandRowsOfOneSingleTimestampArriveInPagesOfFiveHundred) {
    given_sets();
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "500");
    doctor_writes_many(10'000);
    ASSERT_EQ(supabase->value("SELECT count(DISTINCT created_at) FROM aligner_notes"), "1");
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(CatchUpEndToEnd, ATransactionThatIsOpenDuringTwoPollsLosesNothingWhenItCommits) {
    given_sets();
    PostgresConnection late = supabase->another_session();
    late.exec(
        "BEGIN; INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) "
        "VALUES (1, 'Doctor', 'stamped early, committed late')");
    doctor_writes("committed before the first poll");
    EXPECT_THAT(daemon->once(), Succeeded());
    doctor_writes("committed before the second poll");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_doctor_notes(), 2);
    late.exec("COMMIT");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_doctor_notes(), 3);
    expect_same_notes();
}

TEST_F(CatchUpEndToEnd, EditsOfMoreThanFiveHundredOldNotesAllArrive) {
    given_sets();
    supabase->exec(
        "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text, created_at) "
        "SELECT 1, 'Doctor', 'old note ' || n, now() - interval '20 hours' - n * interval '1 second' "
        "FROM generate_series(1, 1300) n");
    EXPECT_THAT(daemon->once(), Succeeded());
    supabase->exec(
        "UPDATE aligner_notes SET note_text = 'edited ' || note_id, is_edited = true, "
        "edited_at = clock_timestamp()");
    doctor_writes("a new note among many edits");
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(CatchUpEndToEnd, RowsOneMicrosecondApartAtAPageBorderAllArrive) {
    given_sets();
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "10");
    supabase->exec(
        "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text, created_at) "
        "SELECT 1, 'Doctor', 'close ' || n, now() - interval '1 hour' + (n / 4) * interval '1 microsecond' "
        "FROM generate_series(1, 203) n");
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(CatchUpEndToEnd, NotesOfTheLabStayWhereTheyAre) {
    given_sets();
    supabase->exec("INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) VALUES (1, 'Lab', 'of the lab')");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->value("SELECT COUNT(*) FROM dbo.tblAlignerNotes"), "0");
}

TEST_F(CatchUpEndToEnd, WhatIsOlderThanTheLookBackWindowIsLeftToTheFirstSetUp) {
    given_sets();
    daemon->set("REVERSE_SYNC_LOOKBACK_HOURS", "2");
    supabase->exec(
        "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text, created_at) VALUES "
        "(1, 'Doctor', 'inside', now() - interval '1 hour'), "
        "(1, 'Doctor', 'outside', now() - interval '3 hours')");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->value("SELECT NoteText FROM dbo.tblAlignerNotes"), "inside");
    EXPECT_EQ(lab_doctor_notes(), 1);
}

TEST_F(CatchUpEndToEnd, AnOlderSupabaseWithoutIsReadStartsNotesAsUnread) {
    given_sets();
    supabase->exec("ALTER TABLE aligner_notes DROP COLUMN is_read");
    doctor_writes("from an older installation");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->value("SELECT IsRead FROM dbo.tblAlignerNotes"), "0");
}

TEST_F(CatchUpEndToEnd, ANoteWhoseReadMarkIsEmptyArrivesAsUnread) {
    given_sets();
    supabase->exec("ALTER TABLE aligner_notes ALTER COLUMN is_read DROP DEFAULT");
    doctor_writes("written by a portal that sets no mark");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->value("SELECT IsRead FROM dbo.tblAlignerNotes"), "0");
}

}  // namespace
}  // namespace revsync::test
