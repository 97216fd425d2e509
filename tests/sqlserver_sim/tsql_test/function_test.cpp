#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class FunctionTest : public ServerTest {
protected:
    std::string eval(const std::string& expression) { return value("SELECT " + expression); }
};

TEST_F(FunctionTest, Strings) {
    EXPECT_EQ(eval("LEN(N'ab  ')"), "2");
    EXPECT_EQ(eval("LEN(N'😀')"), "2");
    EXPECT_EQ(eval("DATALENGTH(N'ab')"), "4");
    EXPECT_EQ(eval("DATALENGTH('ab')"), "2");
    EXPECT_EQ(eval("CHARINDEX('C', 'abc')"), "3");
    EXPECT_EQ(eval("CHARINDEX('C' COLLATE Latin1_General_BIN2, 'abc')"), "0");
    EXPECT_EQ(eval("CHARINDEX('C', 'abc' COLLATE Latin1_General_CI_AS)"), "3");
    EXPECT_EQ(eval("REPLACE('aXbx', 'x', '-')"), "a-b-");
    EXPECT_EQ(eval("SUBSTRING('abcdef', 2, 3)"), "bcd");
    EXPECT_EQ(eval("LEFT('abc', 2) + RIGHT('abc', 1)"), "abc");
    EXPECT_EQ(eval("STUFF('abcdef', 2, 3, 'Z')"), "aZef");
    EXPECT_EQ(eval("CONCAT('a', NULL, 1)"), "a1");
    EXPECT_EQ(eval("CONCAT_WS(',', 'a', NULL, 'b')"), "a,b");
    EXPECT_EQ(eval("QUOTENAME('a]b')"), "[a]]b]");
    EXPECT_EQ(eval("QUOTENAME('a''b', '''')"), "'a''b'");
    EXPECT_EQ(eval("UPPER(LTRIM(RTRIM('  ab ')))"), "AB");
    EXPECT_EQ(eval("NCHAR(1575)"), "ا");
    EXPECT_EQ(eval("ISNULL(CAST(NULL AS nvarchar(2)), N'abcd')"), "ab");
    EXPECT_EQ(value("SELECT STRING_AGG(v, ',') WITHIN GROUP (ORDER BY v DESC) FROM (VALUES ('a'), ('b')) t(v)"), "b,a");
}

TEST_F(FunctionTest, Patterns) {
    const auto like = [this](const std::string& test) { return eval("CASE WHEN " + test + " THEN 1 ELSE 0 END"); };
    EXPECT_EQ(like("'Abc' LIKE 'a%'"), "1");
    EXPECT_EQ(like("'a_c' LIKE 'a[_]c'"), "1");
    EXPECT_EQ(like("'abc' LIKE 'a[_]c'"), "0");
    EXPECT_EQ(like("'xbc' LIKE '[^a-c]bc'"), "1");
    EXPECT_EQ(like("'a%b' LIKE 'a!%b' ESCAPE '!'"), "1");
    EXPECT_EQ(like("'a.b' LIKE 'a.b' AND 'axb' NOT LIKE 'a.b'"), "1");
    EXPECT_EQ(like("'abc' COLLATE Latin1_General_BIN2 LIKE 'A%'"), "0");
}

TEST_F(FunctionTest, Numbers) {
    EXPECT_EQ(eval("7 / 2"), "3");
    EXPECT_EQ(eval("-7 % 3"), "-1");
    EXPECT_EQ(eval("5 & 3 | 8"), "9");
    EXPECT_EQ(eval("CAST(10 AS decimal(10,2)) / 3"), "3.3333333333333");
    EXPECT_EQ(eval("ROUND(1.255, 2)"), "1.260");
    EXPECT_EQ(eval("AVG(v) FROM (VALUES (1), (2)) t(v)"), "1");
    EXPECT_EQ(eval("CAST(1.999 AS int)"), "1");
    EXPECT_EQ(eval("CAST(1.005 AS decimal(5,2))"), "1.01");
    EXPECT_EQ(eval("CAST(1.5 AS money) * 2"), "3.0000");
    EXPECT_EQ(eval("TRY_CAST('x' AS int)"), "NULL");
    EXPECT_EQ(eval("CHOOSE(2, 'a', 'b')"), "b");
    EXPECT_EQ(eval("IIF(1 > 2, 'a', 'b')"), "b");
}

