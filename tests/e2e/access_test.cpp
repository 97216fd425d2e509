// Whatever keeps the service out is named in one clear line, and what still can run goes on.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

using Access = ClinicTest;

TEST_F(Access, AColumnMissingInSupabaseStopsOnlyItsStream) {
    given_sets();
    doctor_writes("goes on without the batches");
    supabase->exec("ALTER TABLE aligner_batches DROP COLUMN days");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "days"));
    expect_same_notes();
}

TEST_F(Access, AColumnMissingInSqlServerStopsOnlyItsStreamUntilItIsBack) {
    given_sets();
    given_batch(1, 10);
    doctor_changes_days(1, 14);
    doctor_writes("waits for the column");
    lab->exec("ALTER TABLE dbo.tblAlignerNotes DROP COLUMN EditedAt");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "EditedAt"));
    EXPECT_EQ(lab_days(1), "14");
    lab->exec("ALTER TABLE dbo.tblAlignerNotes ADD EditedAt datetime NULL");
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(Access, ATableMissingInSqlServerIsNamed) {
    given_sets();
    doctor_writes("goes on without the batches");
    lab->exec("DROP TABLE dbo.tblAlignerBatches");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "tblAlignerBatches"));
    expect_same_notes();
}

TEST_F(Access, ATableThatTheRoleMayNotReadIsNamed) {
    given_sets();
    doctor_writes("goes on without the batches");
    supabase->exec("REVOKE SELECT ON aligner_batches FROM " + required_variable("TEST_POSTGRES_ROLE"));
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "aligner_batches"));
    expect_same_notes();
}

TEST_F(Access, AWrongPasswordOfSupabaseIsNamed) {
    daemon->set("SUPABASE_DB_URL",
                fmt::format("postgresql://{}:Wrong-Canary-0815@127.0.0.1:{}/{}",
                            required_variable("TEST_POSTGRES_ROLE"), supabase->port(), supabase->name()));
    secrets.push_back("Wrong-Canary-0815");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "password"));
    EXPECT_EQ(daemon->check().exit_code, 1);
}

TEST_F(Access, AWrongDatabaseOfSupabaseIsNamed) {
    daemon->set("SUPABASE_DB_URL",
                fmt::format("postgresql://{}:{}@127.0.0.1:{}/no_such_database", required_variable("TEST_POSTGRES_ROLE"),
                            SupabaseDatabase::password(), supabase->port()));
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "no_such_database"));
}

TEST_F(Access, AWrongHostOfSupabaseIsNamed) {
    daemon->set("SUPABASE_DB_URL", supabase->url("sslmode=disable&connect_timeout=3", "no-such-host.invalid"));
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "no-such-host.invalid"));
}

TEST_F(Access, ASupabaseUrlThatCannotBeReadIsAUsageErrorWithoutItsPassword) {
    daemon->set("SUPABASE_DB_URL", "postgresql://user:Canary#With%Odd/Signs@127.0.0.1:5432/postgres");
    secrets.push_back("Canary#With");
    secrets.push_back("Odd/Signs");
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
    EXPECT_TRUE(outcome.says("SUPABASE_DB_URL")) << outcome.output;
}

TEST_F(Access, AWrongPasswordOfSqlServerIsNamed) {
    daemon->set("DB_PASSWORD", "Wrong-Canary-4711");
    secrets.push_back("Wrong-Canary-4711");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "18456"));
    EXPECT_EQ(daemon->check().exit_code, 1);
}

TEST_F(Access, AWrongDatabaseOfSqlServerIsNamed) {
    daemon->set("DB_NAME", "no_such_database");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "no_such_database"));
}

TEST_F(Access, AWrongHostOfSqlServerIsNamed) {
    daemon->set("DB_SERVER", "no-such-host.invalid");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "no-such-host.invalid"));
}

TEST_F(Access, APortWhereNoSqlServerListensIsNamed) {
    daemon->set("DB_PORT", "1");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "127.0.0.1"));
}

TEST_F(Access, RowsThatRowLevelSecurityHidesAreAFailureAndNeverNothingNew) {
    given_sets();
    doctor_writes("hidden from the role by a policy");
    supabase->exec(
        "DO $$ BEGIN CREATE ROLE sees_nothing LOGIN PASSWORD 'Canary-Rls-Role-31'; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; "
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO sees_nothing");
    secrets.push_back("Canary-Rls-Role-31");
    daemon->set("SUPABASE_DB_URL", fmt::format("postgresql://sees_nothing:Canary-Rls-Role-31@127.0.0.1:{}/{}",
                                               supabase->port(), supabase->name()));
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_TRUE(outcome.says("❌ Reverse sync failed: ")) << outcome.output;
    EXPECT_FALSE(outcome.says("No new notes found")) << outcome.output;
}

TEST_F(Access, ASupabaseCertificateOfAnotherAuthorityIsRefusedAndTheRightOneIsTaken) {
    given_sets();
    doctor_writes("travels over a checked connection");
    const auto with_authority = [&](const std::string& file) {
        return supabase->url("sslmode=verify-full&sslrootcert=" + tls_file(file).string(), "localhost");
    };
    daemon->set("SUPABASE_DB_URL", with_authority("other-ca.crt"));
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "certificate"));
    daemon->set("SUPABASE_DB_URL", with_authority("ca.crt"));
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

class EncryptedAccess : public ClinicTest {
protected:
    void SetUp() override {
        ClinicTest::SetUp();
        if (IsSkipped() || real_sql_server()) {
            GTEST_SKIP() << "needs the stand-in's certificate";
        }
        lab = std::make_unique<SqlServerDatabase>(SqlServerDatabase::Encryption::on);
        daemon->use(*supabase, *lab);
        daemon->set("DB_SERVER", "localhost");
        daemon->set("DB_ENCRYPT", "require");
        secrets.push_back(lab->address().password);
        given_sets();
        doctor_writes("travels over an encrypted connection");
    }
};

TEST_F(EncryptedAccess, WorksWithoutAnAuthority) {
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(EncryptedAccess, WorksWithTheRightAuthority) {
    daemon->set("DB_CA_FILE", tls_file("ca.crt").string());
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(EncryptedAccess, RefusesACertificateOfAnotherAuthority) {
    daemon->set("DB_CA_FILE", tls_file("other-ca.crt").string());
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "certificate"));
    EXPECT_EQ(lab_doctor_notes(), 0);
}

TEST_F(Access, AServerThatCannotEncryptIsRefusedWhenEncryptionIsRequired) {
    if (real_sql_server()) {
        GTEST_SKIP() << "every real server can encrypt";
    }
    lab = std::make_unique<SqlServerDatabase>(SqlServerDatabase::Encryption::impossible);
    daemon->use(*supabase, *lab);
    daemon->set("DB_ENCRYPT", "require");
    given_sets();
    doctor_writes("must not travel in the clear");
    EXPECT_THAT(daemon->once(), FailedSaying(1, "❌ Reverse sync failed: ", "encrypt"));
    EXPECT_EQ(lab_doctor_notes(), 0);
}

}  // namespace
}  // namespace revsync::test
