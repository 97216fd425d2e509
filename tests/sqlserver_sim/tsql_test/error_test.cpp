// Numbers, wording and consequences of failures.
#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class ErrorTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (session) {
            run("CREATE TABLE p (id int NOT NULL CONSTRAINT PK_p PRIMARY KEY); INSERT INTO p VALUES (1); "
                "CREATE TABLE c (id int NOT NULL, p int NOT NULL CONSTRAINT FK_c_p REFERENCES p (id), n int CONSTRAINT "
                "CK_c CHECK (n > 0)); "
                "INSERT INTO c VALUES (1, 1, 1)");
        }
    }
};

TEST_F(ErrorTest, ConstraintsAreNamed) {
    EXPECT_EQ(run("INSERT INTO p VALUES (1)").error_text(),
              "Violation of PRIMARY KEY constraint 'PK_p'. Cannot insert duplicate key in object 'dbo.p'. The "
              "duplicate key value is (1).");
    EXPECT_EQ(run("INSERT INTO c VALUES (2, 9, 1)").error_text(),
              "The INSERT statement conflicted with the FOREIGN KEY constraint \"FK_c_p\". The conflict occurred in "
              "database \"clinic\", table \"dbo.p\", column 'id'.");
    EXPECT_EQ(run("DELETE FROM p").error_text(),
              "The DELETE statement conflicted with the REFERENCE constraint \"FK_c_p\". The conflict occurred in "
              "database \"clinic\", table \"dbo.c\", column 'p'.");
    EXPECT_EQ(run("UPDATE c SET n = -1").error_text(),
              "The UPDATE statement conflicted with the CHECK constraint \"CK_c\". The conflict occurred in database "
              "\"clinic\", table \"dbo.c\", column 'n'.");
    EXPECT_EQ(run("INSERT INTO c (id, p) VALUES (NULL, 1)").error_text(),
              "Cannot insert the value NULL into column 'id', table 'clinic.dbo.c'; column does not allow nulls. "
              "INSERT fails.");
}

TEST_F(ErrorTest, ValuesThatDoNotFit) {
    EXPECT_EQ(error("SELECT CAST('abc' AS int)"), 245);
    EXPECT_EQ(error("SELECT CAST('2025-13-01' AS datetime)"), 242);
    EXPECT_EQ(error("SELECT CAST('yesterday' AS date)"), 241);
    EXPECT_EQ(error("SELECT CAST('x' AS decimal(5,2))"), 8114);
    EXPECT_EQ(error("SELECT CAST(99999 AS smallint)"), 8115);
    EXPECT_EQ(error("SELECT CAST(123456 AS decimal(5,2))"), 8115);
    EXPECT_EQ(error("SELECT CAST(300 AS tinyint)"), 220);
    EXPECT_EQ(error("SELECT 1 / 0"), 8134);
    EXPECT_EQ(error("SELECT 2147483647 + 1"), 8115);
    EXPECT_EQ(error("SELECT CAST('not one' AS uniqueidentifier)"), 8169);
    EXPECT_EQ(error("SELECT (SELECT 1 UNION ALL SELECT 2)"), 512);
}

TEST_F(ErrorTest, AStatementFailsAloneWithoutXactAbort) {
    const Answer answer = run("INSERT INTO p VALUES (1); SELECT @@ERROR");
    EXPECT_EQ(answer.error(), 2627);
    EXPECT_EQ(answer.value(), "2627");
    EXPECT_EQ(
        run("BEGIN TRAN; INSERT INTO p VALUES (2); INSERT INTO p VALUES (1); COMMIT; SELECT COUNT(*) FROM p").value(),
        "2");
}

TEST_F(ErrorTest, XactAbortEndsBatchAndTransaction) {
    const Answer answer =
        run("SET XACT_ABORT ON; BEGIN TRAN; INSERT INTO p VALUES (2); INSERT INTO p VALUES (1); SELECT 'on'");
    EXPECT_EQ(answer.error(), 2627);
    EXPECT_TRUE(answer.sets.empty());
    EXPECT_EQ(rows("SELECT @@TRANCOUNT, COUNT(*) FROM p"), (Rows{{"0", "1"}}));
}

TEST_F(ErrorTest, ConversionErrorsEndTheBatch) {
    EXPECT_TRUE(run("SELECT CAST('x' AS int); SELECT 1").rows().empty());
    EXPECT_EQ(run("SELECT * FROM nope; SELECT 1").error(), 208);
}

TEST_F(ErrorTest, TryCatchSeesWhatHappened) {
    EXPECT_EQ(rows("BEGIN TRY\nINSERT INTO p VALUES (1)\nEND TRY BEGIN CATCH SELECT ERROR_NUMBER(), ERROR_SEVERITY(), "
                   "ERROR_LINE(), XACT_STATE() END CATCH"),
              (Rows{{"2627", "14", "2", "0"}}));
    EXPECT_EQ(rows("SET XACT_ABORT OFF; BEGIN TRAN; BEGIN TRY INSERT INTO p VALUES (1) END TRY BEGIN CATCH SELECT "
                   "XACT_STATE(), @@TRANCOUNT END CATCH; COMMIT"),
              (Rows{{"1", "1"}}));
    EXPECT_EQ(rows("SET XACT_ABORT ON; BEGIN TRAN; BEGIN TRY INSERT INTO p VALUES (1) END TRY BEGIN CATCH SELECT "
                   "XACT_STATE(); ROLLBACK END CATCH"),
              (Rows{{"-1"}}));
    EXPECT_EQ(error("BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH THROW END CATCH"), 8134);
    EXPECT_EQ(run("BEGIN TRY THROW 50001, N'mine', 7 END TRY BEGIN CATCH SELECT ERROR_MESSAGE() END CATCH").value(),
              "mine");
}

TEST_F(ErrorTest, UncommittableTransactionsEndWithTheBatch) {
    const Answer answer =
        run("SET XACT_ABORT ON; BEGIN TRAN; BEGIN TRY INSERT INTO p VALUES (1) END TRY BEGIN CATCH INSERT INTO p "
            "VALUES (7) END CATCH");
    EXPECT_EQ(answer.messages.at(0).number, 3930);
    EXPECT_EQ(value("SELECT @@TRANCOUNT"), "0");
    EXPECT_EQ(run("BEGIN TRAN; BEGIN TRY INSERT INTO p VALUES (1) END TRY BEGIN CATCH PRINT 'x' END CATCH")
                  .messages.back()
                  .number,
              3998);
}

TEST_F(ErrorTest, RaiserrorFormats) {
    const Answer answer = run("RAISERROR(N'%s has %d', 16, 3, N'it', 5); SELECT 1");
    EXPECT_EQ(answer.messages.at(0).text, "it has 5");
    EXPECT_EQ(answer.messages.at(0).number, 50000);
    EXPECT_EQ(answer.value(), "1");
    EXPECT_EQ(run("RAISERROR('note', 10, 1)").error(), 0);
}

TEST_F(ErrorTest, NothingRunsWhenTheBatchDoesNotParse) {
    EXPECT_EQ(error("INSERT INTO p VALUES (5); SELECT FROM x"), 156);
    EXPECT_EQ(value("SELECT COUNT(*) FROM p"), "1");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