TEST_F(FunctionTest, Dates) {
    EXPECT_EQ(eval("CAST('2025-01-20 10:00:00.005' AS datetime)"), "2025-01-20 10:00:00.007");
    EXPECT_EQ(eval("CONVERT(varchar(30), CAST('2025-01-20 10:00:00.123' AS datetime), 126)"),
              "2025-01-20T10:00:00.123");
    EXPECT_EQ(eval("CONVERT(varchar(10), CAST('2025-01-20' AS date), 112)"), "20250120");
    EXPECT_EQ(eval("CAST('2025-01-20 10:00:31' AS smalldatetime)"), "2025-01-20 10:01:00");
    EXPECT_EQ(eval("CAST('2025-01-20 10:00:00.1234567' AS datetime2(3))"), "2025-01-20 10:00:00.123");
    EXPECT_EQ(eval("DATEADD(month, 1, CAST('2025-01-31' AS date))"), "2025-02-28");
    EXPECT_EQ(eval("DATEDIFF(minute, '2025-01-01T00:00:59', '2025-01-01T00:01:00')"), "1");
    EXPECT_EQ(eval("EOMONTH('2024-02-10')"), "2024-02-29");
    EXPECT_EQ(eval("CASE WHEN ABS(DATEDIFF(second, GETUTCDATE(), SYSUTCDATETIME())) < 2 THEN 1 END"), "1");
}

TEST_F(FunctionTest, TimeZones) {
    EXPECT_EQ(eval("CAST('2025-01-21T14:00:00.123456Z' AS datetimeoffset(7))"), "2025-01-21 14:00:00.1234560 +00:00");
    EXPECT_EQ(eval("CAST('2025-01-21T14:00:00+00:00' AS datetimeoffset(0)) AT TIME ZONE N'Arabic Standard Time'"),
              "2025-01-21 17:00:00 +03:00");
    EXPECT_EQ(eval("CONVERT(datetime, CAST('2025-07-21T14:00:00+00:00' AS datetimeoffset) AT TIME ZONE 'W. Europe "
                   "Standard Time')"),
              "2025-07-21 16:00:00");
    EXPECT_EQ(eval("CONVERT(datetime2(6), CAST('2025-01-21T23:59:59.123456-03:30' AS datetimeoffset) AT TIME ZONE "
                   "'Arabic Standard Time')"),
              "2025-01-22 06:29:59.123456");
    EXPECT_EQ(eval("CONVERT(datetime2(0), CAST('2025-01-21 14:00' AS datetimeoffset) AT TIME ZONE 'Arabic Standard "
                   "Time')"),
              "2025-01-21 17:00:00");
    EXPECT_EQ(eval("CONVERT(datetime2(0), CAST(CAST('2025-01-21 14:00' AS datetime) AS datetimeoffset) AT TIME ZONE "
                   "'Arabic Standard Time')"),
              "2025-01-21 17:00:00");
    EXPECT_EQ(
        eval("CONVERT(datetime, CAST('1899-12-31T21:02:00+00:00' AS datetimeoffset) AT TIME ZONE 'Arabic Standard "
             "Time')"),
        "1900-01-01 00:00:00");
    EXPECT_EQ(error("SELECT CONVERT(datetime, CAST('2025-01-21T14:00:00+15:00' AS datetimeoffset) AT TIME ZONE 'UTC')"),
              241);
    EXPECT_EQ(error("SELECT CONVERT(datetime, CAST(N'soon' AS datetimeoffset) AT TIME ZONE 'UTC')"), 241);
    EXPECT_EQ(eval("CAST('2025-01-21 14:00' AS datetime2(0)) AT TIME ZONE 'Eastern Standard Time'"),
              "2025-01-21 14:00:00 -05:00");
    EXPECT_EQ(eval("SWITCHOFFSET(TODATETIMEOFFSET('2025-01-21 14:00', '+03:00'), '+00:00')"),
              "2025-01-21 11:00:00.0000000 +00:00");
    EXPECT_EQ(eval("CASE WHEN CAST('2025-01-21T14:00:00+00:00' AS datetimeoffset) = CAST('2025-01-21T17:00:00+03:00' "
                   "AS datetimeoffset) THEN 1 END"),
              "1");
    EXPECT_EQ(error("SELECT SYSUTCDATETIME() AT TIME ZONE 'Nowhere'"), 9820);
}

TEST_F(FunctionTest, BinariesAndJson) {
    EXPECT_EQ(eval("CONVERT(varchar(10), 0xABCD, 1)"), "0xABCD");
    EXPECT_EQ(eval("CONVERT(varchar(10), CONVERT(varbinary(2), 'abcd', 2), 2)"), "ABCD");
    EXPECT_EQ(eval("CONVERT(varchar(70), HASHBYTES('SHA2_256', 'abc'), 2)"),
              "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    EXPECT_EQ(eval("CONVERT(varchar(20), CAST(N'ab' AS varbinary(10)), 2)"), "61006200");
    EXPECT_EQ(eval("JSON_VALUE('{\"a\":{\"b c\":[1,2]}}', '$.a.\"b c\"[1]')"), "2");
    EXPECT_EQ(eval("ISJSON('{}') + ISJSON('x')"), "1");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
