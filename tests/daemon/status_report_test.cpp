#include "status_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/status_json.hpp"
#include "http/statuses.hpp"

namespace revsync {
namespace {

using testing::HasSubstr;
using testing::Not;

StatusReport report(const Status& status) {
    return report_status(http::status_response(status).body()).value();
}

TEST(StatusReport, SaysFirstHowThingsStand) {
    EXPECT_TRUE(report(http::in_step()).in_step);
    EXPECT_TRUE(report(http::in_step()).text.starts_with("In step. The last poll was complete 1 min ago.\n"));
    EXPECT_FALSE(report(http::with_parked_rows()).in_step);
    EXPECT_FALSE(report(http::just_started()).in_step);
}

TEST(StatusReport, NamesTheDatabaseThatFailsAndTheNextStep) {
    const StatusReport down = report(http::sqlserver_down());
    EXPECT_FALSE(down.in_step);
    EXPECT_THAT(down.text, HasSubstr("SQL Server   fails, last answer 14 min ago\n"));
    EXPECT_THAT(down.text,
                HasSubstr("cannot connect to 192.0.2.10, port 1433; is SQL Server running? (sqlserver 20009)\n"));
    EXPECT_THAT(down.text, HasSubstr("Supabase     in use, last answer 12 s ago\n"));
}

TEST(StatusReport, CountsPerStream) {
    EXPECT_THAT(report(http::in_step()).text,
                HasSubstr("notes        complete 1 min ago; brought 9 by webhooks, 3 by polls; 0 parked\n"));
    EXPECT_THAT(report(http::stream_stopped()).text, HasSubstr("stopped: dbo.tblAlignerBatches has no column Days"));
}

TEST(StatusReport, NamesParkedRowsAndThoseItDoesNotShow) {
    EXPECT_THAT(report(http::with_parked_rows()).text, HasSubstr("  notes [9007199254740993]: the set of the note"));
    EXPECT_THAT(report(http::with_parked_rows()).text, Not(HasSubstr("more in the quarantine file")));
    EXPECT_THAT(report(http::hostile()).text, HasSubstr("  and 9900 more in the quarantine file\n"));
}

TEST(StatusReport, TellsTheQueue) {
    const std::string text = report(http::with_stuck_queue(2)).text;
    EXPECT_THAT(text, HasSubstr("notes        to Supabase: 8 edits found, 5 rows changed, 1 attempts failed\n"));
    EXPECT_THAT(text, HasSubstr("Queue        7 pending, the oldest 20 min ago; 2 failed; drained 3 h ago\n"));
    EXPECT_THAT(report(http::draining_too()).text, HasSubstr("Queue        0 pending, the oldest none; 0 failed"));
    EXPECT_THAT(report(http::queue_unusable()).text, HasSubstr("table dbo.SyncQueue is missing (sqlserver 208)\n"));
    EXPECT_THAT(report(http::standing_by()).text, HasSubstr("Queue        another daemon drains it\n"));
}

TEST(StatusReport, TellsEveryStateThatThereIs) {
    for (const Status& status : {http::draining_too(), http::just_started(), http::not_configured(), http::hostile()}) {
        EXPECT_TRUE(report_status(http::status_response(status).body()));
    }
}

TEST(StatusReport, RefusesTheAnswerOfAnotherProgram) {
    for (const char* body : {"", "<html>", "{}", "[]", R"({"inStep": true})", R"({"inStep": 1, "at": null})"}) {
        ASSERT_FALSE(report_status(body)) << body;
        EXPECT_THAT(report_status(body).error().text, HasSubstr("check which program has HOST and PORT"));
    }
}

}  // namespace
}  // namespace revsync
