// Two daemons on one queue, when the first loses it in the middle of a page.
#include <thread>

#include "e2e/forward_test.hpp"
#include "support/harness/fault_proxy.hpp"

namespace revsync::test {
namespace {

class ForwardTakeover : public ForwardTest {};

TEST_F(ForwardTakeover, WhatTheFirstDaemonReadDoesNotOverwriteWhatTheSecondWrote) {
    given_sets();
    FaultProxy to_supabase{supabase->port()};
    FaultProxy to_lab{lab->address().port};
    daemon->set("SUPABASE_DB_URL", supabase->url_through(to_supabase.port()));
    daemon->set("DB_SERVER", "127.0.0.1");
    daemon->set("DB_PORT", to_lab.port());
    Process& first = start_service();
    Daemon other;
    other.use(*supabase, *lab);
    other.set("FORWARD_SYNC_POLL_SECONDS", "1");
    Process& second = other.start();
    second.wait_for("Another daemon drains the queue");
    const auto rename = [this](const std::string& name) {
        lab->exec("UPDATE dbo.AlignerDoctors SET DoctorName = N'" + name + "' WHERE DrID = 1");
    };

    rename("Read by the first");
    to_supabase.control("hold-requests on");
    to_supabase.control("reset");
    notify();
    while (to_supabase.statistic("client_to_server_bytes") == 0) {
        std::this_thread::yield();
    }
    rename("Written by the second");
    to_lab.control("refuse on");
    to_lab.control("cut");
    second.wait_for("📤 Synced");
    ASSERT_EQ(supabase->value("SELECT doctor_name FROM aligner_doctors"), "Written by the second");
    to_lab.control("refuse off");
    to_supabase.control("hold-requests off");
    first.wait_for("the lock of SQL Server's queue was lost");

    EXPECT_EQ(supabase->value("SELECT doctor_name FROM aligner_doctors"), "Written by the second");
    EXPECT_EQ(queued("pending"), 0);
    EXPECT_EQ(other.stop(), 0);
}

}  // namespace
}  // namespace revsync::test
