// Supabase cannot be reached while the lab works on.
#include <fmt/format.h>

#include "e2e/forward_test.hpp"

namespace revsync::test {
namespace {

using ForwardOutage = ForwardTest;

TEST_F(ForwardOutage, OfSupabaseKeepsEveryEditAndBringsThemAtOnceAfterwards) {
    given_sets();
    given_witnesses();
    given_lab_batches(1000, 5);
    Process& service = start_service();
    supabase->refuse_connections(true);
    supabase->terminate_daemon_sessions();
    lab->exec("DELETE FROM dbo.SyncQueue");
    for (int days = 11; days <= 15; ++days) {
        lab->exec(fmt::format("UPDATE dbo.tblAlignerBatches SET Days = {} + AlignerBatchID % 7", days));
        EXPECT_EQ(notify().status, 200);
    }
    service.wait_for("❌ Queue drain failed");
    EXPECT_EQ(queued("pending"), 5000);
    EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.SyncQueue WHERE Attempts > 0"), 0);

    supabase->refuse_connections(false);
    notify();
    service.wait_for("📤 Synced 5000/");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_batches WHERE days = 15 + aligner_batch_id % 7"), "1000");
    EXPECT_EQ(queued("pending"), 0);

    const long before = writing_statements();
    std::vector<HttpRequest> events;
    for (int batch = 1; batch <= 100; ++batch) {
        events.push_back(webhook_request(batch_event("UPDATE", batch)));
    }
    for (const HttpReply& reply : send_all(daemon->port(), events)) {
        EXPECT_THAT(reply, Answered(200, "ignored"));
    }
    catch_up();
    EXPECT_EQ(writing_statements(), before) << "our own writes are nobody's edits";
}

TEST_F(ForwardOutage, OfTheConnectionInTheMiddleOfADrainIsTriedAgain) {
    given_sets();
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "50");
    start_service();
    lab_writes_many(1, 2000);
    notify();
    for (int cut = 0; cut < 5; ++cut) {
        supabase->terminate_daemon_sessions();
    }
    while (queued("pending") > 0) {
        post("/api/sync/trigger", R"({"direction":"sql-to-postgres"})");
    }
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "2000");
    EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.SyncQueue WHERE Attempts > 0"), 0);
}

}  // namespace
}  // namespace revsync::test
