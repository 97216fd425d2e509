// INSERT, UPDATE, DELETE and OUTPUT.
#include <gmock/gmock.h>

#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class ChangeTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (session) {
            run("CREATE TABLE t (id int IDENTITY(1,1) PRIMARY KEY, a int NULL, b nvarchar(10) DEFAULT N'dflt')");
            run("INSERT INTO t (a, b) VALUES (10, N'x'), (20, N'y'), (30, N'z')");
        }
    }
};

TEST_F(ChangeTest, InsertKnowsIdentities) {
    EXPECT_EQ(rows("INSERT INTO t (a) SELECT 40; SELECT SCOPE_IDENTITY(), @@IDENTITY, @@ROWCOUNT, IDENT_CURRENT('t')"),
              (Rows{{"4", "4", "1", "4"}}));
    EXPECT_EQ(rows("INSERT INTO t DEFAULT VALUES; SELECT id, a, b FROM t WHERE id = SCOPE_IDENTITY()"),
              (Rows{{"5", "NULL", "dflt"}}));
    EXPECT_EQ(error("INSERT INTO t (id, a) VALUES (9, 1)"), 544);
    EXPECT_EQ(error("SET IDENTITY_INSERT t ON; INSERT INTO t (id, a) VALUES (9, 1); SET IDENTITY_INSERT t OFF"), 0);
    EXPECT_EQ(value("INSERT INTO t (a) VALUES (1); SELECT SCOPE_IDENTITY()"), "10");
    EXPECT_EQ(error("UPDATE t SET id = 1"), 8102);
}

TEST_F(ChangeTest, InsertCountsItsColumns) {
    EXPECT_EQ(error("INSERT INTO t VALUES (1)"), 213);
    EXPECT_EQ(error("INSERT INTO t (a, b) VALUES (1)"), 109);
    EXPECT_EQ(error("INSERT INTO t (a) SELECT 1, 2"), 121);
    EXPECT_EQ(error("INSERT INTO t (nope) VALUES (1)"), 207);
    EXPECT_EQ(error("INSERT INTO t (a, a) VALUES (1, 1)"), 264);
}

TEST_F(ChangeTest, OutputShowsTheRows) {
    EXPECT_EQ(rows("INSERT INTO t (a) OUTPUT inserted.id, inserted.b VALUES (1), (2)"),
              (Rows{{"4", "dflt"}, {"5", "dflt"}}));
    EXPECT_EQ(rows("UPDATE t SET a = a + 1 OUTPUT deleted.a, inserted.a, inserted.id WHERE id = 1"),
              (Rows{{"10", "11", "1"}}));
    EXPECT_EQ(rows("DELETE FROM t OUTPUT deleted.* WHERE id = 2"), (Rows{{"2", "20", "y"}}));
    EXPECT_EQ(rows("DECLARE @gone TABLE (id int, a int); DELETE t OUTPUT deleted.id, deleted.a INTO @gone WHERE id = "
                   "3; SELECT * FROM @gone"),
              (Rows{{"3", "30"}}));
}

TEST_F(ChangeTest, UpdateAndDeleteFollowJoins) {
    run("CREATE TABLE #s (id int, v int); INSERT INTO #s VALUES (1, 100), (2, NULL)");
    EXPECT_EQ(run("UPDATE x SET a = s.v, b += N'!' FROM t AS x JOIN #s AS s ON s.id = x.id WHERE s.v IS NOT NULL")
                  .counts.at(0),
              1U);
    EXPECT_EQ(rows("SELECT a, b FROM t WHERE id = 1"), (Rows{{"100", "x!"}}));
    EXPECT_EQ(run("UPDATE t SET a = s.v FROM t LEFT JOIN #s s ON s.id = t.id").counts.at(0), 3U);
    EXPECT_EQ(rows("SELECT a FROM t ORDER BY id"), (Rows{{"100"}, {"NULL"}, {"NULL"}}));
    EXPECT_EQ(run("DELETE x FROM t x JOIN #s s ON s.id = x.id WHERE NOT EXISTS (SELECT 1 FROM #s z WHERE z.id = x.id "
                  "AND z.v IS NULL)")
                  .counts.at(0),
              1U);
    EXPECT_EQ(run("DELETE TOP (1) FROM t").counts.at(0), 1U);
}

TEST_F(ChangeTest, QueuesAreTakenThroughACommonTable) {
    EXPECT_THAT(rows("WITH q AS (SELECT TOP (2) * FROM t WITH (READPAST, UPDLOCK) ORDER BY id DESC) UPDATE q SET a = 0 "
                     "OUTPUT inserted.id"),
                testing::UnorderedElementsAre(testing::ElementsAre("2"), testing::ElementsAre("3")));
    EXPECT_EQ(run("WITH q AS (SELECT TOP (1) * FROM t ORDER BY id) DELETE FROM q").counts.at(0), 1U);
    EXPECT_EQ(value("SELECT MIN(id) FROM t"), "2");
}

TEST_F(ChangeTest, SelectIntoMakesATable) {
    EXPECT_EQ(rows("SELECT id, a * 2 AS d INTO #copy FROM t WHERE id < 3; SELECT * FROM #copy"),
              (Rows{{"1", "20"}, {"2", "40"}}));
    EXPECT_EQ(error("SELECT a INTO #copy FROM t"), 2714);
    EXPECT_EQ(rows("SELECT a INTO kept FROM t; SELECT COUNT(*) FROM kept"), (Rows{{"3"}}));
}

TEST_F(ChangeTest, InsertTakesAProceduresRows) {
    run("CREATE PROCEDURE p AS SELECT a, b FROM t WHERE id < 3");
    EXPECT_EQ(rows("CREATE TABLE #r (a int, b nvarchar(10)); INSERT INTO #r EXEC p; SELECT * FROM #r"),
              (Rows{{"10", "x"}, {"20", "y"}}));
}

TEST_F(ChangeTest, TruncateStartsAgain) {
    EXPECT_EQ(value("TRUNCATE TABLE t; INSERT INTO t (a) VALUES (1); SELECT MAX(id) FROM t"), "1");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
