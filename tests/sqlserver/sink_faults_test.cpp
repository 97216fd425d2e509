// What happens when the server fails in the middle. The faults are the stand-in's own (sp_sim_fault); on a real SQL
// Server these tests are skipped.
#include <gmock/gmock.h>

#include "sqlserver/notes_fixture.hpp"

namespace revsync::sqlserver {
namespace {

class SinkFault : public test::NotesTest {
protected:
    void SetUp() override {
        NotesTest::SetUp();
        if (session && !session->query("EXEC sp_sim_fault N'none';")) {
            GTEST_SKIP() << "this server takes no faults";
        }
    }
    void TearDown() override {
        if (session) {
            sql("EXEC sp_sim_fault N'none';");
        }
        NotesTest::TearDown();
    }

    void arm(const std::string& fault, int count = 1) {
        sql(fmt::format("EXEC sp_sim_fault N'{}', {};", fault, count));
    }
    std::string rows() { return value("SELECT COUNT(*) FROM dbo.revsync_notes;").value_or(""); }

    const std::vector<Change> changes{upsert({.id = 1}), upsert({.id = 2})};
};

TEST_F(SinkFault, ReplacesAConnectionThatDiedWhileIdle) {
    ASSERT_TRUE(prepare());
    const auto connections = pool->opened();
    arm("drop_on_call");
    EXPECT_EQ(applied(changes).inserted, 2U);
    EXPECT_EQ(pool->opened(), connections + 1);
}

TEST_F(SinkFault, AppliesOnceWhenTheConnectionGoesAfterTheCommit) {
    ASSERT_TRUE(prepare());
    arm("drop_after_commit");
    applied(changes);
    EXPECT_EQ(rows(), "2");
    EXPECT_EQ(fired(), "insert 2");
}

TEST_F(SinkFault, AppliesWhenTheConnectionGoesBeforeTheCommit) {
    ASSERT_TRUE(prepare());
    arm("drop_before_commit");
    applied(changes);
    EXPECT_EQ(rows(), "2");
}

TEST_F(SinkFault, AppliesWhenTheConnectionGoesBetweenTwoStatements) {
    ASSERT_TRUE(prepare());
    arm("drop_midway");
    applied(changes);
    EXPECT_EQ(rows(), "2");
}

TEST_F(SinkFault, IsInDoubtWhenTheConnectionGoesAgain) {
    ASSERT_TRUE(prepare());
    arm("drop_before_commit", 2);
    const auto result = apply(changes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::in_doubt) << describe(result.error());
    EXPECT_TRUE(result.error().connection_lost);
    EXPECT_EQ(rows(), "0");
    EXPECT_EQ(applied(changes).inserted, 2U);
}

TEST_F(SinkFault, RetriesADeadlockOnTheSameConnection) {
    ASSERT_TRUE(prepare());
    const auto connections = pool->opened();
    arm("deadlock");
    const auto result = apply(changes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::retry);
    EXPECT_EQ(result.error().code, "sqlserver 1205");
    EXPECT_EQ(applied(changes).inserted, 2U);
    EXPECT_EQ(pool->opened(), connections);
}

TEST_F(SinkFault, RetriesALockTimeOut) {
    ASSERT_TRUE(prepare());
    arm("lock_timeout");
    const auto result = apply(changes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "sqlserver 1222");
    EXPECT_EQ(applied(changes).inserted, 2U);
}

TEST_F(SinkFault, SaysThatTheLoginIsRefused) {
    arm("refuse_login");
    const auto refused = prepare();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().disposition, Disposition::configuration);
    EXPECT_TRUE(prepare()) << "the next attempt opens a connection";
}

TEST_F(SinkFault, WaitsForAServerThatIsStarting) {
    arm("starting");
    const auto refused = prepare();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().disposition, Disposition::retry);
    EXPECT_TRUE(refused.error().connection_lost);
}

}  // namespace
}  // namespace revsync::sqlserver
