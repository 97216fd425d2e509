#include "sqlserver/inspection.hpp"

#include <gmock/gmock.h>

#include "sqlserver/notes_fixture.hpp"

namespace revsync::sqlserver {
namespace {

using testing::HasSubstr;

class InspectionOnServer : public test::NotesTest {
protected:
    Inspection inspected(const std::string& time_zone = "UTC") {
        auto result = test::run(context, inspect(*pool, {&stream}, time_zone, clock));
        EXPECT_TRUE(result) << (result ? "" : describe(result.error()));
        return result ? *result : Inspection{};
    }

    static std::vector<std::string> texts(const Inspection& inspection, Finding::Level level) {
        std::vector<std::string> found;
        for (const auto& finding : inspection.findings) {
            if (finding.level == level) {
                found.push_back(finding.text);
            }
        }
        return found;
    }

    SystemClock clock;
};

TEST_F(InspectionOnServer, FindsNoProblemInAFittingDatabase) {
    EXPECT_THAT(texts(inspected(), Finding::Level::problem), testing::IsEmpty());
    EXPECT_THAT(texts(inspected(), Finding::Level::good), testing::Contains(HasSubstr("revsync_notes fits")));
}

TEST_F(InspectionOnServer, NamesTheTriggers) {
    EXPECT_THAT(texts(inspected(), Finding::Level::good), testing::Contains(HasSubstr("revsync_notes_written")));
}

TEST_F(InspectionOnServer, NamesAMissingTable) {
    stream.target.table = "revsync_absent";
    EXPECT_THAT(texts(inspected(), Finding::Level::problem),
                testing::Contains(HasSubstr("dbo.revsync_absent is missing")));
}

TEST_F(InspectionOnServer, NamesATimeZoneThatTheServerDoesNotKnow) {
    EXPECT_THAT(texts(inspected("Mars Standard Time"), Finding::Level::problem),
                testing::Contains(HasSubstr("Mars Standard Time")));
}

TEST_F(InspectionOnServer, ReturnsTheGeneratorOfTheKey) {
    applied({upsert({.id = 41})});
    const auto inspection = inspected();
    ASSERT_EQ(inspection.generators.size(), 1U);
    EXPECT_EQ(inspection.generators[0].column, "NoteID");
    EXPECT_EQ(inspection.generators[0].increment, 1);
    EXPECT_EQ(inspection.generators[0].last, 41);
}

}  // namespace
}  // namespace revsync::sqlserver
