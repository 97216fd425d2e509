// SELECT and the statements that direct the flow.
#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

using StatementTest = ServerTest;

TEST_F(StatementTest, JoinsGroupsAndOrders) {
    run("CREATE TABLE a (id int PRIMARY KEY, g varchar(5)); CREATE TABLE b (id int, n int); "
        "INSERT INTO a VALUES (1, 'x'), (2, 'X'), (3, NULL); INSERT INTO b VALUES (1, 10), (1, 20), (3, 5);");
    EXPECT_EQ(
        rows("SELECT a.g, COUNT(*) AS n, SUM(b.n) FROM a LEFT JOIN b ON b.id = a.id GROUP BY a.g ORDER BY g DESC"),
        (Rows{{"x", "3", "30"}, {"NULL", "1", "5"}}));
    EXPECT_EQ(rows("SELECT id FROM a ORDER BY g, id DESC"), (Rows{{"3"}, {"2"}, {"1"}}));
    EXPECT_EQ(rows("SELECT TOP (2) id FROM a ORDER BY id DESC"), (Rows{{"3"}, {"2"}}));
    EXPECT_EQ(rows("SELECT id FROM a ORDER BY id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY"), (Rows{{"2"}}));
    EXPECT_EQ(rows("SELECT g FROM a GROUP BY g HAVING COUNT(*) > 1"), (Rows{{"x"}}));
    EXPECT_EQ(rows("SELECT DISTINCT g FROM a WHERE g IS NOT NULL"), (Rows{{"x"}}));
}

TEST_F(StatementTest, KnowsSubqueriesAppliesAndCommonTables) {
    run("CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 1), (2, 4), (3, 9)");
    EXPECT_EQ(rows("SELECT id, (SELECT MAX(v) FROM t x WHERE x.id < t.id) FROM t WHERE id IN (SELECT id FROM t WHERE v "
                   "> 1) ORDER BY id"),
              (Rows{{"2", "1"}, {"3", "4"}}));
    EXPECT_EQ(rows("SELECT t.id, a.d FROM t CROSS APPLY (SELECT t.v * 2 AS d) a WHERE NOT EXISTS (SELECT 1 FROM t u "
                   "WHERE u.v > t.v)"),
              (Rows{{"3", "18"}}));
    EXPECT_EQ(rows("WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) FROM n"),
              (Rows{{"10"}}));
    EXPECT_EQ(rows("SELECT id, ROW_NUMBER() OVER (ORDER BY v DESC) FROM t ORDER BY id"),
              (Rows{{"1", "3"}, {"2", "2"}, {"3", "1"}}));
    EXPECT_EQ(rows("SELECT v FROM t EXCEPT SELECT 4 ORDER BY v"), (Rows{{"1"}, {"9"}}));
    EXPECT_EQ(rows("SELECT 1, NULL EXCEPT SELECT 1, NULL"), Rows{});
    EXPECT_EQ(rows("SELECT 1 AS a, NULL AS b EXCEPT SELECT 1, 2"), (Rows{{"1", "NULL"}}));
    EXPECT_EQ(rows("SELECT v FROM t WHERE EXISTS (SELECT v, N'x' EXCEPT SELECT 9, N'X') ORDER BY v"),
              (Rows{{"1"}, {"4"}}));
    EXPECT_EQ(rows("SELECT v FROM t WHERE NOT EXISTS (SELECT v, NULL EXCEPT SELECT 4, NULL)"), (Rows{{"4"}}));
    EXPECT_EQ(rows("SELECT id FROM t WHERE id < 3 AND EXISTS (SELECT COUNT(*) EXCEPT SELECT 7) ORDER BY id"),
              (Rows{{"1"}, {"2"}}));
    EXPECT_EQ(rows("SELECT a FROM (VALUES (1, N'x'), (2, NULL)) AS s(a, b) WHERE b IS NULL"), (Rows{{"2"}}));
    EXPECT_EQ(rows("SELECT id FROM t WHERE id NOT IN (SELECT NULL)"), Rows{});
    EXPECT_EQ(rows("SELECT id FROM t WHERE v >= ALL (SELECT v FROM t)"), (Rows{{"3"}}));
}

TEST_F(StatementTest, AssignsVariables) {
    EXPECT_EQ(rows("DECLARE @a int = 1, @b nvarchar(3); SELECT @a = v, @b = N'long text' FROM (VALUES (1), (2)) t(v) "
                   "ORDER BY v; SELECT @a, @b"),
              (Rows{{"2", "lon"}}));
    EXPECT_EQ(rows("DECLARE @a int = 7; SELECT @a = v FROM (VALUES (1)) t(v) WHERE v > 5; SELECT @a, @@ROWCOUNT"),
              (Rows{{"7", "0"}}));
    EXPECT_EQ(value("DECLARE @a int = 10; SET @a += 5; SET @a *= 2; SELECT @a"), "30");
}

TEST_F(StatementTest, LoopsAndBranches) {
    EXPECT_EQ(value("DECLARE @i int = 0, @s int = 0; WHILE 1 = 1 BEGIN SET @i += 1; IF @i = 3 CONTINUE; IF @i > 5 "
                    "BREAK; SET @s += @i; END; SELECT @s"),
              "12");
    EXPECT_EQ(value("IF EXISTS (SELECT 1 WHERE 1 = 0) SELECT 'a' ELSE IF NULL = 1 SELECT 'b' ELSE SELECT 'c'"), "c");
    const Answer answer = run("PRINT N'said'; RETURN; SELECT 1");
    EXPECT_EQ(answer.messages.at(0).text, "said");
    EXPECT_TRUE(answer.sets.empty());
}

