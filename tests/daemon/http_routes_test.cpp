#include "http_routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "http/openapi.hpp"

namespace revsync {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;
using http::Verb;

// The routes over a daemon that does what the test says.
class HttpRoutes : public testing::Test {
protected:
    Response ask(Verb method, std::string_view path, std::string body = {}) {
        Request request;
        request.method(method);
        request.target(path);
        request.body() = std::move(body);
        const http::RouteTable routes{http_routes(controls())};
        asio::io_context io;
        Response response;
        asio::co_spawn(io, routes.find(method, path)->handle(std::move(request)),
                       [&](const std::exception_ptr& failure, Response result) {
                           EXPECT_EQ(failure, nullptr);
                           response = std::move(result);
                       });
        io.run();
        return response;
    }

    Response deliver(Delivery::Outcome outcome, std::string text = {}) {
        delivery_.outcome = outcome;
        delivery_.text = std::move(text);
        return ask(Verb::post, "/api/sync/webhook", note_5);
    }

    Controls controls() {
        return {[this](WebhookEvent event) { return deliver_event(std::move(event)); },
                [this] { return return_report(); },
                [this] { return take_notification(); },
                [this] { return return_drain(); },
                [this] { return return_status(); },
                [] { return http::ProcessFigures{}; }};
    }

    asio::awaitable<Delivery> deliver_event(WebhookEvent event) {
        events_.push_back(std::move(event));
        co_return delivery_;
    }
    asio::awaitable<CatchUpReport> return_report() {
        ++catch_ups_;
        co_return report_;
    }
    Result<void> take_notification() {
        ++notifications_;
        return no_queue_ ? Result<void>{*no_queue_} : Result<void>{};
    }
    asio::awaitable<DrainReport> return_drain() {
        ++drains_;
        co_return drain_;
    }
    asio::awaitable<Status> return_status() { co_return Status{}; }

    static constexpr const char* note_5 =
        R"({"type":"INSERT","schema":"public","table":"aligner_notes","record":{"note_id":5},"old_record":null})";

