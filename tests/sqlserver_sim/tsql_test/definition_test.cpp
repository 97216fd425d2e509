// CREATE, ALTER, DROP.
#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

using DefinitionTest = ServerTest;

TEST_F(DefinitionTest, TablesChange) {
    run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    EXPECT_EQ(error("ALTER TABLE t ADD a int NULL, b nvarchar(5) NOT NULL CONSTRAINT df_b DEFAULT N'q'"), 0);
    EXPECT_EQ(rows("SELECT * FROM t"), (Rows{{"1", "NULL", "q"}}));
    EXPECT_EQ(error("ALTER TABLE t ALTER COLUMN b nvarchar(2) NULL; UPDATE t SET b = N'abc'"), 2628);
    EXPECT_EQ(error("ALTER TABLE t DROP CONSTRAINT df_b; ALTER TABLE t DROP COLUMN b"), 0);
    EXPECT_EQ(error("ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0)"), 0);
    EXPECT_EQ(error("UPDATE t SET a = -1"), 547);
    EXPECT_EQ(error("ALTER TABLE t NOCHECK CONSTRAINT ck; UPDATE t SET a = -1"), 0);
    EXPECT_EQ(error("ALTER TABLE t CHECK CONSTRAINT ck; UPDATE t SET a = -2"), 547);
    EXPECT_EQ(error("ALTER TABLE t ADD id int"), 2705);
}

TEST_F(DefinitionTest, ObjectsExistOnce) {
    EXPECT_EQ(error("CREATE TABLE t (a int); CREATE TABLE T (a int)"), 2714);
    EXPECT_EQ(error("DROP TABLE nope"), 3701);
    EXPECT_EQ(error("DROP TABLE IF EXISTS nope, t"), 0);
    EXPECT_EQ(error("SELECT * FROM t"), 208);
}

TEST_F(DefinitionTest, IndexesAreUniquePerTable) {
    run("CREATE TABLE a (x int, y int); CREATE TABLE b (x int)");
    EXPECT_EQ(error("CREATE UNIQUE INDEX ix ON a (x DESC) INCLUDE (y); CREATE INDEX ix ON b (x)"), 0);
    const Answer twice = run("INSERT INTO a VALUES (1, 1), (1, 2)");
    EXPECT_EQ(twice.error(), 2601);
    EXPECT_EQ(
        twice.error_text(),
        "Cannot insert duplicate key row in object 'dbo.a' with unique index 'ix'. The duplicate key value is (1).");
    EXPECT_EQ(error("CREATE INDEX ix ON a (y)"), 1913);
    EXPECT_EQ(error("DROP INDEX ix ON a; INSERT INTO a VALUES (1, 1), (1, 2)"), 0);
    EXPECT_EQ(error("CREATE UNIQUE INDEX ux ON a (x)"), 1505);
}

TEST_F(DefinitionTest, ViewsAndFunctions) {
    run("CREATE TABLE t (a int, b nvarchar(5)); INSERT INTO t VALUES (1, N'x'), (2, N'Y')");
    EXPECT_EQ(error("CREATE VIEW v AS SELECT a AS n, b FROM t WHERE a > 1"), 0);
    EXPECT_EQ(rows("SELECT n, b FROM dbo.v WHERE b = 'y'"), (Rows{{"2", "Y"}}));
    EXPECT_EQ(error("CREATE FUNCTION dbo.twice (@n int) RETURNS int AS BEGIN RETURN @n * 2 END"), 0);
    EXPECT_EQ(rows("SELECT dbo.twice(a + 1) FROM t ORDER BY a"), (Rows{{"4"}, {"6"}}));
}

TEST_F(DefinitionTest, DefinitionsRollBack) {
    EXPECT_EQ(error("BEGIN TRAN; CREATE TABLE t (a int); ROLLBACK; SELECT * FROM t"), 208);
    EXPECT_EQ(value("SELECT COUNT(*) FROM sys.tables WHERE name = 't'"), "0");
}

TEST_F(DefinitionTest, OtherSessionsSeeThem) {
    const auto other = connect();
    EXPECT_EQ(run_on(*other, "SELECT * FROM t").error(), 208);
    run("CREATE TABLE t (a int)");
    EXPECT_EQ(run_on(*other, "SELECT * FROM t").error(), 0);
    run("ALTER TABLE t ADD b int");
    EXPECT_EQ(run_on(*other, "SELECT b FROM t").error(), 0);
}

TEST_F(DefinitionTest, TemporaryTablesLiveWithTheirScope) {
    EXPECT_EQ(error("CREATE TABLE #t (a int PRIMARY KEY)"), 0);
    EXPECT_EQ(error("INSERT INTO #t VALUES (1)"), 0);
    EXPECT_EQ(error("EXEC sp_executesql N'CREATE TABLE #inner (a int); SELECT * FROM #t'; SELECT * FROM #inner"), 208);
    EXPECT_EQ(value("SELECT CASE WHEN OBJECT_ID('tempdb..#t') IS NULL THEN 0 ELSE 1 END"), "1");
    EXPECT_EQ(error("DROP TABLE #t; SELECT * FROM #t"), 208);
    EXPECT_EQ(error("CREATE TABLE #t (a int); BEGIN TRAN; DROP TABLE #t; ROLLBACK"), 0);
    const auto other = connect();
    EXPECT_EQ(run_on(*other, "CREATE TABLE #t (b int); SELECT b FROM #t").error(), 0);
}

TEST_F(DefinitionTest, TableVariablesSurviveARollback) {
    EXPECT_EQ(
        value("DECLARE @t TABLE (a int); BEGIN TRAN; ROLLBACK; INSERT INTO @t VALUES (1); SELECT COUNT(*) FROM @t"),
        "1");
    EXPECT_EQ(value("BEGIN TRAN; DECLARE @t TABLE (a int); ROLLBACK; SELECT COUNT(*) FROM @t"), "0");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
