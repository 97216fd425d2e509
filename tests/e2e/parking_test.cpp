// A row that cannot be applied stands aside, is named, and holds up nothing.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using Parking = ClinicTest;

TEST_F(Parking, OneNoteWithoutItsSetHoldsUpNoneOfFiveHundredAndHealsByItself) {
    given_sets(1);
    given_sets_in_supabase(2, 2);
    doctor_writes_many(250);
    const int orphan = doctor_writes("a note whose set is not in the lab yet", 2);
    doctor_writes_many(249);

    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("✅ Synced 499/500 notes (1 errors)")) << outcome.output;
    EXPECT_THAT(outcome.lines_with(fmt::format("[{}]", orphan)), testing::Not(testing::IsEmpty())) << outcome.output;
    EXPECT_TRUE(outcome.says("sqlserver 547")) << outcome.output;
    EXPECT_EQ(lab_doctor_notes(), 499);
    EXPECT_THAT(daemon->quarantine(), testing::HasSubstr("sqlserver 547"));
    EXPECT_THAT(daemon->quarantine(), testing::HasSubstr(std::to_string(orphan)));

    given_sets_in_lab(2, 2);
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
    expect_one_flag_per_note();
    EXPECT_THAT(daemon->quarantine(), testing::Not(testing::HasSubstr("sqlserver 547")));
}

TEST_F(Parking, SeveralBadRowsInOneBatchAreEachNamed) {
    given_sets(1);
    given_sets_in_supabase(2, 3);
    doctor_writes_many(20);
    const int first = doctor_writes("of a missing set, once", 2);
    doctor_writes_many(20);
    const int second = doctor_writes("of a missing set, twice", 3);
    const Outcome outcome = daemon->once();
    EXPECT_TRUE(outcome.says("✅ Synced 40/42 notes (2 errors)")) << outcome.output;
    EXPECT_TRUE(outcome.says(fmt::format("[{}]", first))) << outcome.output;
    EXPECT_TRUE(outcome.says(fmt::format("[{}]", second))) << outcome.output;
    EXPECT_EQ(lab_doctor_notes(), 40);
}

TEST_F(Parking, AParkedRowOutlivesTheServiceAndIsSaidOnlyOnce) {
    given_sets(1);
    given_sets_in_supabase(2, 2);
    doctor_writes("a note whose set is not in the lab yet", 2);
    EXPECT_TRUE(daemon->once().says("⚠️  Parked notes"));
    const Outcome second = daemon->once();
    EXPECT_FALSE(second.says("⚠️  Parked notes")) << second.output;
    EXPECT_THAT(daemon->quarantine(), testing::HasSubstr("\"attempts\""));
}

TEST_F(Parking, AParkedRowThatTheDoctorDeletesIsForgotten) {
    given_sets(1);
    given_sets_in_supabase(2, 2);
    const int note = doctor_writes("a note whose set is not in the lab yet", 2);
    EXPECT_TRUE(daemon->once().says("⚠️  Parked notes"));
    supabase->exec(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", note));
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_THAT(daemon->quarantine(), testing::Not(testing::HasSubstr("sqlserver 547")));
}

TEST_F(Parking, AFailedRowIsNeverSkippedWhenItsErrorCannotBeRemembered) {
    given_sets(1);
    given_sets_in_supabase(2, 2);
    doctor_writes("a note whose set is not in the lab yet", 2);
    // A folder in the place of the file: it cannot be replaced by a file.
    std::filesystem::create_directories(daemon->quarantine_file() / "in the way");
    const Outcome outcome = daemon->once();
    EXPECT_NE(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("❌")) << outcome.output;
    std::filesystem::remove_all(daemon->quarantine_file());
    EXPECT_TRUE(daemon->once().says("⚠️  Parked notes"));
    given_sets_in_lab(2, 2);
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

}  // namespace
}  // namespace revsync::test
