// "check" finds what is wrong before it hurts, and says how to mend it.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

class Check : public ClinicTest {
protected:
    // Both directions, the other of which writes into every table of Supabase.
    void SetUp() override {
        ClinicTest::SetUp();
        if (!IsSkipped()) {
            daemon->set("FORWARD_SYNC_ENABLED", "true");
            supabase->exec("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " +
                           required_variable("TEST_POSTGRES_ROLE"));
        }
    }
};

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
    given_sets();
    supabase->exec(
        "INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text) VALUES "
        "(-7, 1, 'Doctor', 'numbered downwards before')");
    const std::string output = daemon->check().output;
    const auto begin = output.find("BEGIN; ALTER SEQUENCE");
    const auto end = output.find("COMMIT;", begin);
    ASSERT_NE(end, std::string::npos) << output;
    supabase->exec(output.substr(begin, end + 7 - begin));
    EXPECT_EQ(doctor_writes("numbered below what is there"), -8);
    EXPECT_FALSE(daemon->check().says("ALTER SEQUENCE"));
}

TEST_F(Check, ChangesNothingInEitherDatabaseAndSkipsNothing) {
    given_sets();
    doctor_writes("check reads and never writes");
    EXPECT_EQ(daemon->check().exit_code, 0);
    EXPECT_EQ(lab_doctor_notes(), 0);
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(Check, KnowsTheGenerationOfTheTriggersAndComparesBothClocks) {
    const Outcome outcome = daemon->check();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("trg_sync_tblwork of an older installation")) << outcome.output;
    EXPECT_TRUE(outcome.says("the clocks of SQL Server and Supabase agree")) << outcome.output;
    EXPECT_TRUE(outcome.says("public.aligner_batches may be written")) << outcome.output;
}

TEST_F(Check, NamesTheRightsThatTheDirectionFromSqlServerNeeds) {
    supabase->exec("REVOKE DELETE ON public.work FROM " + required_variable("TEST_POSTGRES_ROLE"));
    const Outcome outcome = daemon->check();
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says(R"(→ GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."work")")) << outcome.output;
}

TEST_F(Check, NamesATableThatNobodyQueues) {
    lab->exec("DROP TRIGGER dbo.trg_sync_tblwork");
    const Outcome outcome = daemon->check();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("no trigger queues what changes in table dbo.tblwork")) << outcome.output;
}

TEST_F(Check, NamesAMissingQueueAsAProblem) {
    lab->exec("DROP TABLE dbo.SyncQueue");
    EXPECT_THAT(daemon->check(), FailedSaying(1, "❌", "dbo.SyncQueue is missing"));
    daemon->set("FORWARD_SYNC_ENABLED", "false");
    EXPECT_EQ(daemon->check().exit_code, 0);
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
