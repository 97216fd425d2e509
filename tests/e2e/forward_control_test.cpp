// Telling the daemon of the queue, and asking it how the queue is.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "e2e/forward_test.hpp"

namespace revsync::test {
namespace {

namespace json = boost::json;

class ForwardControl : public ForwardTest {
protected:
    json::value status() { return json::parse(get("/api/sync/status").body); }
};

TEST_F(ForwardControl, TheTriggerDrainsAndTellsByTable) {
    given_sets();
    start_service();
    lab_writes(9, "carried by the trigger route");
    lab->exec("UPDATE dbo.AlignerDoctors SET DoctorName = N'Doctor Renamed' WHERE DrID = 1");
    const json::object answer = drain();
    EXPECT_EQ(answer.at("success"), true);
    EXPECT_EQ(answer.at("notes"), 1);
    EXPECT_EQ(answer.at("doctors"), 1);
    EXPECT_EQ(answer.at("patients"), 0);
    EXPECT_EQ(answer.at("failed"), 0);
    EXPECT_EQ(answer.at("pending"), 0);
    EXPECT_EQ(supabase->value("SELECT doctor_name FROM aligner_doctors"), "Doctor Renamed");
}

TEST_F(ForwardControl, TheTriggerRunsBothDirections) {
    given_sets();
    start_service();
    lab_writes(1'000'001, "carried to Supabase");
    const int note = doctor_writes("carried to SQL Server");
    const HttpReply reply = post("/api/sync/trigger", R"({"direction":"both"})");
    ASSERT_EQ(reply.status, 200) << reply.body;
    const json::value answer = json::parse(reply.body);
    EXPECT_EQ(answer.at("sqlToPostgres").at("notes"), 1);
    EXPECT_EQ(answer.at("postgresToSql").at("notes"), 1);
    EXPECT_EQ(lab_text(note), "carried to SQL Server");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "2");
}

TEST_F(ForwardControl, ManyNotificationsMakeFewDrains) {
    given_sets();
    daemon->set("LOG_LEVEL", "debug");
    Process& service = start_service();
    lab_writes_many(1, 500);
    const HttpRequest notification{"POST", "/api/sync/queue-notify", R"({"source":"sqlserver"})", {}};
    for (const HttpReply& reply : send_all(daemon->port(), std::vector<HttpRequest>(50, notification))) {
        EXPECT_EQ(reply.status, 200) << reply.body;
    }
    drain();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "500");
    EXPECT_EQ(daemon->stop(), 0);
    long drains = 0;
    for (const std::string& line : service.lines()) {
        drains += line.find("Queue drain: ") != std::string::npos;
    }
    EXPECT_LE(drains, 5) << "one at the start, then those that were notified together";
}

TEST_F(ForwardControl, WithoutANotificationTheQueueIsLookedAtAllTheSame) {
    given_sets();
    daemon->set("LOG_LEVEL", "debug");
    daemon->set("FORWARD_SYNC_POLL_SECONDS", "1");
    Process& service = start_service();
    lab_writes(9, "nobody told the daemon of this");
    service.wait_for("Queue drain: 1 item(s) found");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "1");
}

TEST_F(ForwardControl, FromElsewhereANotificationNeedsTheSecret) {
    given_sets();
    start_service();
    HttpRequest request{
        "POST", "/api/sync/queue-notify", R"({"source":"sqlserver"})", {{"X-Forwarded-For", "192.0.2.1"}}};
    EXPECT_EQ(send(daemon->port(), request).status, 401);
    request.headers["x-webhook-secret"] = static_secret;
    EXPECT_EQ(send(daemon->port(), request).status, 200);
}

TEST_F(ForwardControl, DisabledItLeavesTheQueueAlone) {
    daemon->set("FORWARD_SYNC_ENABLED", "false");
    given_sets();
    WebhookTest::start_service();
    const long before = queued("pending");
    lab_writes(9, "stays in the queue");
    EXPECT_THAT(notify(), RefusedWith(503));
    EXPECT_EQ(queued("pending"), before + queued("synced") + 1);
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "0");
    EXPECT_EQ(status().at_pointer("/queue/enabled"), false);
}

