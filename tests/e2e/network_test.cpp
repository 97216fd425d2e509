// The network between the daemon and its databases: how little crosses it, and what happens when it breaks anywhere.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"
#include "support/harness/fault_proxy.hpp"

namespace revsync::test {
namespace {

class Network : public ClinicTest {
protected:
    void SetUp() override {
        ClinicTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        to_supabase = std::make_unique<FaultProxy>(supabase->port());
        to_lab = std::make_unique<FaultProxy>(lab->address().port);
        daemon->set("SUPABASE_DB_URL", supabase->url_through(to_supabase->port()));
        daemon->set("DB_SERVER", "127.0.0.1");
        daemon->set("DB_PORT", to_lab->port());
        given_sets();
        given_batch(1, 10);
    }

    // One catch-up of the running service, to its end.
    void poll(const std::string& last_line = "✅ Reverse sync complete: ") {
        daemon->running().signal(SIGUSR1);
        daemon->running().wait_for(last_line);
    }

    // From now on. With a delay, what is sent without waiting for an answer is one round trip, however many pieces it
    // comes in.
    void count_round_trips() {
        for (FaultProxy* link : {to_supabase.get(), to_lab.get()}) {
            link->control("delay 20");
            link->control("reset");
        }
    }

    std::unique_ptr<FaultProxy> to_supabase;
    std::unique_ptr<FaultProxy> to_lab;
};

TEST_F(Network, APollThatFindsNothingCostsOneRoundTripToSupabaseAndNoneToSqlServer) {
    daemon->start().wait_for("✓ Startup sync complete");
    poll();
    count_round_trips();
    poll();
    EXPECT_LE(to_supabase->statistic("round_trips"), 1);
    EXPECT_EQ(to_lab->statistic("round_trips"), 0);
    EXPECT_LT(to_supabase->statistic("client_to_server_bytes") + to_supabase->statistic("server_to_client_bytes"),
              10 * 1024);
}

TEST_F(Network, FiveHundredChangedRowsCostAtMostTwoRoundTripsToSupabaseAndOneToSqlServer) {
    daemon->start().wait_for("✓ Startup sync complete");
    doctor_writes("the statement is planned once");
    poll("✅ Reverse sync complete: 1 notes");
    doctor_writes_many(500);
    count_round_trips();
    // Rows within the horizon's margin come once more: the note above may still be among them.
    poll();
    EXPECT_LE(to_supabase->statistic("round_trips"), 2);
    EXPECT_LE(to_lab->statistic("round_trips"), 2);
    expect_same_notes();
}

TEST_F(Network, ACutAtAnyByteOnTheWayToSqlServerIsCaughtUpWith) {
    doctor_writes("the first of many, to learn the length");
    EXPECT_THAT(daemon->once(), Succeeded());
    const long length = to_lab->statistic("client_to_server_bytes");
    constexpr int cuts = 12;
    for (int cut = 0; cut < cuts; ++cut) {
        doctor_writes(fmt::format("written before the connection is cut, number {}", cut));
        to_lab->control(fmt::format("cut-after-client-bytes {}", 1 + length * cut / cuts));
        EXPECT_EQ(daemon->once().exit_code, 0);
    }
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(Network, ACutAtAnyByteOnTheWayToSupabaseIsCaughtUpWith) {
    doctor_writes("the first of many, to learn the length");
    EXPECT_THAT(daemon->once(), Succeeded());
    const long length = to_supabase->statistic("client_to_server_bytes");
    constexpr int cuts = 12;
    for (int cut = 0; cut < cuts; ++cut) {
        doctor_writes(fmt::format("written before the connection is cut, number {}", cut));
        to_supabase->control(fmt::format("cut-after-client-bytes {}", 1 + length * cut / cuts));
        EXPECT_EQ(daemon->once().exit_code, 0);
    }
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(Network, ThatIsGoneForAWhileIsWaitedFor) {
    daemon->start().wait_for("✓ Startup sync complete");
    for (FaultProxy* link : {to_supabase.get(), to_lab.get()}) {
        link->control("refuse on");
        link->control("cut");
    }
    doctor_writes("written while the network is gone");
    poll("❌ Reverse sync failed: ");
    to_supabase->control("refuse off");
    to_lab->control("refuse off");
    daemon->running().wait_for("✅ Reverse sync complete: 1 notes");
    expect_same_notes();
}

}  // namespace
}  // namespace revsync::test