TEST_F(StatementTest, WritesJson) {
    run("CREATE TABLE t (id int, name nvarchar(10), ok bit, at datetime)");
    run("INSERT INTO t VALUES (1, N'a\"/b', 1, '2025-01-20T10:00:00.003'), (2, NULL, 0, NULL)");
    EXPECT_EQ(value("SELECT id, name AS [n.text], ok AS [n.ok], at FROM t ORDER BY id FOR JSON PATH"),
              R"([{"id":1,"n":{"text":"a\"\/b","ok":true},"at":"2025-01-20T10:00:00.003"},{"id":2,"n":{"ok":false}}])");
    EXPECT_EQ(value("SELECT id, name FROM t WHERE id = 2 FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER"),
              R"({"id":2,"name":null})");
    EXPECT_EQ(value("SELECT (SELECT id FROM t ORDER BY id FOR JSON PATH) AS j"), R"([{"id":1},{"id":2}])");
    EXPECT_EQ(rows("SELECT id FROM t WHERE id > 5 FOR JSON PATH"), Rows{});
}

TEST_F(StatementTest, CutsLongJsonInPieces) {
    run("CREATE TABLE t (v nvarchar(max)); INSERT INTO t VALUES (REPLICATE(N'x', 5000))");
    const Rows pieces = rows("SELECT v FROM t FOR JSON PATH");
    ASSERT_EQ(pieces.size(), 3U);
    EXPECT_EQ(pieces[0][0].size(), 2033U);
}

TEST_F(StatementTest, ReadsJson) {
    EXPECT_EQ(rows("SELECT * FROM OPENJSON(N'[{\"id\":1,\"o\":{\"x\":2.50}},{\"id\":null}]') WITH (id int, x "
                   "decimal(5,2) '$.o.x', o nvarchar(max) AS JSON)"),
              (Rows{{"1", "2.50", R"({"x":2.50})"}, {"NULL", "NULL", "NULL"}}));
    EXPECT_EQ(rows("SELECT [key], value, type FROM OPENJSON(N'{\"a\":[1, 2],\"b\":\"x\",\"c\":null}')"),
              (Rows{{"a", "[1, 2]", "4"}, {"b", "x", "1"}, {"c", "NULL", "0"}}));
    EXPECT_EQ(rows("SELECT value FROM OPENJSON(N'{\"a\":{\"b\":[7]}}', '$.a.b')"), (Rows{{"7"}}));
    EXPECT_EQ(rows("SELECT * FROM OPENJSON(N'[7,{\"id\":1,\"id\":2,\"o\":[1, 2]},\"x\"]') WITH (id int, o "
                   "nvarchar(max) AS JSON)"),
              (Rows{{"NULL", "NULL"}, {"2", "[1, 2]"}, {"NULL", "NULL"}}));
    EXPECT_EQ(rows("SELECT * FROM "
                   "OPENJSON(N'[{\"s\":\"{x}\",\"n\":1e3,\"b\":true},{\"s\":[\"a\"],\"n\":{},\"b\":null}]') WITH "
                   "(s nvarchar(20), n nvarchar(20), b nvarchar(20))"),
              (Rows{{"{x}", "1e3", "true"}, {"NULL", "NULL", "NULL"}}));
    EXPECT_EQ(error("SELECT * FROM OPENJSON(N'{\"a\":')"), 13609);
    EXPECT_EQ(error("SELECT * FROM OPENJSON(N'plain')"), 13609);
}

TEST_F(StatementTest, CutsTextAtTextSize) {
    EXPECT_EQ(value("SET TEXTSIZE 10; SELECT CAST(N'abcdefghij' AS nvarchar(max))"), "abcde");
    EXPECT_EQ(value("SET TEXTSIZE -1; SELECT CAST(N'abcdefghij' AS nvarchar(max))"), "abcdefghij");
}

TEST_F(StatementTest, TellsCountsUnlessAskedNotTo) {
    EXPECT_EQ(run("SELECT 1").counts.at(0), 1U);
    EXPECT_EQ(run("SET NOCOUNT ON; SELECT 1").counts.back(), std::nullopt);
}

TEST_F(StatementTest, TellsColumnsOnlyUnderFmtOnly) {
    const Answer answer = run("SET FMTONLY ON SELECT CAST(1 AS bigint) AS a SET FMTONLY OFF");
    EXPECT_EQ(answer.shapes.at(0).at(0).type.kind, TypeKind::bigint);
    EXPECT_EQ(answer.rows(), Rows{});
}

TEST_F(StatementTest, CarriesAMegabyte) {
    const std::string large(1 << 20, 'x');
    Call call{"sp_executesql",
              {text_parameter("", "SELECT LEN(@v), @v"), text_parameter("", "@v nvarchar(max)"),
               text_parameter("@v", large)}};
    const Answer answer = this->call(call);
    ASSERT_EQ(answer.error(), 0) << answer.error_text();
    EXPECT_EQ(answer.rows()[0][0], "1048576");
    EXPECT_EQ(answer.rows()[0][1], large);
}

}  // namespace

}  // namespace revsync::sim::tsql::test