TEST_F(ForwardControl, StatusAndMetricsTellWhatIsLeftInTheQueue) {
    given_sets();
    start_service();
    lab_writes(9, "arrives like any other");
    queue("aligner_sets", 77, "UPDATE", R"(N'{"aligner_set_id":77,"work_id":999,"aligner_dr_id":1}')");
    lab->exec(
        "INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Attempts, LastError, Status) "
        "VALUES ('aligner_sets', 78, 'UPDATE', 10, N'refused', 'Failed')");
    drain();
    const json::value now = status();
    EXPECT_EQ(now.at_pointer("/queue/enabled"), true);
    EXPECT_EQ(now.at_pointer("/queue/pending"), 1);
    EXPECT_EQ(now.at_pointer("/queue/failed"), 1);
    EXPECT_TRUE(now.at_pointer("/queue/oldestPendingAt").is_string());
    EXPECT_TRUE(now.at_pointer("/queue/error").is_null());
    EXPECT_EQ(now.at("health"), "rows_parked");
    long changed = 0;
    for (const json::value& stream : now.at("streams").as_array()) {
        if (stream.at("direction") == "sql-to-postgres" && stream.at("stream") == "notes") {
            changed = stream.at("queue").at("changed").to_number<long>();
        }
    }
    EXPECT_EQ(changed, 1);
    const HttpReply metrics = get("/metrics");
    EXPECT_TRUE(metrics.says("\nreverse_sync_queue_pending_items 1\n")) << metrics.body;
    EXPECT_TRUE(metrics.says("\nreverse_sync_queue_failed_items 1\n"));
    const HttpReply page = get("/");
    EXPECT_TRUE(page.says("SQL Server's queue")) << page.body;
    const Outcome told = daemon->command({"status"});
    EXPECT_TRUE(told.says("Queue        1 pending")) << told.output;
}

TEST_F(ForwardControl, ASecondDaemonStandsByUntilTheFirstIsGone) {
    given_sets();
    start_service();
    Daemon other;
    other.use(*supabase, *lab);
    other.set("FORWARD_SYNC_POLL_SECONDS", "2");
    Process& standing_by = other.start();
    standing_by.wait_for("Another daemon drains the queue");
    const json::value told = json::parse(send(other.port(), {"GET", "/api/sync/status", "", {}}).body);
    EXPECT_EQ(told.at_pointer("/queue/standingBy"), true);
    const HttpReply refused =
        send(other.port(), {"POST", "/api/sync/trigger", R"({"direction":"sql-to-postgres"})", {}});
    EXPECT_THAT(refused, RefusedWith(503));
    lab_writes(9, "drained by the first daemon");
    drain();
    ASSERT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "1");

    daemon->kill();
    lab_writes(10, "drained by the second daemon");
    standing_by.wait_for("The queue is free", std::chrono::seconds{30});
    standing_by.wait_for("📤 Synced", std::chrono::seconds{30});
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "2");
    EXPECT_EQ(other.stop(), 0);
}

TEST_F(ForwardControl, OldSyncedEditsAreDeletedAndNothingElse) {
    given_sets();
    lab->exec(
        "DELETE FROM dbo.SyncQueue; "
        "INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status, CreatedAt) VALUES "
        "('aligner_sets', 1, 'UPDATE', 'Synced', DATEADD(day, -8, GETDATE())), "
        "('aligner_sets', 1, 'UPDATE', 'Synced', DATEADD(day, -6, GETDATE())), "
        "('aligner_sets', 1, 'UPDATE', 'Failed', DATEADD(day, -8, GETDATE()))");
    start_service();
    EXPECT_EQ(queued("synced"), 1);
    EXPECT_EQ(queued("failed"), 1);
}

}  // namespace
}  // namespace revsync::test
