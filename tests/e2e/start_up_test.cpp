// What the users see when the service starts.
#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using StartUp = ClinicTest;

TEST_F(StartUp, RecoversWhatWasWrittenWhileItWasDown) {
    given_sets();
    Process& service = daemon->start();
    service.wait_for("⏰ Starting periodic reverse sync (every 60 minutes)");
    service.wait_for("   Lookback window: 24h");
    service.wait_for("   Max records per poll: 500");
    service.wait_for("🚀 Running initial reverse sync on startup...");
    service.wait_for("🔄 Starting reverse sync poll (Supabase → SQL Server)");
    service.wait_for("🔍 Polling for notes since ");
    service.wait_for("   ✓ No new notes found");
    service.wait_for("🔍 Polling for batch updates since ");
    service.wait_for("   ✓ No batch updates found");
    service.wait_for("✅ Reverse sync complete: 0 notes, 0 batches (");
    service.wait_for("✓ Startup sync complete - no missed changes");
    EXPECT_EQ(daemon->stop(), 0);

    given_batch(1, 10);
    given_batch(2, 10);
    for (int note = 1; note <= 5; ++note) {
        doctor_writes("written while the service was down");
    }
    doctor_changes_days(1, 14);
    doctor_changes_days(2, 21);

    Process& again = daemon->start();
    again.wait_for("   📝 Found 5 note(s) to sync");
    again.wait_for("   ✅ Synced 5/5 notes (0 errors)");
    again.wait_for("   📦 Found 2 edited batch(es) (");
    again.wait_for("   ✅ Synced 2/2 batch updates (0 errors)");
    again.wait_for("✅ Reverse sync complete: 5 notes, 2 batches (");
    again.wait_for("🎉 Startup sync recovered 7 missed changes");
    EXPECT_EQ(daemon->stop(), 0);
    expect_same_notes();
    EXPECT_EQ(lab_days(2), "21");
}

TEST_F(StartUp, ACatchUpOnRequestBringsWhatWasWrittenSince) {
    given_sets();
    Process& service = daemon->start();
    service.wait_for("✓ Startup sync complete");
    doctor_writes("written while the service is up");
    service.signal(SIGUSR1);
    service.wait_for("✅ Synced 1/1 notes (0 errors)");
    service.wait_for("✅ Reverse sync complete: 1 notes, 0 batches");
    EXPECT_EQ(daemon->stop(), 0);
    expect_same_notes();
}

TEST_F(StartUp, DisabledPollingIsSaidAndTheServiceStaysUp) {
    daemon->set("REVERSE_SYNC_ENABLED", "false");
    Process& service = daemon->start();
    service.wait_for("⏭️  Periodic reverse sync disabled via REVERSE_SYNC_ENABLED=false");
    service.wait_for("⚠️");
    EXPECT_TRUE(service.running());
    EXPECT_EQ(daemon->stop(), 0);
}

TEST(StartUpWithoutSettings, IsSaidAndTheServiceStaysUp) {
    Daemon daemon;
    Process& service = daemon.start();
    service.wait_for("⏭️  Supabase not configured - periodic reverse sync disabled");
    EXPECT_TRUE(service.running());
    EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(StartUp, CheckIsContentWithTheClinic) {
    given_sets();
    daemon->set("FORWARD_SYNC_ENABLED", "false");
    const Outcome outcome = daemon->check();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

TEST_F(StartUp, OnceTellsItsResultAsJson) {
    given_sets();
    doctor_writes("to be told in figures only");
    const Outcome outcome = daemon->command({"once", "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says(R"("success":true)")) << outcome.output;
    EXPECT_TRUE(outcome.says(R"("stream":"notes","found":1,"synced":1,"changed":1,"parked":0)")) << outcome.output;
}

}  // namespace
}  // namespace revsync::test
