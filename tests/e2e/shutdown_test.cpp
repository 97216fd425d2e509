// Stopping the service loses nothing and never takes long.
#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

class Shutdown : public ClinicTest {
protected:
    // A service in the middle of a batch that SQL Server does not answer, and asked once to stop.
    Process& stopping_in_a_held_up_batch() {
        given_sets();
        Process& service = daemon->start();
        service.wait_for("✓ Startup sync complete");
        doctor_writes("held up by a slow server");
        lab->arm("slow", 1, 60'000);
        service.signal(SIGUSR1);
        service.wait_for("🔄 Starting reverse sync poll");
        service.signal(SIGTERM);
        return service;
    }

    // How many notes it has read from Supabase, whether or not they were in SQL Server already.
    static long notes_read(const Process& service) {
        const std::string words = "📝 Found ";
        long sum = 0;
        for (const std::string& line : service.lines()) {
            if (const auto found = line.find(words); found != std::string::npos) {
                sum += std::stol(line.substr(found + words.size()));
            }
        }
        return sum;
    }

    void expect_the_next_run_to_catch_up() {
        lab->arm("none");
        EXPECT_THAT(daemon->once(), Succeeded());
        expect_same_notes();
    }
};

TEST_F(Shutdown, InTheMiddleOfACatchUpIsCleanAndTheNextStartGoesOn) {
    given_sets();
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "50");
    doctor_writes_many(20'000);
    // What has just been written is read twice in any case.
    supabase->exec("UPDATE aligner_notes SET created_at = now() - interval '1 hour'");
    Process& service = daemon->start();
    service.wait_for("✅ Synced 50/50 notes (0 errors)");
    service.wait_for("✅ Synced 50/50 notes (0 errors)");
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(std::chrono::seconds{10}), 0);
    const long arrived = lab_doctor_notes();
    EXPECT_GE(arrived, 100);
    EXPECT_LT(arrived, 20'000);

    daemon->set("REVERSE_SYNC_MAX_RECORDS", "2000");
    Process& next = daemon->start();
    next.wait_for("🎉 Startup sync recovered " + std::to_string(20'000 - arrived) + " missed changes");
    EXPECT_EQ(notes_read(next), 20'000 - arrived);
    EXPECT_EQ(daemon->stop(), 0);
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(Shutdown, WhileIdleIsImmediate) {
    given_sets();
    daemon->start().wait_for("✓ Startup sync complete");
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Shutdown, WhileSqlServerIsDownIsImmediate) {
    if (real_sql_server()) {
        GTEST_SKIP() << "a real SQL Server is not stopped";
    }
    given_sets();
    lab->stop();
    daemon->start().wait_for("❌ Reverse sync failed: ");
    EXPECT_EQ(daemon->stop(), 0);
}

TEST_F(Shutdown, ASecondRequestEndsItAtOnce) {
    if (real_sql_server()) {
        GTEST_SKIP() << "a real SQL Server takes no faults on request";
    }
    Process& service = stopping_in_a_held_up_batch();
    service.wait_for("⏹️  Stopping");
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(std::chrono::seconds{5}), 1);
    expect_the_next_run_to_catch_up();
}

TEST_F(Shutdown, ABatchThatDoesNotEndIsLeftAfterTheGracePeriodAndAppliedAtTheNextStart) {
    if (real_sql_server()) {
        GTEST_SKIP() << "a real SQL Server takes no faults on request";
    }
    Process& service = stopping_in_a_held_up_batch();
    EXPECT_EQ(service.wait(std::chrono::seconds{15}), 0);
    expect_the_next_run_to_catch_up();
}

}  // namespace
}  // namespace revsync::test
