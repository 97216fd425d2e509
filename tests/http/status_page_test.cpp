#include "http/status_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/statuses.hpp"

namespace revsync::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatusPage, SaysHowThingsStandInOneSentence) {
    EXPECT_THAT(status_page(in_step()),
                HasSubstr("<h1 dir=\"auto\">In step. The last poll was complete 1 min ago.</h1>"));
    EXPECT_THAT(status_page(sqlserver_down()),
                HasSubstr(">SQL Server cannot be reached; it last answered 14 min ago.</h1>"));
}

TEST(StatusPage, ShowsWhatIsParkedAndWhy) {
    const std::string page = status_page(with_parked_rows());
    EXPECT_THAT(page, HasSubstr("[9007199254740993]"));
    EXPECT_THAT(page, HasSubstr("the set of the note is not in SQL Server yet"));
    EXPECT_THAT(page, HasSubstr("sqlserver 547"));
    EXPECT_THAT(page, HasSubstr("Tried 4 times"));
}

TEST(StatusPage, SaysHowManyParkedRowsItDoesNotShow) {
    EXPECT_THAT(status_page(hostile()), HasSubstr("9900 more are in the quarantine file."));
    EXPECT_THAT(status_page(with_parked_rows()), Not(HasSubstr("more are in")));
}

TEST(StatusPage, ShowsTheErrorOfAnEndAndOfAStream) {
    EXPECT_THAT(status_page(sqlserver_down()),
                HasSubstr("cannot connect to 192.0.2.10, port 1433; is SQL Server running?"));
    EXPECT_THAT(status_page(stream_stopped()), HasSubstr("dbo.tblAlignerBatches has no column Days"));
}

TEST(StatusPage, ShowsTheQueueAndWhatStopsIt) {
    const std::string page = status_page(with_stuck_queue(2));
    EXPECT_THAT(page, HasSubstr("<dt>Pending</dt><dd>7</dd>"));
    EXPECT_THAT(page, HasSubstr("<dt>Failed for good</dt><dd>2</dd>"));
    EXPECT_THAT(page, HasSubstr("SQL Server → Supabase"));
    EXPECT_THAT(page, HasSubstr("<dt>Edited on both sides</dt><dd>3</dd>"));
    EXPECT_THAT(status_page(queue_unusable()), HasSubstr("table dbo.SyncQueue is missing"));
    EXPECT_THAT(status_page(standing_by()), HasSubstr("this one stands by"));
}

TEST(StatusPage, CallsNoStreamInStepWhileADatabaseCannotBeReached) {
    EXPECT_THAT(status_page(in_step()), HasSubstr(">In step</span>"));
    EXPECT_THAT(status_page(sqlserver_down()), Not(HasSubstr(">In step</span>")));
    EXPECT_THAT(status_page(sqlserver_down()), HasSubstr(">Waiting</span>"));
}

TEST(StatusPage, CallsNoStreamInStepThatAnotherDaemonCarries) {
    EXPECT_THAT(status_page(draining_too()), Not(HasSubstr(">Waiting</span>")));
    EXPECT_THAT(status_page(standing_by()), HasSubstr(">Waiting</span>"));
}

TEST(StatusPage, ShowsMarkupInATextAsText) {
    const std::string page = status_page(hostile());
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot; &#39;text&#39;"));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("<img")));
    EXPECT_THAT(page, Not(HasSubstr("<b>")));
}

TEST(StatusPage, EscapesWhatEndsAnElementOrAnAttribute) {
    EXPECT_EQ(escaped_html("<a href=\"x\" title='y'>&amp;"), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
    EXPECT_EQ(escaped_html("ملاحظة 🦷"), "ملاحظة 🦷");
}

TEST(StatusPage, StandsWithoutAnythingConfigured) {
    EXPECT_THAT(status_page(not_configured()), HasSubstr("Not configured"));
    EXPECT_THAT(status_page(revsync::Status{}), HasSubstr("</html>"));
}

TEST(StatusPage, LetsTheBrowserRunNothingAndLoadNothing) {
    const Response response = status_page_response(in_step());
    EXPECT_EQ(response["Content-Type"], "text/html; charset=utf-8");
    const std::string policy{response["Content-Security-Policy"]};
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; style-src 'sha256-"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    EXPECT_THAT(policy, Not(HasSubstr("script-src")));
    EXPECT_THAT(response.body(), Not(HasSubstr("http://localhost")));
    EXPECT_THAT(response.body(), Not(HasSubstr(" style=")));
}

}  // namespace
}  // namespace revsync::http
