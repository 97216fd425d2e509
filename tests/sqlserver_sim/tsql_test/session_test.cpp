// Sessions beside each other: locks, deadlocks, application locks, cancellation, logins.
#include <chrono>
#include <future>
#include <thread>

#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class SessionTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (session) {
            run("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
            other = connect();
        }
    }
    std::unique_ptr<Session> other;
};

TEST_F(SessionTest, ReadWithoutExecutingUnderNoexec) {
    run("CREATE TABLE unread (id int); SET NOEXEC ON; INSERT INTO unread VALUES (1)");
    run("INSERT INTO unread VALUES (2)");
    run("SET NOEXEC OFF; INSERT INTO unread VALUES (3)");
    EXPECT_EQ(rows("SELECT id FROM unread"), (Rows{{"3"}}));
}

TEST_F(SessionTest, WaitForRowLocksUpToTheTimeout) {
    run("BEGIN TRAN; UPDATE t SET a = 9 WHERE id = 1");
    EXPECT_EQ(run_on(*other, "SET LOCK_TIMEOUT 50; UPDATE t SET a = 8 WHERE id = 1").error(), 1222);
    EXPECT_EQ(run_on(*other, "SET LOCK_TIMEOUT 0; SELECT * FROM t WITH (UPDLOCK) WHERE id = 1").error(), 1222);
    EXPECT_EQ(run_on(*other, "SELECT id FROM t WITH (UPDLOCK, READPAST) ORDER BY id").rows(), (Rows{{"2"}, {"3"}}));
    run("COMMIT");
    EXPECT_EQ(run_on(*other, "UPDATE t SET a = 8 WHERE id = 1").error(), 0);
}

TEST_F(SessionTest, OneOfTwoDeadlockedIsTheVictim) {
    run("SET XACT_ABORT ON; BEGIN TRAN; UPDATE t SET a = 0 WHERE id = 1");
    run_on(*other, "SET XACT_ABORT ON; BEGIN TRAN; UPDATE t SET a = 0 WHERE id = 2");
    auto waiting = std::async(std::launch::async, [&] { return run("UPDATE t SET a = 0 WHERE id = 2").error(); });
    const int second = run_on(*other, "UPDATE t SET a = 0 WHERE id = 1").error();
    if (second == 0) {
        run_on(*other, "ROLLBACK");
    }
    const int first = waiting.get();
    EXPECT_EQ(first + second, 1205);
}

TEST_F(SessionTest, ApplicationLocksExclude) {
    EXPECT_EQ(value("DECLARE @rc int; EXEC @rc = sp_getapplock @Resource = N'drain', @LockMode = 'Exclusive', "
                    "@LockOwner = 'Session', @LockTimeout = 0; SELECT @rc"),
              "0");
    const std::string_view take =
        "DECLARE @rc int; EXEC @rc = sp_getapplock N'drain', 'Exclusive', 'Session', 0; SELECT @rc";
    EXPECT_EQ(run_on(*other, take).value(), "-1");
    const std::string_view mode = "SELECT APPLOCK_MODE('public', N'drain', 'Session')";
    EXPECT_EQ(value(mode), "Exclusive");
    EXPECT_EQ(value("SELECT APPLOCK_MODE('public', N'drain', 'Transaction')"), "NoLock");
    EXPECT_EQ(run_on(*other, mode).value(), "NoLock");
    EXPECT_EQ(
        run_on(*other, "DECLARE @rc int; EXEC @rc = sp_getapplock N'drain', 'Exclusive', 'Session', 20; SELECT @rc")
            .value(),
        "-1");
    run("EXEC sp_releaseapplock N'drain', 'Session'");
    EXPECT_EQ(value(mode), "NoLock");
    EXPECT_EQ(run_on(*other, take).value(), "0");
    EXPECT_EQ(error("EXEC sp_releaseapplock N'drain', 'Session'"), 1223);
}

