// Webhooks that are believed: what SQL Server holds afterwards is what Supabase holds, whatever the webhook said.
#include <fmt/format.h>

#include "e2e/webhook_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

using WebhookDelivery = WebhookTest;

TEST_F(WebhookDelivery, ANoteThatADoctorWritesArrivesThroughTheInstalledTrigger) {
    given_sets();
    PgNet pg_net{*supabase};
    run_as_owner(*supabase, "install-webhooks.sql");
    supabase->exec(fmt::format("SELECT reverse_sync.configure_webhooks('http://127.0.0.1:{}', '{}')", daemon->port(),
                               signing_secret));
    start_service();
    const int note = doctor_writes("written at the portal, to arrive at once");
    EXPECT_EQ(pg_net.next_outcome(), "200");
    EXPECT_EQ(lab_text(note), "written at the portal, to arrive at once");
    doctor_edits(note, "edited at the portal, to arrive at once");
    EXPECT_EQ(pg_net.next_outcome(), "200");
    EXPECT_EQ(lab_text(note), "edited at the portal, to arrive at once");
    supabase->exec(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", note));
    EXPECT_EQ(pg_net.next_outcome(), "200");
    EXPECT_EQ(lab_text(note), "(none)");
}

TEST_F(WebhookDelivery, AnEditOfABatchsDaysArrivesThroughTheInstalledTrigger) {
    given_sets();
    given_batch(1, 10);
    PgNet pg_net{*supabase};
    run_as_owner(*supabase, "install-webhooks.sql");
    supabase->exec(fmt::format("SELECT reverse_sync.configure_webhooks('http://127.0.0.1:{}', '{}')", daemon->port(),
                               signing_secret));
    start_service();
    doctor_changes_days(1, 14);
    EXPECT_EQ(pg_net.next_outcome(), "200");
    EXPECT_EQ(lab_days(1), "14");
}

TEST_F(WebhookDelivery, AReplyOf200ComesAfterTheCommit) {
    given_sets();
    start_service();
    for (int count = 0; count < 20; ++count) {
        const int note = doctor_writes(fmt::format("an ordinary note, number {}", count));
        EXPECT_THAT(webhook(note_event("INSERT", note)), Answered(200, "committed"));
        EXPECT_EQ(lab_text(note), fmt::format("an ordinary note, number {}", count));
    }
    expect_one_flag_per_note();
}

// docs/webhooks.md, "Try it", word for word but for the places that a person fills in.
TEST_F(WebhookDelivery, TheRequestThatTheManualShowsIsTaken) {
    given_sets();
    start_service();
    const int note = doctor_writes("told of by hand");
    const std::string manual = content_of(source_folder() / "docs" / "webhooks.md");
    const std::size_t begin = manual.find("```sh\n") + 6;
    std::string script = manual.substr(begin, manual.find("```", begin) - begin);
    const auto fill_in = [&script](const std::string& place, const std::string& value) {
        ASSERT_NE(script.find(place), std::string::npos) << place;
        script.replace(script.find(place), place.size(), value);
    };
    fill_in("$(sed -n 's/^SUPABASE_WEBHOOK_SECRET=//p' .env)", signing_secret);
    fill_in(":3000", ":" + daemon->port());
    fill_in("\"note_id\":5", fmt::format("\"note_id\":{}", note));
    Process shell{{"/bin/sh", {"-c", script}, {{"PATH", "/usr/bin:/bin"}}}};
    EXPECT_EQ(shell.wait(), 0);
    EXPECT_NE(shell.output().find("\"committed\""), std::string::npos) << shell.output();
    EXPECT_EQ(lab_text(note), "told of by hand");
}

TEST_F(WebhookDelivery, AForgedRecordWithAValidKeyWritesWhatSupabaseHolds) {
    given_sets();
    const int note = doctor_writes("what the doctor really wrote");
    start_service();
    const std::string forged = fmt::format(
        R"({{"type":"UPDATE","schema":"public","table":"aligner_notes","record":{{"note_id":{0},"aligner_set_id":1,
            "note_type":"Lab","note_text":"forged by somebody else","created_at":"2030-01-01T00:00:00Z"}},
            "old_record":{{"note_id":{0}}}}})",
        note);
    doctor_edits(note, "what the doctor really wrote then");
    EXPECT_THAT(webhook(forged), Answered(200, "committed"));
    expect_same_notes();
    EXPECT_EQ(lab->value("SELECT NoteType FROM dbo.tblAlignerNotes"), "Doctor");
}

