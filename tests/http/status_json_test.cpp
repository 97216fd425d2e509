#include "http/status_json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "http/statuses.hpp"

namespace revsync::http {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

json::value parsed(const Response& response) {
    return json::parse(response.body());
}

TEST(StatusJson, BeginsWithTheJudgement) {
    const json::value good = status_json(in_step());
    EXPECT_EQ(good.at("inStep"), true);
    EXPECT_EQ(good.at("health"), "in_step");
    EXPECT_EQ(good.at("headline"), "In step. The last poll was complete 1 min ago.");
    EXPECT_EQ(status_json(with_parked_rows()).at("inStep"), false);
    EXPECT_EQ(status_json(sqlserver_down()).at("health"), "failing");
}

TEST(StatusJson, WritesTimesInUtcWithMilliseconds) {
    const json::value status = status_json(in_step());
    EXPECT_EQ(status.at("at"), "2025-01-21T12:00:00.000Z");
    EXPECT_EQ(status.at_pointer("/polling/lastPollAt"), "2025-01-21T11:59:00.000Z");
    EXPECT_EQ(status.at_pointer("/polling/nextPollAt"), "2025-01-21T12:59:00.000Z");
    EXPECT_EQ(status.at_pointer("/inbox/lastAt"), "2025-01-21T11:59:48.000Z");
}

TEST(StatusJson, SaysNullForWhatIsNotKnown) {
    const json::value status = status_json(just_started());
    for (const char* pointer :
         {"/polling/lastPollAt", "/streams/0/position", "/streams/0/lagSeconds", "/streams/0/lastCompleteAt",
          "/streams/0/error", "/streams/0/lastError", "/ends/0/lastAnswerAt", "/ends/0/error", "/inbox/lastAt"}) {
        EXPECT_TRUE(status.at_pointer(pointer).is_null()) << pointer;
    }
}

TEST(StatusJson, TellsAStreamsPositionToTheMicrosecond) {
    revsync::Status status = in_step();
    status.streams[0].position = noon - 61s + 7us;
    const json::value stream = status_json(status).at("streams").at(0);
    EXPECT_EQ(stream.at("position"), "2025-01-21T11:58:59.000007Z");
    EXPECT_EQ(stream.at("lagSeconds"), 60);
    EXPECT_EQ(stream.at("direction"), "postgres-to-sql");
}

TEST(StatusJson, TellsTheLastErrorOfAStreamThatRunsAgain) {
    revsync::Status status = stream_stopped();
    status.streams[1].error.reset();
    EXPECT_TRUE(status_json(status).at_pointer("/streams/1/error").is_null());
    EXPECT_EQ(status_json(status).at_pointer("/streams/1/lastError"),
              json::value({{"text", "dbo.tblAlignerBatches has no column Days; add it or change the mapping"},
                           {"code", "sqlserver 207"},
                           {"disposition", "stream"},
                           {"at", "2025-01-21T11:59:00.000Z"}}));
}

TEST(StatusJson, NeverTellsANegativeLag) {
    revsync::Status status = in_step();
    status.streams[0].position = noon + 5s;
    EXPECT_EQ(status_json(status).at_pointer("/streams/0/lagSeconds"), 0);
}

TEST(StatusJson, KeepsPollAndWebhookApart) {
    const json::value status = status_json(in_step());
    EXPECT_EQ(status.at_pointer("/streams/0/poll"), json::value({{"found", 9}, {"changed", 3}, {"failed", 0}}));
    EXPECT_EQ(status.at_pointer("/streams/0/webhook/changed"), 9);
    EXPECT_EQ(status.at("recovered"), json::value({{"poll", 3}, {"webhook", 9}, {"webhookShare", 0.75}}));
}

TEST(StatusJson, TellsTheQueueAndItsStreams) {
    const json::value status = status_json(with_stuck_queue(2));
    EXPECT_EQ(status.at_pointer("/queue/enabled"), true);
    EXPECT_EQ(status.at_pointer("/queue/pending"), 7);
    EXPECT_EQ(status.at_pointer("/queue/failed"), 2);
    EXPECT_EQ(status.at_pointer("/queue/oldestPendingAt"), "2025-01-21T11:40:00.000Z");
    EXPECT_EQ(status.at_pointer("/streams/2/direction"), "sql-to-postgres");
    EXPECT_EQ(status.at_pointer("/streams/2/queue/changed"), 5);
    EXPECT_EQ(status.at_pointer("/streams/2/conflicts"), json::value({{"supabase", 2}, {"sqlserver", 1}}));
    EXPECT_EQ(status.at("recovered"), status_json(in_step()).at("recovered"));
}

TEST(StatusJson, SaysWhyTheQueueIsNotDrained) {
    revsync::Status off = in_step();
    off.why_not_drained = "⏭️  Forward sync disabled via FORWARD_SYNC_ENABLED=false";
    EXPECT_EQ(status_json(off).at_pointer("/queue/enabled"), false);
    EXPECT_EQ(status_json(off).at_pointer("/queue/reason"), json::value(off.why_not_drained));
    EXPECT_TRUE(status_json(off).at_pointer("/queue/pending").is_null());
    EXPECT_EQ(status_json(queue_unusable()).at_pointer("/queue/error/code"), "sqlserver 208");
}

TEST(StatusJson, HasNoShareBeforeTheFirstChange) {
    EXPECT_TRUE(status_json(not_configured()).at_pointer("/recovered/webhookShare").is_null());
}

TEST(StatusJson, NamesErrorsWithTheirDisposition) {
    EXPECT_EQ(status_json(sqlserver_down()).at_pointer("/ends/1/error"),
              json::value({{"text", "cannot connect to 192.0.2.10, port 1433; is SQL Server running?"},
                           {"code", "sqlserver 20009"},
                           {"disposition", "retry"}}));
    EXPECT_EQ(status_json(stream_stopped()).at_pointer("/streams/1/error/disposition"), "stream");
}

TEST(StatusJson, KeepsKeysBeyondWhatADoubleHolds) {
    const json::value row = status_json(with_parked_rows()).at("parked").at(0);
    EXPECT_EQ(row.at("key"), "[9007199254740993]");
    EXPECT_EQ(row.at("attempts"), 4);
    EXPECT_EQ(row.at_pointer("/error/code"), "sqlserver 547");
    EXPECT_EQ(row.at("firstFailedAt"), "2025-01-21T09:00:00.000Z");
}

TEST(StatusJson, CountsParkedRowsThatItDoesNotList) {
    const json::value status = status_json(hostile());
    EXPECT_EQ(status.at("parkedRows"), 10'000);
    EXPECT_EQ(status.at("parked").as_array().size(), revsync::Status::parked_shown);
}

TEST(StatusJson, IsSentAsJsonThatNobodyKeeps) {
    const Response response = status_response(in_step());
    EXPECT_EQ(response.result(), Status::ok);
    EXPECT_EQ(response["Content-Type"], "application/json; charset=utf-8");
    EXPECT_EQ(response["Cache-Control"], "no-store");
    EXPECT_EQ(parsed(response), status_json(in_step()));
}

TEST(Ready, WhenBothEndsAnsweredRecently) {
    const Response response = ready_response(in_step(), 60s);
    EXPECT_EQ(response.result(), Status::ok);
    EXPECT_EQ(parsed(response).at("ready"), true);
    EXPECT_TRUE(parsed(response).at_pointer("/ends/supabase/reason").is_null());
}

TEST(Ready, NamesTheEndThatFailsAndWhy) {
    const Response response = ready_response(sqlserver_down(), 60s);
    EXPECT_EQ(response.result(), Status::service_unavailable);
    EXPECT_EQ(parsed(response).at("ready"), false);
    EXPECT_EQ(parsed(response).at_pointer("/ends/supabase/ready"), true);
    EXPECT_EQ(parsed(response).at_pointer("/ends/sqlserver"),
              json::value({{"ready", false}, {"reason", "cannot be reached (sqlserver 20009)"}}));
}

TEST(Ready, SaysWhenToAskAgain) {
    EXPECT_EQ(ready_response(sqlserver_down(), 60s)[boost::beast::http::field::retry_after], "5");
    EXPECT_EQ(ready_response(in_step(), 60s).count(boost::beast::http::field::retry_after), 0U);
}

TEST(Ready, TellsEverybodyNoAddress) {
    EXPECT_EQ(ready_response(sqlserver_down(), 60s).body().find("192.0.2.10"), std::string::npos);
}

TEST(Ready, NotWhenAnEndHasBeenSilentForLonger) {
    const Response response = ready_response(in_step(), 11s);
    EXPECT_EQ(response.result(), Status::service_unavailable);
    EXPECT_EQ(parsed(response).at_pointer("/ends/sqlserver/reason"), "last answered 12 s ago");
    EXPECT_EQ(ready_response(in_step(), 12s).result(), Status::ok);
}

TEST(Ready, LooksAtTheQueueToo) {
    revsync::Status status = in_step();
    status.queue.emplace();
    EXPECT_EQ(ready_response(status, 60s).result(), Status::service_unavailable);
    EXPECT_EQ(parsed(ready_response(status, 60s)).at_pointer("/queue/reason"), "has not answered yet");

    status.queue->counts.emplace();
    status.queue->counts->failed = 7;
    EXPECT_EQ(ready_response(status, 60s).result(), Status::ok) << "failed items are no failure of the queue";

    status.queue->error = Error{Disposition::stream, "sqlserver 208", "table dbo.other is missing"};
    EXPECT_EQ(ready_response(status, 60s).result(), Status::ok) << "the other tables are written";
    status.queue->error = Error{Disposition::retry, "sqlserver 229", "no permission on dbo.SyncQueue"};
    EXPECT_EQ(parsed(ready_response(status, 60s)).at("queue"),
              json::value({{"ready", false}, {"reason", "cannot be drained (sqlserver 229)"}}));

    status.queue->error.reset();
    status.queue->counts.reset();
    status.queue->standing_by = true;
    EXPECT_EQ(ready_response(status, 60s).result(), Status::ok);
}

TEST(Ready, NotBeforeAnEndHasAnsweredNorWithoutOne) {
    EXPECT_EQ(parsed(ready_response(just_started(), 60s)).at_pointer("/ends/supabase/reason"), "has not answered yet");
    EXPECT_EQ(parsed(ready_response(not_configured(), 60s)).at_pointer("/ends/supabase/reason"), "not configured");
    EXPECT_EQ(ready_response(revsync::Status{}, 60s).result(), Status::service_unavailable);
}

TEST(Live, AnswersWhateverTheDatabasesDo) {
    EXPECT_EQ(live_response().result(), Status::ok);
    EXPECT_EQ(parsed(live_response()).at("live"), true);
}

}  // namespace
}  // namespace revsync::http