TEST_F(SessionTest, TransactionsReleaseTheirApplicationLocks) {
    EXPECT_EQ(value("BEGIN TRAN; DECLARE @rc int; EXEC @rc = sp_getapplock N'x', 'Exclusive'; SELECT @rc"), "0");
    EXPECT_EQ(run_on(*other,
                     "BEGIN TRAN; DECLARE @rc int; EXEC @rc = sp_getapplock N'x', 'Exclusive', @LockTimeout = 0; "
                     "SELECT @rc; ROLLBACK")
                  .value(),
              "-1");
    run("COMMIT");
    EXPECT_EQ(run_on(*other,
                     "BEGIN TRAN; DECLARE @rc int; EXEC @rc = sp_getapplock N'x', 'Exclusive', @LockTimeout = 0; "
                     "SELECT @rc; ROLLBACK")
                  .value(),
              "0");
    EXPECT_EQ(value("DECLARE @rc int; EXEC @rc = sp_getapplock N'x', 'Exclusive'; SELECT @rc"), "-999");
}

TEST_F(SessionTest, ACancelledRequestEndsSoonAndTheSessionLives) {
    auto running = std::async(std::launch::async, [&] { return run("WAITFOR DELAY '00:00:30'; SELECT 1"); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    session->cancel();
    EXPECT_TRUE(running.get().sets.empty());
    EXPECT_EQ(value("SELECT 1"), "1");
}

TEST_F(SessionTest, ACancelledStatementStopsWaitingForItsLock) {
    run("BEGIN TRAN; UPDATE t SET a = 9 WHERE id = 1");
    auto running = std::async(std::launch::async, [&] { return run_on(*other, "UPDATE t SET a = 8 WHERE id = 1"); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    other->cancel();
    EXPECT_TRUE(running.get().counts.empty());
    run("ROLLBACK");
    EXPECT_EQ(run_on(*other, "SELECT a FROM t WHERE id = 1").value(), "1");
}

TEST_F(SessionTest, LoginsAreChecked) {
    std::optional<LoginRefusal> refusal;
    Login login;
    login.user = "sa";
    login.password = "wrong";
    EXPECT_EQ(engine->login(login, refusal), nullptr);
    EXPECT_EQ(refusal->message.number, 18456);
    login.password = "secret";
    login.database = "nowhere";
    EXPECT_EQ(engine->login(login, refusal), nullptr);
    EXPECT_EQ(refusal->message.number, 4060);
}

TEST_F(SessionTest, AreListedWithWhoTheyAre) {
    EXPECT_EQ(rows("SELECT login_name, host_name, program_name FROM sys.dm_exec_sessions WHERE session_id = @@SPID"),
              (Rows{{"sa", "localhost", "test"}}));
    EXPECT_EQ(value("SELECT COUNT(*) FROM sys.dm_exec_sessions"), "2");
}

TEST_F(SessionTest, KnowOnlyTheirDatabases) {
    const Answer answer = run("USE master");
    EXPECT_EQ(answer.changes.at(0), EnvironmentChange::database);
    EXPECT_EQ(session->database(), "master");
    EXPECT_EQ(error("SELECT * FROM t"), 208);
    EXPECT_EQ(error("SELECT * FROM CLINIC.dbo.t"), 0);
    EXPECT_EQ(error("USE nowhere"), 911);
    EXPECT_EQ(error("USE clinic; SELECT * FROM t"), 0);
}

TEST_F(SessionTest, RunsWhatItHasRunBeforeOnAnAlteredTable) {
    run("CREATE TABLE dbo.altered (id int, v varchar(10)); INSERT INTO dbo.altered VALUES (1, '2')");
    for (int times = 0; times < 8; ++times) {
        ASSERT_EQ(rows("SELECT * FROM dbo.altered"), (Rows{{"1", "2"}}));
    }
    run_on(*connect(), "ALTER TABLE dbo.altered ALTER COLUMN v int; ALTER TABLE dbo.altered ADD w int");
    EXPECT_EQ(rows("SELECT * FROM dbo.altered"), (Rows{{"1", "2", "NULL"}}));
    EXPECT_EQ(value("SELECT v + 1 FROM dbo.altered"), "3");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
