#include "sqlserver/session.hpp"

#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "sqlserver/test_server.hpp"

namespace revsync::sqlserver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

using SessionOnServer = test::ServerTest;

TEST_F(SessionOnServer, ReturnsEveryResultAsText) {
    const auto results =
        sql("SELECT 1, N'a', NULL; SELECT CONVERT(bit, 1), CONVERT(decimal(10,2), 12.5), 9223372036854775807;");
    ASSERT_EQ(results.size(), 2U);
    EXPECT_THAT(results[0],
                ElementsAre(ElementsAre(Optional(std::string{"1"}), Optional(std::string{"a"}), std::nullopt)));
    EXPECT_THAT(results[1], ElementsAre(ElementsAre(Optional(std::string{"1"}), Optional(std::string{"12.50"}),
                                                    Optional(std::string{"9223372036854775807"}))));
}

TEST_F(SessionOnServer, HasTheSettingsThatCorrectWritesNeed) {
    EXPECT_EQ(value("SELECT SESSION_CONTEXT(N'reverse_sync');"), "1");
    EXPECT_EQ(value("SELECT @@TRANCOUNT;"), "0");
    const auto failed = session->query("CREATE TABLE #t (a nvarchar(3)); INSERT INTO #t VALUES (N'four');");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().disposition, Disposition::row);
}

TEST_F(SessionOnServer, CarriesParametersOfAnySizeAndAlphabet) {
    std::string text = "مرحبا بەخێربێیت 😀 'quoted' \"double\" \\ ";
    while (text.size() < 1024 * 1024) {
        text += text;
    }
    const std::array parameters{Parameter{"@text", text}, Parameter{"@other", "b"}};
    const auto results = session->execute("SELECT @text, @other;", parameters, Activity::reading);
    ASSERT_TRUE(results) << describe(results.error());
    EXPECT_TRUE(results->at(0).at(0).at(0) == text) << "the text came back changed";
    EXPECT_EQ(results->at(0).at(0).at(1), "b");
}

TEST_F(SessionOnServer, TellsAnEmptyTextFromNull) {
    const auto results = sql("SELECT N'', CONVERT(nvarchar(max), N''), CONVERT(nvarchar(max), NULL);");
    EXPECT_THAT(results.at(0).at(0), ElementsAre(Optional(std::string{}), Optional(std::string{}), std::nullopt));
}

TEST_F(SessionOnServer, IsUsableAfterAFailure) {
    const auto failed = session->query("BEGIN TRANSACTION; SELECT * FROM dbo.no_such_table_here;");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().disposition, Disposition::stream);
    EXPECT_EQ(failed.error().code, "sqlserver 208");
    EXPECT_THAT(failed.error().text, HasSubstr("no_such_table_here"));
    EXPECT_FALSE(failed.error().connection_lost);
    ASSERT_TRUE(session->alive());
    EXPECT_EQ(value("SELECT @@TRANCOUNT;"), "0");
}

TEST_F(SessionOnServer, EndsACallThatIsCancelled) {
    std::atomic<bool> cancelled = false;
    auto other = Session::connect(settings, cancelled);
    ASSERT_TRUE(other) << describe(other.error());
    std::thread canceller{[&] { cancelled = true; }};
    const auto result = (*other)->query("WAITFOR DELAY '00:00:30';");
    canceller.join();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::stopped);
}

TEST_F(SessionOnServer, GivesUpAtTheQueryTimeOut) {
    settings.query_timeout = std::chrono::seconds{1};
    auto other = Session::connect(settings, never);
    ASSERT_TRUE(other) << describe(other.error());
    const auto result = (*other)->query("WAITFOR DELAY '00:00:30';", Activity::writing);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::in_doubt);
    EXPECT_THAT(result.error().text, HasSubstr("did not answer in time"));
    EXPECT_FALSE((*other)->alive());
}

TEST_F(SessionOnServer, GivesUpAtTheLockTimeOut) {
    sql("CREATE TABLE dbo.revsync_lock (ID int NOT NULL PRIMARY KEY, V int NOT NULL); "
        "INSERT INTO dbo.revsync_lock VALUES (1, 1); BEGIN TRANSACTION; UPDATE dbo.revsync_lock SET V = 2 WHERE ID = "
        "1;");
    settings.lock_timeout = std::chrono::milliseconds{50};
    auto other = Session::connect(settings, never);
    ASSERT_TRUE(other) << describe(other.error());
    const auto result = (*other)->query("UPDATE dbo.revsync_lock SET V = 3 WHERE ID = 1;", Activity::writing);
    sql("ROLLBACK TRANSACTION; DROP TABLE dbo.revsync_lock;");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::retry);
    EXPECT_EQ(result.error().code, "sqlserver 1222");
    EXPECT_TRUE((*other)->alive());
}

}  // namespace
}  // namespace revsync::sqlserver
