#include "e2e/forward_test.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace revsync::test {

void ForwardTest::SetUp() {
    WebhookTest::SetUp();
    if (!daemon) {
        return;
    }
    supabase->let_daemon_write();
    daemon->set("FORWARD_SYNC_ENABLED", "true");
    daemon->set("FORWARD_SYNC_POLL_SECONDS", "3600");
}

void ForwardTest::given_older_triggers() {
    lab->run_script("tests/sql/sqlserver-clinic-row-triggers.sql");
}

void ForwardTest::given_lab_batch(int batch, int days) {
    lab->exec(
        fmt::format("SET IDENTITY_INSERT dbo.tblAlignerBatches ON; "
                    "INSERT INTO dbo.tblAlignerBatches (AlignerBatchID, AlignerSetID, UpperAlignerCount, "
                    "LowerAlignerCount, BatchSequence, Days, Notes) VALUES ({0}, 1, 4, 4, {0}, {1}, N'of the lab'); "
                    "SET IDENTITY_INSERT dbo.tblAlignerBatches OFF;",
                    batch, days));
}

namespace {

// A T-SQL insert takes at most 1,000 rows.
constexpr int rows_at_once = 500;

}  // namespace

void ForwardTest::given_lab_batches(int count, int days) {
    for (int first = 1; first <= count; first += rows_at_once) {
        std::string rows;
        for (int batch = first; batch < std::min(first + rows_at_once, count + 1); ++batch) {
            rows += fmt::format("{}({}, 1, 4, 4, {}, {})", rows.empty() ? "" : ", ", batch, batch, days);
        }
        lab->exec(
            "SET IDENTITY_INSERT dbo.tblAlignerBatches ON; INSERT INTO dbo.tblAlignerBatches (AlignerBatchID, "
            "AlignerSetID, UpperAlignerCount, LowerAlignerCount, BatchSequence, Days) VALUES " +
            rows + "; SET IDENTITY_INSERT dbo.tblAlignerBatches OFF;");
    }
}

void ForwardTest::lab_writes_many(int first, int count) {
    const int end = first + count;
    for (; first < end; first += rows_at_once) {
        std::string rows;
        for (int note = first; note < std::min(first + rows_at_once, end); ++note) {
            rows += fmt::format("{}({}, 1, 'Lab', N'an ordinary note of the lab, number {}')", rows.empty() ? "" : ", ",
                                note, note);
        }
        lab->exec(
            "SET IDENTITY_INSERT dbo.tblAlignerNotes ON; INSERT INTO dbo.tblAlignerNotes (NoteID, AlignerSetID, "
            "NoteType, NoteText) VALUES " +
            rows + "; SET IDENTITY_INSERT dbo.tblAlignerNotes OFF;");
    }
}

// Each direction says once that it has caught up, in whatever order.
Process& ForwardTest::start_service() {
    Process& service = daemon->start();
    service.wait_for("Startup ");
    service.wait_for("Startup ");
    return service;
}

HttpReply ForwardTest::notify() {
    return post("/api/sync/queue-notify", R"({"source":"sqlserver"})");
}

boost::json::object ForwardTest::drain() {
    const HttpReply reply = post("/api/sync/trigger", R"({"direction":"sql-to-postgres"})");
    EXPECT_EQ(reply.status, 200) << reply.body;
    return boost::json::parse(reply.body).as_object();
}

void ForwardTest::catch_up() {
    const HttpReply reply = post("/api/sync/trigger", R"({"direction":"postgres-to-sql"})");
    EXPECT_EQ(reply.status, 200) << reply.body;
}

void ForwardTest::lab_changes_days(int batch, int days) {
    lab->exec(fmt::format("UPDATE dbo.tblAlignerBatches SET Days = {} WHERE AlignerBatchID = {}", days, batch));
}

std::string ForwardTest::supabase_days(int batch) {
    return supabase->value(fmt::format("SELECT days FROM aligner_batches WHERE aligner_batch_id = {}", batch));
}

long ForwardTest::queued(const std::string& status) {
    return lab->count(fmt::format("SELECT COUNT(*) FROM dbo.SyncQueue WHERE LOWER(Status) = LOWER('{}')", status));
}

std::string ForwardTest::queue_value(const std::string& column, const std::string& table, int record) {
    return lab->value(
        fmt::format("SELECT {} FROM dbo.SyncQueue WHERE TableName = '{}' AND RecordID = {}", column, table, record));
}

void ForwardTest::queue(const std::string& table, int record, const std::string& operation, const std::string& json) {
    lab->exec(
        fmt::format("INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData) VALUES ('{}', {}, '{}', {})",
                    table, record, operation, json));
}

std::string ForwardTest::supabase_versions() {
    std::string all;
    for (const char* table :
         {"aligner_doctors", "patients", "work", "aligner_sets", "aligner_batches", "aligner_notes"}) {
        all += supabase->value(
            fmt::format("SELECT count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) FROM {}", table));
        all += '\n';
    }
    return all;
}

}  // namespace revsync::test
