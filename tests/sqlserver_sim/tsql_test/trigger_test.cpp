#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class TriggerTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (session) {
            run("CREATE TABLE t (id int PRIMARY KEY, a nvarchar(10)); CREATE TABLE log (n int IDENTITY, what "
                "nvarchar(200))");
        }
    }
};

TEST_F(TriggerTest, SeeInsertedAndDeleted) {
    EXPECT_EQ(error("CREATE TRIGGER tr ON t AFTER INSERT, UPDATE, DELETE AS SET NOCOUNT ON; "
                    "INSERT INTO log (what) SELECT CONCAT(@@ROWCOUNT, ' ', d.a, '>', i.a) FROM inserted i FULL JOIN "
                    "deleted d ON d.id = i.id ORDER BY COALESCE(i.id, d.id)"),
              0);
    run("INSERT INTO t VALUES (1, N'x'), (2, N'y'); UPDATE t SET a = N'z' WHERE id = 1; DELETE FROM t WHERE id = 2");
    EXPECT_EQ(rows("SELECT what FROM log ORDER BY n"), (Rows{{"0 >x"}, {"0 >y"}, {"0 x>z"}, {"0 y>"}}));
}

TEST_F(TriggerTest, SeeManyRowsAsTheySeeFew) {
    run("CREATE TRIGGER tr ON t AFTER INSERT, UPDATE, DELETE AS INSERT INTO log (what) SELECT CONCAT(COUNT(d.id), "
        "MIN(d.a), '>', COUNT(i.id), MIN(i.a)) FROM inserted i FULL JOIN deleted d ON d.id = i.id");
    run("INSERT INTO t SELECT value, N'x' FROM GENERATE_SERIES(1, 21); UPDATE t SET a = N'y' WHERE id > 1; "
        "UPDATE t SET a = N'z'; UPDATE t SET a = N'w' WHERE id = 1; DELETE FROM t");
    EXPECT_EQ(rows("SELECT what FROM log ORDER BY n"),
              (Rows{{"0>21x"}, {"20x>20y"}, {"21x>21z"}, {"1z>1w"}, {"21w>0"}}));
    run("DELETE FROM log; INSERT INTO t SELECT value, N'x' FROM GENERATE_SERIES(1, 30)");
    run("ALTER TABLE t ADD b nvarchar(10); UPDATE t SET b = N'q'");
    run("BEGIN TRAN; UPDATE t SET a = N'lost'; ROLLBACK; UPDATE t SET a = N'kept'");
    EXPECT_EQ(rows("SELECT what FROM log ORDER BY n"), (Rows{{"0>30x"}, {"30x>30x"}, {"30x>30kept"}}));
}

TEST_F(TriggerTest, KnowTheRowCountAndTheColumns) {
    run("CREATE TRIGGER tr ON t AFTER UPDATE AS DECLARE @n int = @@ROWCOUNT; "
        "INSERT INTO log (what) SELECT CONCAT(@n, CASE WHEN @n > 1 THEN 'many' END); IF UPDATE(a) INSERT INTO log "
        "(what) VALUES ('a'); "
        "IF UPDATE(id) INSERT INTO log (what) VALUES ('id')");
    run("INSERT INTO t VALUES (1, N'x'), (2, N'y'); UPDATE t SET a = N'q'; UPDATE t SET a = N'w' WHERE id = 99");
    EXPECT_EQ(rows("SELECT what FROM log ORDER BY n"), (Rows{{"2many"}, {"a"}, {"0"}, {"a"}}));
}

TEST_F(TriggerTest, CanBeSwitchedOffAndOn) {
    run("CREATE TRIGGER tr ON t AFTER INSERT AS INSERT INTO log (what) SELECT a FROM inserted");
    run("DISABLE TRIGGER dbo.tr ON dbo.t; INSERT INTO t VALUES (1, N'x'); ENABLE TRIGGER tr ON t; INSERT INTO t VALUES "
        "(2, N'y')");
    EXPECT_EQ(rows("SELECT what FROM log"), (Rows{{"y"}}));
}

