#include <chrono>

#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class FaultTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (session) {
            run("CREATE TABLE t (a int)");
            victim = connect();
        }
    }
    bool cut(const std::string& sql) {
        try {
            run_on(*victim, sql);
            return false;
        } catch (const ConnectionCut&) {
            victim.reset();
            return true;
        }
    }
    std::unique_ptr<Session> victim;
};

TEST_F(FaultTest, CutsBeforeTheCommit) {
    run("EXEC sp_sim_fault N'drop_before_commit'");
    EXPECT_TRUE(cut("BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT"));
    EXPECT_EQ(value("SELECT COUNT(*) FROM t"), "0");
}

TEST_F(FaultTest, CutsAfterTheCommit) {
    run("EXEC sp_sim_fault N'drop_after_commit'");
    EXPECT_FALSE(cut("SELECT 1; BEGIN TRAN; COMMIT"));
    EXPECT_TRUE(cut("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(value("SELECT COUNT(*) FROM t"), "1");
}

TEST_F(FaultTest, CutsMidway) {
    run("EXEC sp_sim_fault N'drop_midway'");
    EXPECT_FALSE(cut("INSERT INTO t VALUES (1)"));
    EXPECT_TRUE(cut("BEGIN TRAN; INSERT INTO t VALUES (2); INSERT INTO t VALUES (3); COMMIT"));
    EXPECT_EQ(value("SELECT COUNT(*) FROM t"), "1");
}

TEST_F(FaultTest, CutsACall) {
    run("EXEC sp_sim_fault N'drop_on_call'");
    Answer answer;
    EXPECT_THROW(victim->call(Call{"sp_executesql", {text_parameter("", "SELECT 1")}}, answer), ConnectionCut);
}

TEST_F(FaultTest, ChoosesADeadlockVictim) {
    run("EXEC sp_sim_fault N'deadlock', 2");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(run_on(*victim, "BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT").error(), 1205);
    }
    EXPECT_EQ(run_on(*victim, "SELECT @@TRANCOUNT").value(), "0");
    EXPECT_EQ(run_on(*victim, "BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT").error(), 0);
}

TEST_F(FaultTest, TimesOutOnALock) {
    run("EXEC sp_sim_fault N'lock_timeout'");
    EXPECT_EQ(run_on(*victim, "SET XACT_ABORT ON; BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT").error(), 1222);
}

TEST_F(FaultTest, NeverHitsWhoAskedForIt) {
    EXPECT_EQ(error("EXEC sp_sim_fault N'deadlock'; BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT"), 0);
}

TEST_F(FaultTest, RefusesLogins) {
    Login login;
    login.user = "sa";
    login.password = "secret";
    std::optional<LoginRefusal> refusal;
    run("EXEC sp_sim_fault N'refuse_login'");
    EXPECT_EQ(engine->login(login, refusal), nullptr);
    EXPECT_EQ(refusal->message.number, 18456);
    run("EXEC sp_sim_fault N'starting'");
    EXPECT_EQ(engine->login(login, refusal), nullptr);
    EXPECT_EQ(refusal->message.number, 17187);
    EXPECT_NE(engine->login(login, refusal), nullptr);
}

TEST_F(FaultTest, SlowsACallDown) {
    run("EXEC sp_sim_fault N'slow', 1, 120");
    Answer answer;
    const auto start = std::chrono::steady_clock::now();
    victim->call(Call{"sp_executesql", {text_parameter("", "SELECT 1")}}, answer);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(120));
    EXPECT_EQ(answer.value(), "1");
}

TEST_F(FaultTest, CountsWhatWasCommittedOnly) {
    const auto inserted = [this] { return std::stoi(run("EXEC sp_sim_counts").rows().at(0).at(4)); };
    const int before = inserted();
    run_on(*victim,
           "BEGIN TRAN; INSERT INTO t VALUES (1), (2); ROLLBACK; INSERT INTO t VALUES (3); CREATE TABLE #x (a int); "
           "INSERT INTO #x VALUES (1)");
    EXPECT_EQ(inserted() - before, 1);
}

}  // namespace

}  // namespace revsync::sim::tsql::test
