// Whatever happens, no password and no word of a patient reaches a log, an error or a file. (Every other test is
// searched for them as well.)
#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

class Secrecy : public ClinicTest {
protected:
    void SetUp() override {
        ClinicTest::SetUp();
        if (daemon) {
            daemon->set("LOG_LEVEL", "debug");
        }
    }
};

TEST_F(Secrecy, HoldsForRowsThatTheTargetRefuses) {
    given_sets(1);
    given_sets_in_supabase(2, 2);
    lab->exec("ALTER TABLE dbo.tblAlignerNotes ADD CONSTRAINT CK_Short CHECK (LEN(NoteText) < 60)");
    lab_writes(3, "CanaryLab has a note of this number");
    doctor_writes("CanaryOne of a set that is missing", 2);
    doctor_writes("CanaryTwo is far too long for the check that the practice has put on its notes");
    doctor_writes("CanaryThree collides with the lab");
    secrets.insert(secrets.end(), {"CanaryOne", "CanaryTwo", "CanaryThree", "CanaryLab"});
    const Outcome outcome = daemon->once();
    EXPECT_TRUE(outcome.says("✅ Synced 0/3 notes (3 errors)")) << outcome.output;
    EXPECT_EQ(daemon->command({"once", "--json"}).exit_code, 0);
    daemon->check();
}

TEST_F(Secrecy, HoldsForValuesThatCannotBeConverted) {
    given_sets();
    supabase->exec(
        "ALTER TABLE aligner_notes DROP CONSTRAINT aligner_notes_note_type_check;"
        "ALTER TABLE aligner_notes ALTER COLUMN is_edited TYPE text USING 'CanaryBoolean'");
    doctor_writes("a note with a mark that is no mark");
    supabase->exec("UPDATE aligner_notes SET is_edited = 'CanaryBoolean'");
    secrets.push_back("CanaryBoolean");
    const Outcome outcome = daemon->once();
    EXPECT_TRUE(outcome.says("⚠️  Parked notes [1]")) << outcome.output;
}

TEST_F(Secrecy, HoldsWhenBothServersFail) {
    given_sets();
    doctor_writes("CanaryNote on its way when everything breaks");
    secrets.push_back("CanaryNote");
    if (!real_sql_server()) {
        lab->arm("drop_after_commit", 4);
    }
    daemon->once();
    supabase->refuse_connections(true);
    daemon->once();
    daemon->check();
    supabase->refuse_connections(false);
}

TEST_F(Secrecy, HoldsForTheStateFilesMode) {
    given_sets(1);
    given_sets_in_supabase(2, 2);
    doctor_writes("a note whose set is not in the lab yet", 2);
    daemon->once();
    for (const auto& file : {daemon->state_file(), daemon->quarantine_file()}) {
        EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms::all,
                  std::filesystem::perms{0600})
            << file;
    }
}

}  // namespace
}  // namespace revsync::test
