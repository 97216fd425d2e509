// Asking the daemon how it is, and telling it what to do.
#include <algorithm>
#include <boost/json.hpp>

#include "e2e/webhook_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

using Control = WebhookTest;
namespace json = boost::json;

TEST_F(Control, ManualReverseSyncCatchesUpAndTellsWhatItCarried) {
    given_sets();
    given_batch(1, 10);
    start_service();
    doctor_writes_many(3);
    doctor_changes_days(1, 14);
    const HttpReply reply = post("/api/sync/manual-reverse-sync");
    ASSERT_EQ(reply.status, 200) << reply.body;
    const json::object result = json::parse(reply.body).as_object();
    EXPECT_EQ(result.at("success"), true);
    EXPECT_EQ(result.at("notes"), 3);
    EXPECT_EQ(result.at("batches"), 1);
    EXPECT_GE(result.at("durationMs").to_number<double>(), 0);
    EXPECT_EQ(lab_days(1), "14");
    expect_same_notes();
}

TEST_F(Control, ManualReverseSyncsAtTheSameTimeJoinOneCatchUp) {
    given_sets();
    Process& service = start_service();
    doctor_writes_many(2000);
    const std::vector<HttpRequest> five(5, {"POST", "/api/sync/manual-reverse-sync", "", {}});
    for (const HttpReply& reply : send_all(daemon->port(), five)) {
        EXPECT_EQ(reply.status, 200) << reply.body;
    }
    expect_same_notes();
    EXPECT_EQ(daemon->stop(), 0);
    long catch_ups = 0;
    for (const std::string& line : service.lines()) {
        catch_ups += line.find("🔄 Starting reverse sync poll") != std::string::npos;
    }
    EXPECT_LE(catch_ups, 3) << "the one at the start, one that was joined, and one for who came too late to join";
}

TEST_F(Control, TriggerKnowsBothDirections) {
    given_sets();
    start_service();
    const int note = doctor_writes("carried by the trigger route");
    const HttpReply reverse = post("/api/sync/trigger", R"({"direction":"postgres-to-sql"})");
    EXPECT_EQ(reverse.status, 200) << reverse.body;
    EXPECT_EQ(lab_text(note), "carried by the trigger route");
    const HttpReply forward = post("/api/sync/trigger", R"({"direction":"sql-to-postgres"})");
    EXPECT_THAT(forward, RefusedWith(503));
    EXPECT_TRUE(forward.says("FORWARD_SYNC_ENABLED")) << forward.body;
    EXPECT_THAT(post("/api/sync/trigger", R"({"direction":"sideways"})"), RefusedWith(422));
    EXPECT_THAT(post("/api/sync/trigger", "?"), RefusedWith(400));
}

TEST_F(Control, StatusMetricsHealthAndPageAnswer) {
    given_sets();
    start_service();
    EXPECT_THAT(webhook(note_event("INSERT", doctor_writes("counted as a webhook's"))), Answered(200, "committed"));
    const HttpReply status = get("/api/sync/status");
    ASSERT_EQ(status.status, 200);
    const json::value told = json::parse(status.body);
    EXPECT_EQ(told.at_pointer("/recovered/webhook"), 1) << status.body;
    EXPECT_EQ(told.at_pointer("/recovered/poll"), 0);
    EXPECT_EQ(told.at_pointer("/inbox/committed"), 1);
    EXPECT_TRUE(std::ranges::any_of(told.at("events").as_array(), [](const json::value& event) {
        return event.at("kind") == "received";
    })) << status.body;
    for (const char* part : {"notes", "batches", "supabase", "sqlserver"}) {
        EXPECT_TRUE(status.says(part)) << part << " in " << status.body;
    }
    EXPECT_EQ(get("/health/live").status, 200);
    EXPECT_EQ(get("/health/ready").status, 200);
    const HttpReply metrics = get("/metrics");
    EXPECT_EQ(metrics.status, 200);
    EXPECT_TRUE(metrics.says("# TYPE ")) << metrics.body;
    const HttpReply page = get("/");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.says("<html")) << page.body;
    for (const HttpReply& reply : {status, metrics, page}) {
        EXPECT_FALSE(reply.says("counted as a webhook's"));
        EXPECT_FALSE(reply.says(static_secret));
    }
}

