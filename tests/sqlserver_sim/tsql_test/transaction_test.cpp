#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class TransactionTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (session) {
            run("CREATE TABLE t (a int)");
        }
    }
};

TEST_F(TransactionTest, ABatchThatCannotBeReadLeavesTheTransactionOpen) {
    run("SET XACT_ABORT ON; BEGIN TRAN");
    EXPECT_EQ(error("CREATE NOTHING"), 102);
    EXPECT_EQ(rows("SELECT @@ERROR, @@TRANCOUNT"), (Rows{{"102", "1"}}));
    run("ROLLBACK TRAN");
}

TEST_F(TransactionTest, NestByCount) {
    EXPECT_EQ(value("BEGIN TRAN; BEGIN TRAN; COMMIT; SELECT @@TRANCOUNT"), "1");
    EXPECT_EQ(value("INSERT INTO t VALUES (1); ROLLBACK; SELECT @@TRANCOUNT"), "0");
    EXPECT_EQ(value("SELECT COUNT(*) FROM t"), "0");
    EXPECT_EQ(error("COMMIT"), 3902);
    EXPECT_EQ(error("ROLLBACK"), 3903);
}

TEST_F(TransactionTest, SavepointsTakeBackAPart) {
    EXPECT_EQ(value("BEGIN TRAN; INSERT INTO t VALUES (1); SAVE TRAN s; INSERT INTO t VALUES (2); ROLLBACK TRAN s; "
                    "COMMIT; SELECT COUNT(*) FROM t"),
              "1");
}

TEST_F(TransactionTest, AreToldToTheClient) {
    EXPECT_EQ(run("BEGIN TRAN; COMMIT").changes,
              (std::vector{EnvironmentChange::begin_transaction, EnvironmentChange::commit_transaction}));
    EXPECT_EQ(run("BEGIN TRAN; ROLLBACK").changes.back(), EnvironmentChange::rollback_transaction);
}

TEST_F(TransactionTest, ManagerRequestsDoTheSame) {
    Answer answer;
    session->begin_transaction("", 2, answer);
    run("INSERT INTO t VALUES (1)");
    session->save_transaction("s", answer);
    run("INSERT INTO t VALUES (2)");
    session->rollback_transaction("s", answer);
    session->commit_transaction("", answer);
    EXPECT_EQ(answer.error(), 0) << answer.error_text();
    EXPECT_EQ(value("SELECT COUNT(*) FROM t"), "1");
}

TEST_F(TransactionTest, ImplicitOnesWaitForCommit) {
    EXPECT_EQ(value("SET IMPLICIT_TRANSACTIONS ON; INSERT INTO t VALUES (1); SELECT @@TRANCOUNT"), "1");
    EXPECT_EQ(value("ROLLBACK; SET IMPLICIT_TRANSACTIONS OFF; SELECT COUNT(*) FROM t"), "0");
}

TEST_F(TransactionTest, ResetForgetsEverything) {
    run("CREATE TABLE #t (a int); SET NOCOUNT ON; EXEC sp_set_session_context N'k', N'v'; BEGIN TRAN; INSERT INTO t "
        "VALUES (1)");
    session->reset();
    EXPECT_EQ(rows("SELECT @@TRANCOUNT, SESSION_CONTEXT(N'k'), OBJECT_ID('tempdb..#t')"),
              (Rows{{"0", "NULL", "NULL"}}));
    EXPECT_EQ(value("SELECT COUNT(*) FROM t"), "0");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
