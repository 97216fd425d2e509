#include "http/standing.hpp"

#include <gtest/gtest.h>

#include "http/statuses.hpp"

namespace revsync::http {
namespace {

using namespace std::chrono_literals;

TEST(Standing, IsInStepWhenNothingSpeaksAgainstIt) {
    const Standing now = standing(in_step());
    EXPECT_EQ(now.health, Health::in_step);
    EXPECT_EQ(now.headline, "In step. The last poll was complete 1 min ago.");
}

TEST(Standing, NamesTheDatabaseThatDoesNotAnswerAndSinceWhen) {
    const Standing now = standing(sqlserver_down());
    EXPECT_EQ(now.health, Health::failing);
    EXPECT_EQ(now.headline, "SQL Server cannot be reached; it last answered 14 min ago.");
}

TEST(Standing, TellsARefusalFromSilence) {
    revsync::Status status = sqlserver_down();
    status.ends[1].error->connection_lost = false;
    status.ends[1].last_answer.reset();
    EXPECT_EQ(standing(status).headline, "SQL Server cannot be used; it has not answered yet.");
}

TEST(Standing, NamesTheStreamThatHasStopped) {
    EXPECT_EQ(standing(stream_stopped()).health, Health::failing);
    EXPECT_EQ(standing(stream_stopped()).headline, "The stream batches has stopped.");
}

TEST(Standing, AFailureWeighsMoreThanAParkedRow) {
    revsync::Status status = with_parked_rows();
    EXPECT_EQ(standing(status).health, Health::rows_parked);
    status.ends[0].error = Error{Disposition::configuration, "sqlstate 28P01", "login refused"};
    EXPECT_EQ(standing(status).health, Health::failing);
}

TEST(Standing, CountsParkedRows) {
    revsync::Status status = with_parked_rows();
    EXPECT_EQ(standing(status).headline, "2 rows are parked; all else is in step.");
    status.streams[0].parked = 1;
    EXPECT_EQ(standing(status).headline, "1 row is parked; all else is in step.");
}

TEST(Standing, IsNotInStepBeforeTheFirstPollIsComplete) {
    revsync::Status status = just_started();
    EXPECT_EQ(standing(status).health, Health::catching_up);
    status.catching_up = false;
    EXPECT_EQ(standing(status).health, Health::catching_up);
    EXPECT_EQ(standing(status).headline, "Catching up for the first time since the start.");
}

TEST(Standing, AsksForEveryStreamToHaveBeenComplete) {
    revsync::Status status = in_step();
    status.streams[1].last_ok = noon - 3h;
    EXPECT_EQ(standing(status).headline, "In step. The last poll was complete 3 h ago.");
    status.streams[1].last_ok.reset();
    EXPECT_EQ(standing(status).health, Health::catching_up);
}

TEST(Standing, SaysThatAPollRuns) {
    revsync::Status status = in_step();
    status.catching_up = true;
    EXPECT_EQ(standing(status).health, Health::catching_up);
    EXPECT_EQ(standing(status).headline, "Catching up; the last poll was complete 1 min ago.");
}

TEST(Standing, SaysWhyNothingIsPolledInTheLogsWords) {
    EXPECT_EQ(standing(not_configured()).health, Health::not_polling);
    EXPECT_EQ(standing(not_configured()).headline, "Supabase not configured - periodic reverse sync disabled.");
}

TEST(Standing, IsInStepWhateverTheAgeOfTheLastDrain) {
    EXPECT_EQ(standing(draining_too()).headline, standing(in_step()).headline);
    EXPECT_EQ(standing(draining_too()).health, Health::in_step);
}

TEST(Standing, CountsEditsThatDoNotGetThrough) {
    EXPECT_EQ(standing(with_stuck_queue(0)).health, Health::rows_parked);
    EXPECT_EQ(standing(with_stuck_queue(0)).headline,
              "7 queued edits of SQL Server have still to arrive, the oldest made 20 min ago; all else is in step.");
    EXPECT_EQ(standing(with_stuck_queue(1)).headline,
              "1 queued edit of SQL Server has failed for good; all else is in step.");
}

TEST(Standing, DoesNotCountEditsThatAreOnTheirWay) {
    revsync::Status status = with_stuck_queue(0);
    status.queue->counts->oldest_pending = noon - std::chrono::minutes{4};
    EXPECT_EQ(standing(status).health, Health::in_step);
}

TEST(Standing, SaysWhoDrainsTheQueueOrThatNobodyCan) {
    EXPECT_EQ(standing(queue_unusable()).health, Health::failing);
    EXPECT_EQ(standing(standing_by()).health, Health::standing_by);
    EXPECT_EQ(standing(standing_by()).headline,
              "Another daemon drains SQL Server's queue; this one takes over when that one stops.");
}

TEST(Standing, CutsAgesToTheirUnit) {
    EXPECT_EQ(ago(noon + 5s, noon), "just now");
    EXPECT_EQ(ago(noon - 999ms, noon), "just now");
    EXPECT_EQ(ago(noon - 59'999ms, noon), "59 s ago");
    EXPECT_EQ(ago(noon - 60s, noon), "1 min ago");
    EXPECT_EQ(ago(noon - 3599s, noon), "59 min ago");
    EXPECT_EQ(ago(noon - 47h - 59min, noon), "47 h ago");
    EXPECT_EQ(ago(noon - 48h, noon), "2 days ago");
    EXPECT_EQ(until(noon + 48min, noon), "in 48 min");
    EXPECT_EQ(until(noon - 1s, noon), "now");
}

TEST(Standing, IsSaidInAFewWords) {
    EXPECT_EQ(in_brief(in_step()), "in step, 1 min ago");
    EXPECT_EQ(in_brief(with_parked_rows()), "in step, 1 min ago; 2 parked");
    revsync::Status status = sqlserver_down();
    status.streams[0].parked = 1;
    EXPECT_EQ(in_brief(status), "SQL Server cannot be reached; it last answered 14 min ago; 1 parked");
    EXPECT_EQ(in_brief(not_configured()), "Supabase not configured - periodic reverse sync disabled");
}

}  // namespace
}  // namespace revsync::http
