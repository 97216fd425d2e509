// Doing it again changes nothing; a real edit always arrives.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

class Repeating : public ClinicTest {
protected:
    // Triggers of the practice's own, which fire for every statement that writes to the tables, whatever it changes.
    void given_witnesses() {
        lab->exec("CREATE TABLE dbo.Witness (WitnessID int IDENTITY PRIMARY KEY)");
        for (const char* table : {"tblAlignerNotes", "tblAlignerBatches"}) {
            lab->exec(
                fmt::format("CREATE TRIGGER dbo.trg_{0}_witness ON dbo.{0} AFTER INSERT, UPDATE, DELETE AS "
                            "BEGIN SET NOCOUNT ON; INSERT INTO dbo.Witness DEFAULT VALUES; END",
                            table));
        }
    }
    long writing_statements() { return lab->count("SELECT COUNT(*) FROM dbo.Witness"); }
};

TEST_F(Repeating, APollWithNothingNewFiresNoTrigger) {
    given_sets();
    given_batch(1, 10);
    given_witnesses();
    doctor_writes("the only note there is");
    doctor_changes_days(1, 14);
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(writing_statements(), 2);
    const long queued = lab->count("SELECT COUNT(*) FROM dbo.SyncQueue");
    for (int poll = 0; poll < 3; ++poll) {
        EXPECT_THAT(daemon->once(), Succeeded());
    }
    EXPECT_EQ(writing_statements(), 2);
    EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.SyncQueue"), queued);
    expect_one_flag_per_note();
}

TEST_F(Repeating, ReplayingADayFromTheStartFiresNoTrigger) {
    given_sets();
    given_witnesses();
    doctor_writes_many(700);
    EXPECT_THAT(daemon->once(), Succeeded());
    const long before = writing_statements();
    std::filesystem::remove(daemon->state_file());
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(writing_statements(), before);
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
