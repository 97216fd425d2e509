// Servers that fail in the middle of things: the service catches up by itself and nothing is lost or doubled.
#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

class Faults : public ClinicTest {
protected:
    void SetUp() override {
        if (real_sql_server()) {
            GTEST_SKIP() << "a real SQL Server takes no faults on request";
        }
        ClinicTest::SetUp();
    }
};

struct Fault {
    const char* name;
    const char* kind;
    int times;
    bool reported;  // a first cut is mended by a new connection, without a word to the users
    friend void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
};

class FaultOnTheWay : public Faults, public testing::WithParamInterface<Fault> {};

TEST_P(FaultOnTheWay, IsCaughtUpWithInSecondsAndNothingIsLostOrDoubled) {
    given_sets();
    doctor_writes_many(1200);
    lab->arm(GetParam().kind, GetParam().times);
    Process& service = daemon->start();
    if (GetParam().reported) {
        service.wait_for("❌ Reverse sync failed: ");
    }
    service.wait_for("✅ Reverse sync complete: ");
    EXPECT_EQ(daemon->stop(), 0);
    if (!GetParam().reported) {
        EXPECT_GT(lab->logins(), 2) << "nothing was cut";
    }
    expect_same_notes();
    expect_one_flag_per_note();
}

INSTANTIATE_TEST_SUITE_P(SqlServer, FaultOnTheWay,
                         testing::Values(Fault{"CutBeforeTheCommit", "drop_before_commit", 1, false},
                                         Fault{"CutAfterTheCommit", "drop_after_commit", 1, false},
                                         Fault{"CutInTheMiddleOfABatch", "drop_midway", 1, false},
                                         Fault{"CutBeforeACall", "drop_on_call", 1, false},
                                         Fault{"CutTwiceInARow", "drop_before_commit", 2, true},
                                         Fault{"Deadlock", "deadlock", 1, true},
                                         Fault{"LockTimeOut", "lock_timeout", 1, true},
                                         // The first logins are for a look at the clock, of which nothing is said.
                                         Fault{"StillStarting", "starting", 4, true}),
                         [](const auto& test) { return test.param.name; });

TEST_F(Faults, ASqlServerThatIsDownIsWaitedFor) {
    given_sets();
    doctor_writes("written while SQL Server is down");
    lab->stop();
    Process& service = daemon->start();
    service.wait_for("❌ Reverse sync failed: ");
    lab->start();
    service.wait_for("✅ Reverse sync complete: 1 notes");
    service.wait_for("🎉 Startup sync recovered 1 missed changes");
    expect_same_notes();
}

TEST_F(Faults, ASqlServerThatRestartsBetweenPollsIsFoundAgain) {
    given_sets();
    Process& service = daemon->start();
    service.wait_for("✓ Startup sync complete");
    lab->stop();
    lab->start();
    doctor_writes("written after the restart");
    service.signal(SIGUSR1);
    service.wait_for("✅ Synced 1/1 notes (0 errors)");
    service.wait_for("✅ Reverse sync complete");
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(Faults, ASqlServerThatStaysAwayDuringAPollIsCaughtUpWithWhenItReturns) {
    given_sets();
    Process& service = daemon->start();
    service.wait_for("✓ Startup sync complete");
    lab->stop();
    doctor_writes("written while SQL Server is down");
    service.signal(SIGUSR1);
    service.wait_for("❌ Reverse sync failed: ");
    lab->start();
    service.wait_for("✅ Reverse sync complete: 1 notes");
    expect_same_notes();
}

TEST_F(Faults, ATerminatedSupabaseSessionIsReplaced) {
    given_sets();
    Process& service = daemon->start();
    service.wait_for("✓ Startup sync complete");
    EXPECT_GE(supabase->terminate_daemon_sessions(), 1);
    doctor_writes("written after the session was ended");
    service.signal(SIGUSR1);
    service.wait_for("✅ Synced 1/1 notes (0 errors)");
    service.wait_for("✅ Reverse sync complete");
    expect_same_notes();
}

TEST_F(Faults, ASupabaseThatRefusesConnectionsIsWaitedFor) {
    given_sets();
    Process& service = daemon->start();
    service.wait_for("✓ Startup sync complete");
    doctor_writes("written while the service cannot connect");
    supabase->refuse_connections(true);
    supabase->terminate_daemon_sessions();
    service.signal(SIGUSR1);
    service.wait_for("❌ Reverse sync failed: ");
    supabase->refuse_connections(false);
    service.wait_for("✅ Reverse sync complete: 1 notes");
    expect_same_notes();
}

TEST_F(Faults, OnceTriesAFailureThatPassesByItselfAgain) {
    given_sets();
    doctor_writes("written before the deadlock");
    lab->arm("deadlock");
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("sqlserver 1205")) << outcome.output;
    expect_same_notes();
}

TEST_F(Faults, ARowThatThePracticeLocksIsTriedAgain) {
    given_sets();
    const int note = doctor_writes("the first version of it");
    EXPECT_THAT(daemon->once(), Succeeded());
    doctor_edits(note, "the second version of it");
    TdsConnection practice{lab->address()};
    practice.rows("BEGIN TRANSACTION; UPDATE dbo.tblAlignerNotes SET IsRead = 1;");
    Process& service = daemon->start();
    service.wait_for("❌ Reverse sync failed: ", std::chrono::seconds{90});
    practice.rows("COMMIT TRANSACTION;");
    service.wait_for("✅ Reverse sync complete: 1 notes", std::chrono::seconds{90});
    EXPECT_EQ(lab_text(note), "the second version of it");
    EXPECT_EQ(lab->value("SELECT IsRead FROM dbo.tblAlignerNotes"), "1");
}

}  // namespace
}  // namespace revsync::test
