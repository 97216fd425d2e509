// Both sides mint note numbers: a number that is taken is reported, never overwritten and never dropped.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using Collision = ClinicTest;

TEST_F(Collision, ALabNoteOfTheSameNumberIsNeverOverwritten) {
    given_sets();
    lab_writes(1, "what the lab wrote first");
    const int note = doctor_writes("a doctor's note of the same number");
    const int next = doctor_writes("a doctor's note of a free number");
    ASSERT_EQ(note, 1);

    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("⚠️  Parked notes [1]")) << outcome.output;
    EXPECT_EQ(lab_text(1), "what the lab wrote first");
    EXPECT_EQ(lab->value("SELECT NoteType FROM dbo.tblAlignerNotes WHERE NoteID = 1"), "Lab");
    EXPECT_EQ(lab_text(next), "a doctor's note of a free number");

    doctor_edits(note, "the doctor edits the note that collides");
    daemon->once();
    EXPECT_EQ(lab_text(1), "what the lab wrote first");
}

TEST_F(Collision, HealsOnceTheLabsNoteIsGone) {
    given_sets();
    lab_writes(1, "what the lab wrote first");
    doctor_writes("a doctor's note of the same number");
    daemon->once();
    lab->exec("DELETE FROM dbo.tblAlignerNotes WHERE NoteID = 1");
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

}  // namespace
}  // namespace revsync::test
