#include "e2e/webhook_test.hpp"

#include <fmt/format.h>

namespace revsync::test {

void WebhookTest::SetUp() {
    ClinicTest::SetUp();
    if (!daemon) {
        return;
    }
    daemon->set("SUPABASE_WEBHOOK_SECRET", signing_secret + " " + static_secret);
    secrets.push_back(static_secret);
    secrets.push_back(signing_secret);
}

Process& WebhookTest::start_service() {
    Process& service = daemon->start();
    service.wait_for("Startup sync ");
    return service;
}

HttpReply WebhookTest::get(const std::string& target) {
    return send(daemon->port(), {"GET", target, "", {}});
}

HttpReply WebhookTest::post(const std::string& target, const std::string& body) {
    return send(daemon->port(), {"POST", target, body, {}});
}

HttpReply WebhookTest::webhook(const std::string& body) {
    return send(daemon->port(), webhook_request(body));
}

HttpReply WebhookTest::webhook(const std::string& body, const std::map<std::string, std::string>& headers) {
    return send(daemon->port(), {"POST", "/api/sync/webhook", body, headers});
}

HttpRequest WebhookTest::webhook_request(const std::string& body) const {
    return {"POST", "/api/sync/webhook", body, {{"x-webhook-secret", static_secret}}};
}

void WebhookTest::given_witnesses() {
    lab->exec("CREATE TABLE dbo.Witness (WitnessID int IDENTITY PRIMARY KEY, RowsWritten int NOT NULL)");
    for (const char* table : {"tblAlignerNotes", "tblAlignerBatches"}) {
        lab->exec(fmt::format(
            "CREATE TRIGGER dbo.trg_{0}_witness ON dbo.{0} AFTER INSERT, UPDATE, DELETE AS "
            "BEGIN SET NOCOUNT ON; INSERT INTO dbo.Witness (RowsWritten) SELECT COUNT(*) FROM inserted; END",
            table));
    }
}

long WebhookTest::writing_statements() {
    return lab->count("SELECT COUNT(*) FROM dbo.Witness");
}

long WebhookTest::rows_written() {
    return lab->count("SELECT COALESCE(SUM(RowsWritten), 0) FROM dbo.Witness");
}

namespace {

std::string event(const std::string& type, const char* table, const char* key, long value) {
    const std::string row = fmt::format(R"({{"{}":{}}})", key, value);
    return fmt::format(R"({{"type":"{}","schema":"public","table":"{}","record":{},"old_record":{}}})", type, table,
                       type == "DELETE" ? "null" : row, type == "INSERT" ? "null" : row);
}

}  // namespace

std::string note_event(const std::string& type, long note) {
    return event(type, "aligner_notes", "note_id", note);
}

std::string batch_event(const std::string& type, long batch) {
    return event(type, "aligner_batches", "aligner_batch_id", batch);
}

}  // namespace revsync::test
