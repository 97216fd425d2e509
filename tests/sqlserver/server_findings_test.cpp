#include "sqlserver/server_findings.hpp"

#include <gmock/gmock.h>

#include "sqlserver/tables.hpp"

namespace revsync::sqlserver {
namespace {

using testing::HasSubstr;
using enum Finding::Level;

ServerFacts facts() {
    return {.version = "16.0.1000.6",
            .engine_edition = 3,
            .database = "Clinic",
            .compatibility_level = 160,
            .collation = "Arabic_CI_AS",
            .utc_now = "2025-01-21T14:00:00.1234567",
            .offset_minutes = 180};
}

bool has_problem(const ServerFacts& facts) {
    return std::ranges::any_of(judge_server(facts), [](const Finding& f) { return f.level == problem; });
}

TEST(JudgeServer, IsContentWith2016) {
    ServerFacts old = facts();
    old.version = "13.0.4001.0";
    old.compatibility_level = 130;
    EXPECT_FALSE(has_problem(old));
}

TEST(JudgeServer, RefusesAnOlderVersion) {
    ServerFacts old = facts();
    old.version = "12.0.6024.0";
    EXPECT_TRUE(has_problem(old));
}

TEST(JudgeServer, KnowsThatAzureCountsDifferently) {
    ServerFacts azure = facts();
    azure.version = "12.0.2000.8";
    azure.engine_edition = 5;
    EXPECT_FALSE(has_problem(azure));
}

TEST(JudgeServer, PrintsTheStatementThatRaisesTheLevel) {
    ServerFacts low = facts();
    low.compatibility_level = 100;
    EXPECT_EQ(judge_server(low).back().fix, "ALTER DATABASE [Clinic] SET COMPATIBILITY_LEVEL = 130");
}

TEST(JudgeClock, ToleratesSeconds) {
    const auto ours = Timestamp::parse("2025-01-21T14:00:03Z").value();
    EXPECT_EQ(judge_clock(facts(), ours).level, good);
}

TEST(JudgeClock, SaysHowFarTheClocksAreApart) {
    const auto ours = Timestamp::parse("2025-01-21T14:01:00.123456Z").value();
    EXPECT_EQ(judge_clock(facts(), ours).level, warning);
    EXPECT_THAT(judge_clock(facts(), ours).text, HasSubstr("60 s behind"));
}

TEST(JudgeTimeZone, ComparesTheZoneWithTheServersLocalTime) {
    EXPECT_EQ(judge_time_zone(facts(), "Arabic Standard Time", 180).level, good);
    EXPECT_EQ(judge_time_zone(facts(), "UTC", 0).level, warning);
    EXPECT_EQ(judge_time_zone(facts(), "Mars", std::nullopt).level, problem);
}

TEST(JudgePermissions, NamesWhatIsMissing) {
    const Permissions reader{.select = true};
    const auto findings = judge_permissions(test::notes_stream(), test::notes_table(), reader);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].level, problem);
    EXPECT_THAT(findings[0].fix, HasSubstr("GRANT INSERT, UPDATE, DELETE, ALTER ON [dbo].[Notes]"));
}

TEST(JudgePermissions, AsksOnlyForWhatTheStreamDoes) {
    Stream stream = test::notes_stream();
    stream.operations = {.insert = false, .update = true, .remove = false};
    const Permissions editor{.select = true, .update = true};
    EXPECT_EQ(judge_permissions(stream, test::notes_table(), editor).at(0).level, good);
}

}  // namespace
}  // namespace revsync::sqlserver
