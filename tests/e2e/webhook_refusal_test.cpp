// Webhooks that are not believed or not understood: a clear answer, nothing written, and the daemon goes on.
#include <fmt/format.h>
#include <openssl/rand.h>

#include "e2e/webhook_test.hpp"

namespace revsync::test {
namespace {

class WebhookRefusal : public WebhookTest {
protected:
    void SetUp() override {
        WebhookTest::SetUp();
        if (daemon) {
            given_sets();
            note = doctor_writes("a note that is not told of");
            supabase->exec("DELETE FROM aligner_notes");
            start_service();
            supabase->exec(
                "INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text) "
                "VALUES (1, 1, 'Doctor', 'a note that is not told of')");
            note = 1;
            body = note_event("INSERT", note);
        }
    }

    void expect_nothing_written() { EXPECT_EQ(lab_text(note), "(none)"); }
    void expect_still_at_work() {
        EXPECT_THAT(webhook(body), Answered(200, "committed"));
        EXPECT_EQ(lab_text(note), "a note that is not told of");
    }

    int note = 0;
    std::string body;
};

// The previous implementation read the signature and did not check it.
TEST_F(WebhookRefusal, WithoutSignatureOrSecretNothingIsWritten) {
    EXPECT_THAT(webhook(body, {}), RefusedWith(401));
    expect_nothing_written();
    expect_still_at_work();
}

TEST_F(WebhookRefusal, AWrongSecretSignatureTimeOrLengthIsUnauthorized) {
    const std::string other = "whsec_" + std::string(43, 'x') + "=";
    auto cut = signed_headers(signing_secret, "msg_cut", body);
    cut["webhook-signature"].resize(cut["webhook-signature"].size() - 4);
    auto unsigned_id = signed_headers(signing_secret, "msg_one", body);
    unsigned_id["webhook-id"] = "msg_two";
    auto without_time = signed_headers(signing_secret, "msg_timeless", body);
    without_time.erase("webhook-timestamp");
    const std::vector<std::map<std::string, std::string>> wrong{
        {{"x-webhook-secret", static_secret + "x"}},
        {{"x-webhook-secret", static_secret.substr(1)}},
        {{"x-webhook-secret", ""}},
        bearer("not-the-secret-at-all"),
        {{"Authorization", "Bearer"}},
        {{"x-supabase-signature", static_secret}},
        signed_headers(other, "msg_other", body),
        signed_headers(signing_secret, "msg_body", body + " "),
        signed_headers(signing_secret, "msg_old", body, std::chrono::minutes{6}),
        signed_headers(signing_secret, "msg_early", body, -std::chrono::minutes{6}),
        cut,
        unsigned_id,
        without_time};
    for (const auto& headers : wrong) {
        EXPECT_THAT(webhook(body, headers), RefusedWith(401));
    }
    expect_nothing_written();
    expect_still_at_work();
}

TEST_F(WebhookRefusal, ARightSignatureIsTakenOnceAndItsReplayRefused) {
    const auto headers = signed_headers(signing_secret, "msg_once", body);
    EXPECT_THAT(webhook(body, headers), Answered(200, "committed"));
    EXPECT_THAT(webhook(body, headers), RefusedWith(401));
}

TEST_F(WebhookRefusal, EachOfTheSecretsIsTakenWhileTheyAreBeingChanged) {
    EXPECT_THAT(webhook(body, bearer(static_secret)), Answered(200, "committed"));
    EXPECT_EQ(webhook(body, bearer(signing_secret)).status, 200);
    EXPECT_EQ(webhook(body, signed_headers(signing_secret, "msg_new", body)).status, 200);
}

TEST_F(WebhookRefusal, AFloodOfRefusalsLeavesOneLineAndNoneOfWhatWasSent) {
    const auto headers = signed_headers("whsec_" + std::string(43, 'x') + "=", "msg_flood", body);
    secrets.push_back(headers.at("webhook-signature"));
    secrets.push_back(body);
    secrets.emplace_back("msg_flood");
    for (int count = 0; count < 50; ++count) {
        EXPECT_THAT(webhook(body, headers), RefusedWith(401));
    }
    expect_still_at_work();
    EXPECT_EQ(daemon->stop(), 0);
    long lines = 0;
    for (const std::string& line : daemon->running().lines()) {
        lines += line.find("signature") != std::string::npos;
    }
    EXPECT_EQ(lines, 1) << daemon->running().output();
}

TEST_F(WebhookRefusal, WhatIsNoWebhookIsRefusedWithAReasonAndTheDaemonGoesOn) {
    struct Case {
        std::string body;
        int status;
    };
    const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
    const auto with_key = [](const std::string& key) {
        return R"({"type":"INSERT","schema":"public","table":"aligner_notes","record":{"note_id":)" + key +
               R"(},"old_record":null})";
    };
    const std::vector<Case> cases{
        {"", 400},
        {"not JSON", 400},
        {"{\"type\":\"INSERT\"", 400},
        {deep, 400},
        {R"({"type":"INSERT","schema":"public","table":"aligner_notes","record":)" + deep + "}", 400},
        {std::string{"{\"type\":\"IN\0SERT\"}", 18}, 400},
        {"{\"type\":\"\xff\xfe\"}", 400},
        {body + "{}", 400},
        {"[]", 422},
        {"\"INSERT\"", 422},
        {"null", 422},
        {"{}", 422},
        {R"({"type":"TRUNCATE","schema":"public","table":"aligner_notes","record":null,"old_record":null})", 422},
        {R"({"type":"INSERT","schema":"public","table":5,"record":{"note_id":1},"old_record":null})", 422},
        {R"({"type":"INSERT","schema":"public","table":"aligner_notes","record":null,"old_record":null})", 422},
        {R"({"type":"INSERT","schema":"public","table":"aligner_notes","record":{},"old_record":null})", 422},
        {R"({"type":"INSERT","schema":"public","table":"a\"; DROP TABLE aligner_notes; --","record":{"note_id":1}})",
         422},
        {with_key("9223372036854775808"), 422},
        {with_key("1.5"), 422},
        {with_key("1e0"), 422},
        {with_key("true"), 422},
        {with_key("[1]"), 422}};
    for (const Case& wrong : cases) {
        EXPECT_THAT(webhook(wrong.body), RefusedWith(wrong.status)) << wrong.body.substr(0, 100);
    }
    expect_nothing_written();
    expect_still_at_work();
}

