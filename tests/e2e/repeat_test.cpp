// Doing it again changes nothing; a real edit always arrives.
#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using Repeating = ClinicTest;

TEST_F(Repeating, APollWithNothingNewTouchesNoRow) {
    given_sets();
    given_batch(1, 10);
    doctor_writes("the only note there is");
    doctor_changes_days(1, 14);
    EXPECT_THAT(daemon->once(), Succeeded());
    const auto before = lab->counts();
    const long queued = lab->count("SELECT COUNT(*) FROM dbo.SyncQueue");
    for (int poll = 0; poll < 3; ++poll) {
        EXPECT_THAT(daemon->once(), Succeeded());
    }
    EXPECT_EQ(lab->counts().rows_updated, before.rows_updated);
    EXPECT_EQ(lab->counts().rows_deleted, before.rows_deleted);
    EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.SyncQueue"), queued);
    expect_one_flag_per_note();
}

TEST_F(Repeating, ReplayingADayFromTheStartTouchesNoRow) {
    given_sets();
    doctor_writes_many(700);
    EXPECT_THAT(daemon->once(), Succeeded());
    const auto before = lab->counts();
    std::filesystem::remove(daemon->state_file());
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->counts().rows_updated, before.rows_updated);
    EXPECT_EQ(lab->counts().rows_deleted, before.rows_deleted);
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(Repeating, AnEditedNoteChangesAndRaisesNoSecondFlag) {
    given_sets();
    const int note = doctor_writes("the first version");
    EXPECT_THAT(daemon->once(), Succeeded());
    doctor_edits(note, "the second version");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_text(note), "the second version");
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(Repeating, AnEditOfLetterCaseOrTrailingBlanksArrivesThoughTheCollationIgnoresIt) {
    given_sets();
    const int note = doctor_writes("upper aligner number four");
    EXPECT_THAT(daemon->once(), Succeeded());
    doctor_edits(note, "Upper aligner number FOUR");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_text(note), "Upper aligner number FOUR");
    doctor_edits(note, "Upper aligner number FOUR  ");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_text(note), "Upper aligner number FOUR  ");
    expect_one_flag_per_note();
}

TEST_F(Repeating, TheLabsReadMarkSurvivesAnEdit) {
    given_sets();
    const int note = doctor_writes("to be read by the lab");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab->value("SELECT IsRead FROM dbo.tblAlignerNotes"), "0");
    lab->exec("UPDATE dbo.tblAlignerNotes SET IsRead = 1");
    doctor_edits(note, "edited after it was read");
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(lab_text(note), "edited after it was read");
    EXPECT_EQ(lab->value("SELECT IsRead FROM dbo.tblAlignerNotes"), "1");
}

}  // namespace
}  // namespace revsync::test
