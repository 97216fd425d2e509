// Webhooks without a Supabase database to read from: the webhook's own record is applied, guarded by its change time.
#include <fmt/format.h>

#include "e2e/webhook_test.hpp"

namespace revsync::test {
namespace {

class WebhookOnly : public WebhookTest {
protected:
    void SetUp() override {
        WebhookTest::SetUp();
        if (daemon) {
            daemon->unset("SUPABASE_DB_URL");
            given_sets();
            daemon->start().wait_for("Supabase not configured");
        }
    }

    std::string note(const std::string& type, const std::string& text, const std::string& edited_at,
                     const std::string& kind = "Doctor") {
        secrets.push_back(text);
        const std::string row = fmt::format(
            R"({{"note_id":7,"aligner_set_id":1,"note_type":"{}","note_text":"{}",
                "created_at":"2025-01-21T10:00:00.123456+00:00","is_edited":{},"edited_at":{},"is_read":false}})",
            kind, text, edited_at.empty() ? "false" : "true",
            edited_at.empty() ? "null" : fmt::format("\"{}\"", edited_at));
        return fmt::format(R"({{"type":"{}","schema":"public","table":"aligner_notes","record":{},"old_record":{}}})",
                           type, type == "DELETE" ? "null" : row, type == "DELETE" ? row : "null");
    }
};

TEST_F(WebhookOnly, TheRecordIsApplied) {
    EXPECT_THAT(webhook(note("INSERT", "out of the webhook's record", "")), Answered(200, "committed"));
    EXPECT_EQ(lab_text(7), "out of the webhook's record");
    EXPECT_EQ(lab->value("SELECT CONVERT(varchar(23), CreatedAt, 121) FROM dbo.tblAlignerNotes"),
              "2025-01-21 10:00:00.123");
}

TEST_F(WebhookOnly, AnOlderRecordThatComesLaterDoesNotOverwrite) {
    EXPECT_EQ(webhook(note("INSERT", "the first version of it", "")).status, 200);
    EXPECT_EQ(webhook(note("UPDATE", "the third version of it", "2025-01-21T12:00:00+00:00")).status, 200);
    EXPECT_EQ(webhook(note("UPDATE", "the second version of it", "2025-01-21T11:00:00+00:00")).status, 200);
    EXPECT_EQ(lab_text(7), "the third version of it");
}

TEST_F(WebhookOnly, ALabNoteInTheRecordIsIgnored) {
    EXPECT_THAT(webhook(note("INSERT", "a note of the lab's own", "", "Lab")), Answered(200, "ignored"));
    EXPECT_EQ(lab_text(7), "(none)");
}

TEST_F(WebhookOnly, AKeyWithoutTheRowCannotBeApplied) {
    EXPECT_THAT(webhook(note_event("INSERT", 7)), RefusedWith(422));
}

TEST_F(WebhookOnly, ADeletionIsAppliedUnlessANewerRowIsKnown) {
    EXPECT_EQ(webhook(note("UPDATE", "edited by the doctor", "2025-01-21T12:00:00+00:00")).status, 200);
    EXPECT_EQ(webhook(note("DELETE", "as it was before", "2025-01-21T11:00:00+00:00")).status, 200);
    EXPECT_EQ(lab_text(7), "edited by the doctor");
    EXPECT_THAT(webhook(note("DELETE", "edited by the doctor", "2025-01-21T12:00:00+00:00")),
                Answered(200, "committed"));
    EXPECT_EQ(lab_text(7), "(none)");
}

}  // namespace
}  // namespace revsync::test