TEST_F(WebhookRefusal, AKeyThatTheTableCannotHoldHarmsNoOther) {
    EXPECT_THAT(webhook(note_event("INSERT", 9'223'372'036'854'775'807)), RefusedWith(422));
    EXPECT_THAT(webhook(note_event("INSERT", 2'147'483'648)), RefusedWith(422));
    expect_still_at_work();
}

TEST_F(WebhookRefusal, ABodyBeyondTheLimitIsTooLarge) {
    EXPECT_THAT(webhook(std::string(2U << 20U, ' ')), RefusedWith(413));
    expect_still_at_work();
}

TEST_F(WebhookRefusal, WrongPathsMethodsAndTypesAreToldApart) {
    EXPECT_THAT(get("/no/such/path"), RefusedWith(404));
    const HttpReply wrong_method = get("/api/sync/webhook");
    EXPECT_THAT(wrong_method, RefusedWith(405));
    EXPECT_EQ(wrong_method.headers.at("allow"), "POST");
    EXPECT_THAT(webhook("type=INSERT",
                        {{"x-webhook-secret", static_secret}, {"Content-Type", "application/x-www-form-urlencoded"}}),
                RefusedWith(415));
    expect_still_at_work();
}

TEST_F(WebhookRefusal, FiveHundredConnectionsThatSendAByteASecondHoldNobodyUp) {
    const SlowConnections slow{daemon->port(), 500, "POST /api/sync/webhook HTTP/1.1\r\nHost: localhost\r\nx-slow: "};
    do {
        const auto sent = std::chrono::steady_clock::now();
        expect_still_at_work();
        EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::seconds{1});
    } while (slow.bytes() < 3 && !HasFatalFailure());
}

TEST_F(WebhookTest, ListeningBeyondThisMachineWithoutASecretIsRefusedAtTheStart) {
    daemon->unset("SUPABASE_WEBHOOK_SECRET");
    daemon->set("HOST", "0.0.0.0");
    EXPECT_THAT(daemon->command({"run"}), FailedSaying(2, "SUPABASE_WEBHOOK_SECRET", "HOST"));
}

TEST_F(WebhookTest, APortThatIsTakenIsNamedAtTheStart) {
    Daemon other;
    daemon->set("PORT", supabase->port());
    EXPECT_THAT(daemon->command({"run"}), FailedSaying(2, "PORT", supabase->port()));
}

}  // namespace
}  // namespace revsync::test