// The members without what they say, which is of the moment.
json::value structure(const json::value& value) {
    if (value.is_object()) {
        json::object members;
        for (const auto& [name, member] : value.as_object()) {
            members[name] = structure(member);
        }
        return members;
    }
    if (value.is_array()) {
        json::array elements;
        for (const json::value& element : value.as_array()) {
            elements.push_back(structure(element));
        }
        return elements;
    }
    return nullptr;
}

TEST_F(Control, TheStatusCommandTellsWhatTheRouteTells) {
    daemon->set("HOST", "0.0.0.0");
    given_sets();
    start_service();
    const Outcome told = daemon->command({"status", "--json"});
    EXPECT_EQ(told.exit_code, 0) << told.output;
    const HttpReply answered = send(daemon->port(), {"GET", "/api/sync/status", "", bearer(static_secret)});
    ASSERT_EQ(answered.status, 200) << answered.body;
    EXPECT_EQ(structure(json::parse(told.output)), structure(json::parse(answered.body))) << told.output;
}

TEST_F(Control, TheStatusCommandSaysWhyItGetsNoAnswer) {
    daemon->set("HOST", "0.0.0.0");
    given_sets();
    start_service();
    const std::string right = daemon->setting("SUPABASE_WEBHOOK_SECRET");
    daemon->set("SUPABASE_WEBHOOK_SECRET", "another-secret-0123456789");
    EXPECT_THAT(daemon->command({"status", "--json"}), FailedSaying(2, "401", "SUPABASE_WEBHOOK_SECRET"));
    daemon->set("SUPABASE_WEBHOOK_SECRET", right);
    EXPECT_EQ(daemon->stop(), 0);
    EXPECT_THAT(daemon->command({"status", "--json"}), FailedSaying(1, "no answer", "PORT"));
}

TEST_F(Control, ReadyNamesTheEndThatFails) {
    if (real_sql_server()) {
        GTEST_SKIP() << "a real SQL Server is not stopped on request";
    }
    given_sets();
    Process& service = start_service();
    lab->stop();
    EXPECT_THAT(webhook(note_event("INSERT", doctor_writes("written while SQL Server is down"))), RefusedWith(503));
    const HttpReply ready = get("/health/ready");
    EXPECT_EQ(ready.status, 503);
    EXPECT_TRUE(ready.says("sqlserver")) << ready.body;
    EXPECT_EQ(get("/health/live").status, 200);
    lab->start();
    service.wait_for("✅ Reverse sync complete");
    EXPECT_EQ(get("/health/ready").status, 200);
}

TEST_F(Control, SpeaksHttpsWithACertificateOfItsOwn) {
    daemon->set("TLS_CERT_FILE", tls_file("server.crt").string());
    daemon->set("TLS_KEY_FILE", tls_file("server.key").string());
    given_sets();
    start_service();
    const auto asked = [this](const std::string& authority) {
        Process curl{{"/usr/bin/curl",
                      {"--silent", "--show-error", "--cacert", tls_file(authority).string(),
                       "https://localhost:" + daemon->port() + "/health/live"},
                      {{"PATH", "/usr/bin:/bin"}}}};
        return curl.wait();
    };
    constexpr int certificate_not_trusted = 60;
    EXPECT_EQ(asked("ca.crt"), 0);
    EXPECT_EQ(asked("other-ca.crt"), certificate_not_trusted);
    EXPECT_THAT(get("/health/live"), RefusedWith(400)) << "plain HTTP";
}

TEST_F(Control, ThroughATunnelTheSecretIsAskedFor) {
    given_sets();
    start_service();
    const std::map<std::string, std::string> tunnel{{"CF-Connecting-IP", "192.0.2.1"}};
    for (const char* path : {"/", "/api/sync/status", "/metrics"}) {
        EXPECT_EQ(send(daemon->port(), {"GET", path, "", tunnel}).status, 401) << path;
    }
    EXPECT_THAT(send(daemon->port(), {"POST", "/api/sync/manual-reverse-sync", "", tunnel}), RefusedWith(401));
    auto with_secret = tunnel;
    with_secret["x-webhook-secret"] = static_secret;
    EXPECT_EQ(send(daemon->port(), {"GET", "/api/sync/status", "", with_secret}).status, 200);
    EXPECT_EQ(send(daemon->port(), {"GET", "/health/live", "", tunnel}).status, 200);
}

}  // namespace
}  // namespace revsync::test