TEST_F(TriggerTest, FireEachOther) {
    run("CREATE TRIGGER tr ON t AFTER INSERT AS INSERT INTO log (what) SELECT a FROM inserted");
    run("CREATE TABLE deep (what nvarchar(200))");
    run("CREATE TRIGGER tr2 ON log AFTER INSERT AS INSERT INTO deep SELECT what FROM inserted");
    EXPECT_EQ(rows("INSERT INTO t VALUES (1, N'x'); SELECT * FROM deep"), (Rows{{"x"}}));
    EXPECT_EQ(rows("INSERT INTO t SELECT value, N'y' FROM GENERATE_SERIES(2, 40); SELECT COUNT(*) FROM deep"),
              (Rows{{"40"}}));
}

TEST_F(TriggerTest, KeepScopeIdentityAndMoveIdentity) {
    run("CREATE TABLE main (id int IDENTITY(100,1), a int)");
    run("CREATE TRIGGER tr ON main AFTER INSERT AS INSERT INTO log (what) VALUES ('x')");
    EXPECT_EQ(rows("INSERT INTO main (a) VALUES (1); SELECT SCOPE_IDENTITY(), @@IDENTITY"), (Rows{{"100", "1"}}));
}

TEST_F(TriggerTest, AFailureUndoesTheStatement) {
    run("CREATE TRIGGER tr ON t AFTER INSERT AS IF EXISTS (SELECT 1 FROM inserted WHERE id < 0) THROW 50010, "
        "N'negative', 1");
    const Answer answer = run("INSERT INTO t VALUES (-1, NULL); SELECT 'on'");
    EXPECT_EQ(answer.error(), 50010);
    EXPECT_EQ(answer.messages.at(0).procedure, "tr");
    EXPECT_TRUE(answer.sets.empty());
    EXPECT_EQ(rows("SELECT COUNT(*), @@TRANCOUNT FROM t"), (Rows{{"0", "0"}}));
    EXPECT_EQ(value("BEGIN TRAN; BEGIN TRY INSERT INTO t VALUES (-1, NULL) END TRY BEGIN CATCH SELECT XACT_STATE(); "
                    "ROLLBACK END CATCH"),
              "-1");
}

TEST_F(TriggerTest, ARollbackEndsTheBatch) {
    run("CREATE TRIGGER tr ON t AFTER INSERT AS ROLLBACK");
    EXPECT_EQ(error("INSERT INTO t VALUES (1, NULL)"), 3609);
    EXPECT_EQ(value("SELECT COUNT(*) FROM t"), "0");
}

TEST_F(TriggerTest, CanBeChangedDisabledAndDropped) {
    run("CREATE TRIGGER tr ON t AFTER INSERT AS INSERT INTO log (what) VALUES ('one')");
    run("ALTER TRIGGER tr ON t AFTER INSERT AS INSERT INTO log (what) VALUES ('two')");
    run("INSERT INTO t VALUES (1, NULL); ALTER TABLE t DISABLE TRIGGER tr; INSERT INTO t VALUES (2, NULL)");
    EXPECT_EQ(rows("SELECT what FROM log"), (Rows{{"two"}}));
    EXPECT_EQ(error("ALTER TABLE t ENABLE TRIGGER ALL; DROP TRIGGER tr; INSERT INTO t VALUES (3, NULL)"), 0);
    EXPECT_EQ(value("SELECT COUNT(*) FROM log"), "1");
    EXPECT_EQ(error("CREATE TRIGGER x ON t AFTER INSERT AS SELECT FROM"), 156);
}

TEST_F(TriggerTest, ForbidOutputWithoutInto) {
    run("CREATE TRIGGER tr ON t AFTER INSERT AS RETURN");
    EXPECT_EQ(error("INSERT INTO t OUTPUT inserted.id VALUES (1, NULL)"), 334);
    EXPECT_EQ(
        rows("DECLARE @o TABLE (id int); INSERT INTO t OUTPUT inserted.id INTO @o VALUES (1, NULL); SELECT * FROM @o"),
        (Rows{{"1"}}));
}

}  // namespace

}  // namespace revsync::sim::tsql::test
