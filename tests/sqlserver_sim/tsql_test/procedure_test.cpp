// Procedures, dynamic text, and calls from clients.
#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

using ProcedureTest = ServerTest;

TEST_F(ProcedureTest, TakeParametersAndGiveThemBack) {
    run("CREATE PROCEDURE add_up @a int, @b int = 5, @sum int = NULL OUTPUT AS SET @sum = @a + @b; RETURN 7");
    EXPECT_EQ(rows("DECLARE @s int, @rc int; EXEC @rc = add_up 1, @sum = @s OUTPUT; SELECT @s, @rc"),
              (Rows{{"6", "7"}}));
    EXPECT_EQ(rows("DECLARE @s int; EXEC add_up @b = 2, @a = 1, @sum = @s OUT; SELECT @s"), (Rows{{"3"}}));
    EXPECT_EQ(error("EXEC add_up"), 201);
    EXPECT_EQ(error("EXEC add_up 1, 2, 3, 4"), 8144);
    EXPECT_EQ(error("EXEC add_up @nope = 1"), 8145);
    EXPECT_EQ(error("EXEC add_up 'x'"), 8114);
    const Answer answer = call(Call{"dbo.add_up", {integer_parameter("@a", 10), integer_parameter("@sum", 0, true)}});
    EXPECT_EQ(answer.status, 7);
    EXPECT_EQ(answer.returned.at(0).value, "15");
}

TEST_F(ProcedureTest, KeepTheirSetOptionsToThemselves) {
    run("CREATE PROCEDURE quiet AS SET NOCOUNT ON; SET XACT_ABORT ON");
    EXPECT_EQ(run("EXEC quiet; SELECT 1").counts.back(), 1U);
}

TEST_F(ProcedureTest, RunDynamicText) {
    EXPECT_EQ(value("DECLARE @sql nvarchar(100) = N'SELECT @x * 2'; EXEC sp_executesql @sql, N'@x int', @x = 21"),
              "42");
    EXPECT_EQ(value("DECLARE @r int; EXEC sp_executesql N'SET @o = 5', N'@o int OUTPUT', @o = @r OUTPUT; SELECT @r"),
              "5");
    EXPECT_EQ(value("EXEC('SELECT 1' + '2')"), "12");
    EXPECT_EQ(error("EXEC sp_executesql N'SELECT @x', N'@x int'"), 8178);
    EXPECT_EQ(error("EXEC nothing_here"), 2812);
}

TEST_F(ProcedureTest, FindTheirTemporaryTablesEmptyEachTime) {
    const std::string uses =
        "EXEC sp_executesql N'CREATE TABLE #t (a int PRIMARY KEY); DECLARE @v TABLE (a int); "
        "INSERT INTO #t VALUES (1), (2); INSERT INTO @v SELECT a FROM #t; "
        "SELECT (SELECT COUNT(*) FROM #t), (SELECT COUNT(*) FROM @v)'";
    for (int times = 0; times < 60; ++times) {
        ASSERT_EQ(rows(uses), (Rows{{"2", "2"}})) << times;
    }
    run("BEGIN TRAN; " + uses + "; ROLLBACK");
    EXPECT_EQ(rows("BEGIN TRAN; " + uses + "; COMMIT"), (Rows{{"2", "2"}}));
    // An index belongs to the table that it was made on.
    run("EXEC sp_executesql N'CREATE TABLE #t (a int PRIMARY KEY); CREATE UNIQUE INDEX once ON #t (a)'");
    EXPECT_EQ(error("EXEC sp_executesql N'CREATE TABLE #t (a int PRIMARY KEY); CREATE UNIQUE INDEX once ON #t (a)'"),
              0);
}

TEST_F(ProcedureTest, PrepareOnceAndExecuteOften) {
    Parameter handle = integer_parameter("", 0, true);
    const Answer prepared = call(
        Call{"sp_prepexec",
             {handle, text_parameter("", "@a int"), text_parameter("", "SELECT @a + 1"), integer_parameter("@a", 1)}});
    EXPECT_EQ(prepared.value(), "2");
    const int number = std::stoi(*prepared.returned.at(0).value);
    EXPECT_EQ(call(Call{"sp_execute", {integer_parameter("", number), integer_parameter("@a", 5)}}).value(), "6");
    EXPECT_EQ(call(Call{"sp_unprepare", {integer_parameter("", number)}}).error(), 0);
    EXPECT_EQ(call(Call{"sp_execute", {integer_parameter("", number), integer_parameter("@a", 5)}}).error(), 8179);
}

TEST_F(ProcedureTest, TellUnbalancedTransactions) {
    run("CREATE PROCEDURE opens AS BEGIN TRAN");
    EXPECT_EQ(run("EXEC opens; ROLLBACK").error(), 266);
}

TEST_F(ProcedureTest, CatchTheirCalleesErrors) {
    run("CREATE PROCEDURE fails AS SELECT * FROM not_there");
    EXPECT_EQ(value("BEGIN TRY EXEC fails END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH"), "208");
    EXPECT_EQ(error("BEGIN TRY SELECT * FROM not_there END TRY BEGIN CATCH SELECT 1 END CATCH"), 208);
}

TEST_F(ProcedureTest, KeepSessionContext) {
    EXPECT_EQ(value("EXEC sp_set_session_context N'reverse_sync', 1; SELECT CASE WHEN SESSION_CONTEXT(N'reverse_sync') "
                    "= 1 THEN 'ours' END"),
              "ours");
    EXPECT_EQ(error("EXEC sp_set_session_context N'fixed', 1, @read_only = 1; EXEC sp_set_session_context N'fixed', 2"),
              15664);
}

}  // namespace

}  // namespace revsync::sim::tsql::test
