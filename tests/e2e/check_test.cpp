// "check" finds what is wrong before it hurts, and says how to mend it.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

using Check = ClinicTest;

TEST_F(Check, NamesAMissingIndexAndTheStatementThatMakesIt) {
    supabase->exec("DROP INDEX aligner_notes_changed_at");
    const Outcome outcome = daemon->check();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("CREATE INDEX CONCURRENTLY")) << outcome.output;
}

TEST_F(Check, NamesAMissingColumnAsAProblem) {
    lab->exec("ALTER TABLE dbo.tblAlignerNotes DROP COLUMN EditedAt");
    EXPECT_THAT(daemon->check(), FailedSaying(1, "❌", "EditedAt"));
}

TEST_F(Check, TellsThatBothSidesMintTheSameNumbersAndHowToSeparateThem) {
    EXPECT_TRUE(daemon->check().says("ALTER SEQUENCE"));
}

TEST_F(Check, ChangesNothingInEitherDatabaseAndSkipsNothing) {
    given_sets();
    doctor_writes("check reads and never writes");
    EXPECT_EQ(daemon->check().exit_code, 0);
    EXPECT_EQ(lab_doctor_notes(), 0);
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(Check, TellsItsFindingsAsJson) {
    const Outcome outcome = daemon->command({"check", "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("\"findings\"")) << outcome.output;
}

class RestrictedRole : public ClinicTest {
protected:
    // A role that may read the tables but does not see what other sessions do.
    void SetUp() override {
        ClinicTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        const std::string role = "sees_no_sessions_" + supabase->name();
        supabase->exec(
            fmt::format("CREATE ROLE {0} LOGIN BYPASSRLS PASSWORD 'Canary-Restricted-9'; "
                        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {0}",
                        role));
        secrets.push_back("Canary-Restricted-9");
        daemon->set("SUPABASE_DB_URL",
                    fmt::format("postgresql://{}:Canary-Restricted-9@127.0.0.1:{}/{}?sslmode=disable", role,
                                supabase->port(), supabase->name()));
        given_sets();
    }
};

TEST_F(RestrictedRole, IsWarnedOf) {
    EXPECT_TRUE(daemon->check().says("pg_read_all_stats"));
    EXPECT_TRUE(daemon->once().says("cannot see other sessions"));
}

TEST_F(RestrictedRole, LosesNothingThatCommitsLate) {
    PostgresConnection late = supabase->another_session();
    late.exec(
        "BEGIN; INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) "
        "VALUES (1, 'Doctor', 'stamped early, committed late')");
    doctor_writes("committed before the first poll");
    EXPECT_EQ(daemon->once().exit_code, 0);
    doctor_writes("committed before the second poll");
    EXPECT_EQ(daemon->once().exit_code, 0);
    late.exec("COMMIT");
    EXPECT_EQ(daemon->once().exit_code, 0);
    EXPECT_EQ(lab_doctor_notes(), 3);
    expect_same_notes();
    expect_one_flag_per_note();
}

}  // namespace
}  // namespace revsync::test