    Delivery delivery_;
    CatchUpReport report_;
    std::vector<WebhookEvent> events_;
    int catch_ups_ = 0;
    DrainReport drain_;
    int drains_ = 0;
    int notifications_ = 0;
    std::optional<Error> no_queue_;
};

StreamReport synced(std::string stream, std::size_t rows) {
    StreamReport report;
    report.stream = std::move(stream);
    report.synced = rows;
    return report;
}

json::value body_of(const Response& response) {
    return json::parse(response.body());
}

TEST_F(HttpRoutes, AreThoseThatTheOpenApiDocumentDescribes) {
    http::expect_described(http::RouteTable{http_routes(controls())});
}

TEST_F(HttpRoutes, HandAWebhookOnAsWhatItSays) {
    deliver(Delivery::Outcome::committed);
    ASSERT_EQ(events_.size(), 1);
    EXPECT_EQ(events_[0].table, "aligner_notes");
    EXPECT_EQ(events_[0].record.at("note_id"), "5");
}

TEST_F(HttpRoutes, AnswerAWebhookByWhatBecameOfIt) {
    EXPECT_EQ(deliver(Delivery::Outcome::committed).result_int(), 200);
    EXPECT_EQ(deliver(Delivery::Outcome::ignored).result_int(), 200);
    EXPECT_EQ(deliver(Delivery::Outcome::parked).result_int(), 200);
    EXPECT_EQ(deliver(Delivery::Outcome::accepted).result_int(), 202);
    EXPECT_EQ(deliver(Delivery::Outcome::rejected).result_int(), 422);
    EXPECT_EQ(deliver(Delivery::Outcome::refused).result_int(), 503);
}

TEST_F(HttpRoutes, NameTheOutcomeOfAWebhookAndWhy) {
    const json::value expected{{"success", true}, {"outcome", "parked"}, {"detail", "the set is missing"}};
    EXPECT_EQ(body_of(deliver(Delivery::Outcome::parked, "the set is missing")), expected);
}

TEST_F(HttpRoutes, TellWhenToSendARefusedWebhookAgain) {
    delivery_.retry_after = std::chrono::seconds{30};
    const Response response = deliver(Delivery::Outcome::refused, "sql server cannot be reached");
    EXPECT_EQ(response[boost::beast::http::field::retry_after], "30");
    EXPECT_EQ(body_of(response).at("success"), json::value(false));
}

TEST_F(HttpRoutes, TellWithEvery503WhenToTryAgain) {
    report_.error = Error{Disposition::retry, "sqlserver 20009", "cannot reach sql server", true};
    drain_.error = report_.error;
    no_queue_ = Error{Disposition::configuration, "", "set FORWARD_SYNC_ENABLED=true", false};
    for (const Response& response : {ask(Verb::post, "/api/sync/manual-reverse-sync"),
                                     ask(Verb::post, "/api/sync/trigger", R"({"direction":"postgres-to-sql"})"),
                                     ask(Verb::post, "/api/sync/trigger", R"({"direction":"sql-to-postgres"})"),
                                     ask(Verb::post, "/api/sync/trigger", R"({"direction":"both"})"),
                                     ask(Verb::post, "/api/sync/queue-notify"), ask(Verb::get, "/health/ready")}) {
        EXPECT_EQ(response.result_int(), 503);
        EXPECT_EQ(response[boost::beast::http::field::retry_after], "5");
    }
}

TEST_F(HttpRoutes, DeliverNothingThatIsNoWebhook) {
    EXPECT_EQ(ask(Verb::post, "/api/sync/webhook", "not json").result_int(), 400);
    EXPECT_EQ(ask(Verb::post, "/api/sync/webhook", "{}").result_int(), 422);
    EXPECT_THAT(events_, testing::IsEmpty());
}

TEST_F(HttpRoutes, ReportACatchUpByTheNamesOfTheStreams) {
    report_.streams = {synced("notes", 3), synced("batches", 2)};
    report_.duration = std::chrono::milliseconds{41};
    const json::value expected{{"success", true}, {"notes", 3}, {"batches", 2}, {"durationMs", 41}};
    const Response response = ask(Verb::post, "/api/sync/manual-reverse-sync");
    EXPECT_EQ(response.result_int(), 200);
    EXPECT_EQ(body_of(response), expected);
    EXPECT_EQ(body_of(ask(Verb::post, "/api/sync/trigger", R"({"direction":"postgres-to-sql"})")), expected);
    EXPECT_EQ(catch_ups_, 2);
}

TEST_F(HttpRoutes, ReportACatchUpThatFailedAsUnavailable) {
    report_.error = Error{Disposition::retry, "sqlserver 20009", "cannot reach sql server", true};
    const Response response = ask(Verb::post, "/api/sync/manual-reverse-sync");
    EXPECT_EQ(response.result_int(), 503);
    EXPECT_EQ(body_of(response).at("error"), "cannot reach sql server (sqlserver 20009)");
}

TEST_F(HttpRoutes, TakeNoTriggerWithoutAKnownDirection) {
    EXPECT_EQ(ask(Verb::post, "/api/sync/trigger", "{").result_int(), 400);
    EXPECT_EQ(ask(Verb::post, "/api/sync/trigger", "[]").result_int(), 422);
    EXPECT_EQ(ask(Verb::post, "/api/sync/trigger", R"({"direction":"sideways"})").result_int(), 422);
    EXPECT_EQ(catch_ups_, 0);
}

TEST_F(HttpRoutes, NotifyTheDrainAndWaitForNothing) {
    const Response response = ask(Verb::post, "/api/sync/queue-notify", R"({"source":"sqlserver"})");
    EXPECT_EQ(response.result_int(), 200);
    EXPECT_EQ(body_of(response), (json::value{{"success", true}}));
    EXPECT_EQ(notifications_, 1);
    EXPECT_EQ(drains_, 0);
}

TEST_F(HttpRoutes, ReportADrainByTheNamesOfTheStreams) {
    drain_.streams = {synced("patients", 3), synced("notes", 2)};
    drain_.streams[1].failed = 1;
    drain_.counts = QueueCounts{.pending = 4, .failed = 0, .oldest_pending = {}, .next_due = {}};
    drain_.duration = std::chrono::milliseconds{41};
    const json::value expected{{"success", true}, {"patients", 3}, {"notes", 2},
                               {"failed", 1},     {"pending", 4},  {"durationMs", 41}};
    const Response response = ask(Verb::post, "/api/sync/trigger", R"({"direction":"sql-to-postgres"})");
    EXPECT_EQ(response.result_int(), 200);
    EXPECT_EQ(body_of(response), expected);
    EXPECT_EQ(drains_, 1);
    EXPECT_EQ(catch_ups_, 0);
}

TEST_F(HttpRoutes, RunBothDirectionsAndKeepTheirNamesApart) {
    drain_.streams = {synced("notes", 2)};
    report_.streams = {synced("notes", 3)};
    const json::value body = body_of(ask(Verb::post, "/api/sync/trigger", R"({"direction":"both"})"));
    EXPECT_EQ(body.at("success"), json::value(true));
    EXPECT_EQ(body.at("sqlToPostgres").at("notes"), 2);
    EXPECT_EQ(body.at("postgresToSql").at("notes"), 3);
}

TEST_F(HttpRoutes, NameWhichOfBothDirectionsFailed) {
    drain_.error = Error{Disposition::retry, Queue::in_use, "another daemon drains the queue", false};
    const Response response = ask(Verb::post, "/api/sync/trigger", R"({"direction":"both"})");
    EXPECT_EQ(response.result_int(), 503);
    EXPECT_EQ(body_of(response).at("sqlToPostgres").at("success"), json::value(false));
    EXPECT_EQ(body_of(response).at("postgresToSql").at("success"), json::value(true));
    EXPECT_THAT(response.body(), testing::HasSubstr("another daemon drains the queue"));
}

TEST_F(HttpRoutes, SayThatTheQueueIsNotDrained) {
    no_queue_ = Error{Disposition::configuration, "", "set FORWARD_SYNC_ENABLED=true", false};
    drain_.error = no_queue_;
    for (const Response& response : {ask(Verb::post, "/api/sync/trigger", R"({"direction":"sql-to-postgres"})"),
                                     ask(Verb::post, "/api/sync/queue-notify", R"({"source":"sqlserver"})")}) {
        EXPECT_EQ(response.result_int(), 503);
        EXPECT_THAT(response.body(), testing::HasSubstr("FORWARD_SYNC_ENABLED"));
    }
}

}  // namespace
}  // namespace revsync
