// Columns: what they are told to clients as, what they store.
#include "server_fixture.hpp"
#include "types.hpp"

namespace revsync::sim::tsql::test {

namespace {

using TypeTest = ServerTest;

TEST_F(TypeTest, ComeBackAsTheyWereDeclared) {
    run("CREATE TABLE t (a bit, b tinyint, c smallint, d int IDENTITY NOT NULL, e bigint, f decimal(10,2), g money, h "
        "real, i float, j date, k time(3), "
        "l datetime2(7), m datetimeoffset(2), n datetime, o smalldatetime, p char(3), q varchar(20), r nchar(3), s "
        "nvarchar(max), u varbinary(8), "
        "v uniqueidentifier)");
    const Answer answer = run("SELECT * FROM t");
    ASSERT_EQ(answer.error(), 0) << answer.error_text();
    std::string names;
    for (const Column& column : answer.shapes.at(0)) {
        names += type_name(column.type) + " ";
    }
    EXPECT_EQ(names,
              "bit tinyint smallint int bigint decimal(10,2) money real float date time(3) datetime2(7) "
              "datetimeoffset(2) datetime smalldatetime "
              "char(3) varchar(20) nchar(3) nvarchar(max) varbinary(8) uniqueidentifier ");
    EXPECT_TRUE(answer.shapes[0][3].identity);
    EXPECT_FALSE(answer.shapes[0][3].nullable);
}

TEST_F(TypeTest, KeepValuesInTheirCanonicalForm) {
    run("CREATE TABLE t (a bit, f decimal(10,2), g money, i float, j date, k time(3), m datetimeoffset(2), n datetime, "
        "p char(3), u varbinary(8), v uniqueidentifier)");
    run("INSERT INTO t VALUES (5, 1.005, 2, 0.1, '20250120', '10:00:00.5', '2025-01-20T10:00:00.129+03:00', "
        "'2025-01-20T10:00:00.998', 'a', 0x0102, "
        "'0e984725-c51c-4bf4-9960-e1c80e27aba0')");
    EXPECT_EQ(rows("SELECT * FROM t"), (Rows{{"1", "1.01", "2.0000", "0.1", "2025-01-20", "10:00:00.5",
                                              "2025-01-20 10:00:00.13 +03:00", "2025-01-20 10:00:00.997", "a  ",
                                              std::string("\x01\x02"), "0E984725-C51C-4BF4-9960-E1C80E27ABA0"}}));
}

TEST_F(TypeTest, CompareTextWithoutRegardToCaseUnlessAsked) {
    run("CREATE TABLE t (a nvarchar(10), b nvarchar(10) COLLATE Latin1_General_BIN2); INSERT INTO t VALUES (N'Ab', "
        "N'Ab')");
    EXPECT_EQ(value("SELECT COUNT(*) FROM t WHERE a = 'aB'"), "1");
    EXPECT_EQ(value("SELECT COUNT(*) FROM t WHERE b = 'aB'"), "0");
    EXPECT_EQ(value("SELECT COUNT(*) FROM t WHERE a COLLATE Latin1_General_BIN2 = 'aB'"), "0");
    EXPECT_EQ(value("SELECT COUNT(*) FROM t WHERE EXISTS (SELECT a EXCEPT SELECT N'AB')"), "0");
    EXPECT_EQ(value("SELECT COUNT(*) FROM t WHERE EXISTS (SELECT a COLLATE Latin1_General_BIN2 EXCEPT SELECT N'AB' "
                    "COLLATE Latin1_General_BIN2)"),
              "1");
}

TEST_F(TypeTest, TruncateSilentlyOnlyWithoutAnsiWarnings) {
    run("CREATE TABLE t (a varchar(3))");
    const Answer refused = run("INSERT INTO t VALUES ('abcd')");
    EXPECT_EQ(refused.error(), 2628);
    EXPECT_EQ(refused.error_text(),
              "String or binary data would be truncated in table 'clinic.dbo.t', column 'a'. Truncated value: 'abc'.");
    EXPECT_EQ(error("INSERT INTO t VALUES ('abc   ')"), 0);
    EXPECT_EQ(error("SET ANSI_WARNINGS OFF; INSERT INTO t VALUES ('abcd')"), 0);
    EXPECT_EQ(rows("SELECT a FROM t"), (Rows{{"abc"}, {"abc"}}));
}

TEST_F(TypeTest, CountUtf16UnitsInNvarchar) {
    run("CREATE TABLE t (a nvarchar(2))");
    EXPECT_EQ(error("INSERT INTO t VALUES (N'😀')"), 0);
    EXPECT_EQ(error("INSERT INTO t VALUES (N'a😀')"), 2628);
}

TEST_F(TypeTest, ComputeColumns) {
    run("CREATE TABLE t (a int, b int, c AS (a + b) PERSISTED, d AS (DATEADD(day, a, e)), e date)");
    run("INSERT INTO t (a, b, e) VALUES (1, 2, '2025-01-01')");
    EXPECT_EQ(rows("SELECT c, d FROM t"), (Rows{{"3", "2025-01-02"}}));
    EXPECT_EQ(error("UPDATE t SET c = 1"), 271);
    EXPECT_EQ(error("SET QUOTED_IDENTIFIER OFF; UPDATE t SET a = 5"), 1934);
}

TEST_F(TypeTest, StartDbLibSessionsWithAnsiOff) {
    run("CREATE TABLE t (a varchar(3), b AS (1 + 1) PERSISTED)");
    const auto client = connect(false);
    EXPECT_EQ(run_on(*client, "INSERT INTO t (a) VALUES ('x')").error(), 1934);
    EXPECT_EQ(run_on(*client, "SELECT \"text\"").value(), "text");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
