// The poll that comes by itself.
#include "e2e/clinic_test.hpp"

namespace revsync::test {
namespace {

using Interval = ClinicTest;

TEST_F(Interval, OfOneMinuteBringsWhatWasWrittenAfterTheStart) {
    given_sets();
    daemon->set("REVERSE_SYNC_INTERVAL_MINUTES", "1");
    Process& service = daemon->start();
    service.wait_for("⏰ Starting periodic reverse sync (every 1 minutes)");
    service.wait_for("✓ Startup sync complete");
    doctor_writes("waits for the next poll");
    service.wait_for("✅ Synced 1/1 notes (0 errors)", std::chrono::seconds{90});
    service.wait_for("✅ Reverse sync complete: 1 notes");
    EXPECT_EQ(daemon->stop(), 0);
    expect_same_notes();
}

}  // namespace
}  // namespace revsync::test
