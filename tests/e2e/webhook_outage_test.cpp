// Webhooks while something is down, and the daemon killed after its word was given.
#include <fmt/format.h>

#include "e2e/webhook_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

class WebhookOutage : public WebhookTest {
protected:
    void SetUp() override {
        if (real_sql_server()) {
            GTEST_SKIP() << "a real SQL Server is not stopped on request";
        }
        WebhookTest::SetUp();
    }
};

TEST_F(WebhookOutage, WhatComesWhileSqlServerIsDownIsThereSoonAfterItsReturn) {
    given_sets();
    const int deleted = doctor_writes("to be deleted while SQL Server is down");
    Process& service = start_service();
    ASSERT_EQ(lab_text(deleted), "to be deleted while SQL Server is down");
    lab->stop();
    for (int count = 0; count < 5; ++count) {
        const HttpReply reply = webhook(note_event("INSERT", doctor_writes("written while SQL Server is down")));
        EXPECT_THAT(reply, RefusedWith(503));
        EXPECT_GT(std::stoi(reply.headers.at("retry-after")), 0);
    }
    supabase->exec(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", deleted));
    const int told = webhook(note_event("DELETE", deleted)).status;
    EXPECT_TRUE(told == 202 || told == 503) << told;
    lab->start();
    service.wait_for("✅ Reverse sync complete: ", std::chrono::seconds{5});
    expect_same_notes();
    EXPECT_EQ(activity_flags(), 6) << "one for each note there ever was";
}

TEST_F(WebhookOutage, WhatComesWhileSupabaseIsAwayIsThereSoonAfterItsReturn) {
    given_sets();
    Process& service = start_service();
    supabase->refuse_connections(true);
    supabase->terminate_daemon_sessions();
    const int note = doctor_writes("written while the service cannot read it");
    EXPECT_THAT(webhook(note_event("INSERT", note)), RefusedWith(503));
    supabase->refuse_connections(false);
    service.wait_for("✅ Reverse sync complete: 1 notes", std::chrono::seconds{5});
    expect_same_notes();
}

TEST_F(WebhookOutage, ADaemonKilledRightAfterA200HasLostNothing) {
    given_sets();
    start_service();
    for (int round = 0; round < 3; ++round) {
        const int kept = doctor_writes(fmt::format("written before kill number {}", round));
        const int deleted = doctor_writes(fmt::format("deleted before kill number {}", round));
        EXPECT_THAT(webhook(note_event("INSERT", kept)), Answered(200, "committed"));
        EXPECT_THAT(webhook(note_event("INSERT", deleted)), Answered(200, "committed"));
        supabase->exec(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", deleted));
        EXPECT_THAT(webhook(note_event("DELETE", deleted)), Answered(200, "committed"));
        daemon->kill();
        expect_same_notes();
        start_service();
    }
    expect_same_notes();
}

// The practice holds a lock, so that nothing can be committed before the replies are due.
TEST_F(WebhookOutage, ADaemonKilledRightAfterA202HasLostNothing) {
    given_sets();
    const int edited = doctor_writes("the first version of it");
    const int deleted = doctor_writes("to be deleted by the doctor");
    daemon->set("WEBHOOK_WAIT_MS", "100");
    start_service();
    TdsConnection practice{lab->address()};
    practice.rows("BEGIN TRANSACTION; UPDATE dbo.tblAlignerNotes SET IsRead = 1;");
    doctor_edits(edited, "the second version of it");
    supabase->exec(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", deleted));
    EXPECT_EQ(webhook(note_event("UPDATE", edited)).status, 202);
    EXPECT_EQ(webhook(note_event("DELETE", deleted)).status, 202);
    daemon->kill();
    practice.rows("COMMIT TRANSACTION;");
    ASSERT_EQ(lab_text(edited), "the first version of it");
    ASSERT_EQ(lab_text(deleted), "to be deleted by the doctor");
    start_service();
    expect_same_notes();
}

// Nothing polls at the start then: it must know from the disk that a catch-up is owed.
class WebhookOutageWithoutPolls : public WebhookOutage {
protected:
    void SetUp() override {
        WebhookOutage::SetUp();
        if (daemon) {
            given_sets();
            daemon->set("REVERSE_SYNC_ENABLED", "false");
            daemon->set("WEBHOOK_WAIT_MS", "100");
        }
    }

    Process& start_without_polls() {
        Process& service = daemon->start();
        service.wait_for("Periodic reverse sync disabled");
        return service;
    }
};

TEST_F(WebhookOutageWithoutPolls, ADaemonKilledRightAfterA202HasLostNothing) {
    const int edited = doctor_writes("the first version of it");
    ASSERT_EQ(daemon->once().exit_code, 0);
    start_without_polls();
    TdsConnection practice{lab->address()};
    practice.rows("BEGIN TRANSACTION; UPDATE dbo.tblAlignerNotes SET IsRead = 1;");
    doctor_edits(edited, "the second version of it");
    EXPECT_EQ(webhook(note_event("UPDATE", edited)).status, 202);
    daemon->kill();
    practice.rows("COMMIT TRANSACTION;");
    ASSERT_EQ(lab_text(edited), "the first version of it");
    start_without_polls().wait_for("✅ Reverse sync complete: ");
    expect_same_notes();
}

TEST_F(WebhookOutageWithoutPolls, ADaemonKilledRightAfterA503HasLostNothing) {
    start_without_polls();
    lab->stop();
    for (int count = 0; count < 3; ++count) {
        EXPECT_THAT(webhook(note_event("INSERT", doctor_writes("written while SQL Server is down"))), RefusedWith(503));
    }
    daemon->kill();
    lab->start();
    start_without_polls().wait_for("✅ Reverse sync complete: ");
    expect_same_notes();
}

// The other order: the doctor deletes a note of which SQL Server has heard nothing yet.
TEST_F(WebhookOutage, ADeletionAcceptedWhileTheTargetIsLockedIsDoneOnceItIsFree) {
    given_sets();
    const int deleted = doctor_writes("to be deleted by the doctor");
    daemon->set("WEBHOOK_WAIT_MS", "0");
    Process& service = start_service();
    supabase->exec(fmt::format("DELETE FROM aligner_notes WHERE note_id = {}", deleted));
    EXPECT_EQ(webhook(note_event("DELETE", deleted)).status, 202);
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0);
    EXPECT_EQ(daemon->once().exit_code, 0);
    expect_same_notes();
}

TEST_F(WebhookOutage, APollAndWebhooksAtTheSameTimeLeaveBothSidesEqual) {
    given_sets();
    Process& service = start_service();
    doctor_writes_many(3000);
    service.signal(SIGUSR1);
    std::vector<HttpRequest> burst;
    for (int note = 1; note <= 3000; note += 15) {
        burst.push_back(webhook_request(note_event("INSERT", note)));
    }
    for (const HttpReply& reply : send_all(daemon->port(), burst)) {
        EXPECT_TRUE(reply.status == 200 || reply.status == 202) << reply.status << ": " << reply.body;
    }
    service.wait_for("✅ Reverse sync complete: ");
    expect_same_notes();
    expect_one_flag_per_note();
}

}  // namespace
}  // namespace revsync::test