TEST_F(WebhookDelivery, StaleReorderedAndDoubledWebhooksEndWithTheCurrentRow) {
    given_sets();
    start_service();
    const int kept = doctor_writes("the first version of it");
    const int gone = doctor_writes("to be deleted by the doctor");
    doctor_edits(kept, "the second version of it");
    EXPECT_THAT(webhook(note_event("DELETE", kept)), Answered(200, "committed"));
    EXPECT_THAT(webhook(note_event("UPDATE", kept)), Answered(200, "committed"));
    EXPECT_THAT(webhook(note_event("INSERT", gone)), Answered(200, "committed"));
    supabase->exec(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", gone));
    EXPECT_THAT(webhook(note_event("DELETE", gone)), Answered(200, "committed"));
    EXPECT_EQ(webhook(note_event("INSERT", gone)).status, 200);
    EXPECT_EQ(webhook(note_event("INSERT", kept)).status, 200);
    EXPECT_EQ(lab_text(gone), "(none)");
    expect_same_notes();
}

TEST_F(WebhookDelivery, ABurstOf200IsAnsweredAndWrittenInAFewBatches) {
    given_sets();
    given_witnesses();
    start_service();
    doctor_writes_many(150);
    std::vector<HttpRequest> burst;
    for (int note = 1; note <= 150; ++note) {
        burst.push_back(webhook_request(note_event("INSERT", note)));
        if (note <= 50) {
            burst.push_back(webhook_request(note_event("UPDATE", note)));
        }
    }
    ASSERT_EQ(burst.size(), 200U);
    const auto sent = std::chrono::steady_clock::now();
    const std::vector<HttpReply> replies = send_all(daemon->port(), burst);
    EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::seconds{1});
    EXPECT_THAT(replies, testing::Each(Answered(200, "committed")));
    EXPECT_LE(writing_statements(), 20);
    EXPECT_LE(rows_written(), 200);
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(WebhookDelivery, ADeletionNeverTakesALabNoteOrABatch) {
    given_sets();
    given_batch(1, 10);
    lab_writes(77, "the lab's own note");
    start_service();
    EXPECT_EQ(webhook(note_event("DELETE", 77)).status, 200);
    EXPECT_EQ(lab_text(77), "the lab's own note");
    supabase->exec("DELETE FROM aligner_batches");
    EXPECT_THAT(webhook(batch_event("DELETE", 1)), Answered(200, "ignored"));
    EXPECT_EQ(lab_days(1), "10");
}

TEST_F(WebhookDelivery, LabNotesAndUnknownTablesAreIgnored) {
    given_sets();
    supabase->exec(
        "INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text) VALUES (5, 1, 'Lab', 'of the lab')");
    start_service();
    EXPECT_THAT(webhook(note_event("INSERT", 5)), Answered(200, "ignored"));
    EXPECT_THAT(webhook(R"({"type":"INSERT","schema":"public","table":"patients","record":{"person_id":1},
                            "old_record":null})"),
                Answered(200, "ignored"));
    EXPECT_EQ(lab->value("SELECT COUNT(*) FROM dbo.tblAlignerNotes"), "0");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "1");
}

TEST_F(WebhookDelivery, AKeyThatChangedIsFollowed) {
    given_sets();
    start_service();
    const int note = doctor_writes("a note that gets another key");
    EXPECT_THAT(webhook(note_event("INSERT", note)), Answered(200, "committed"));
    supabase->exec("UPDATE aligner_notes SET note_id = 500");
    EXPECT_THAT(webhook(fmt::format(R"({{"type":"UPDATE","schema":"public","table":"aligner_notes",
                                         "record":{{"note_id":500}},"old_record":{{"note_id":{}}}}})",
                                    note)),
                Answered(200, "committed"));
    EXPECT_EQ(lab_text(note), "(none)");
    EXPECT_EQ(lab_text(500), "a note that gets another key");
}

TEST_F(WebhookDelivery, ANoteWhoseNumberTheLabTookIsParkedAndNotWritten) {
    given_sets();
    lab_writes(1, "the lab's own note");
    start_service();
    const int note = doctor_writes("a doctor's note with a taken number");
    ASSERT_EQ(note, 1);
    EXPECT_THAT(webhook(note_event("INSERT", note)), Answered(200, "parked"));
    EXPECT_EQ(lab_text(1), "the lab's own note");
    EXPECT_NE(daemon->quarantine().find("[1]"), std::string::npos) << daemon->quarantine();
}

// What the previous implementation lost: a webhook that nobody received was forgotten.
TEST_F(WebhookDelivery, AWebhookThatIsLostIsFoundByThePoll) {
    given_sets();
    Process& service = start_service();
    const int told = doctor_writes("its webhook arrives at once");
    const int lost = doctor_writes("its webhook is lost on the way");
    EXPECT_THAT(webhook(note_event("INSERT", told)), Answered(200, "committed"));
    EXPECT_EQ(lab_text(lost), "(none)");
    service.signal(SIGUSR1);
    service.wait_for("✅ Reverse sync complete");
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(WebhookDelivery, AWebhookNeverMovesWhereThePollGoesOn) {
    given_sets();
    Process& service = start_service();
    const int older = doctor_writes("older, without a webhook");
    const int newer = doctor_writes("newer, with a webhook");
    EXPECT_THAT(webhook(note_event("INSERT", newer)), Answered(200, "committed"));
    EXPECT_EQ(daemon->stop(), 0);
    static_cast<void>(service);
    EXPECT_EQ(daemon->once().exit_code, 0);
    EXPECT_EQ(lab_text(older), "older, without a webhook");
    expect_same_notes();
}

}  // namespace
}  // namespace revsync::test
