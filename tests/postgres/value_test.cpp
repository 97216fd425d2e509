#include <gmock/gmock.h>

#include "postgres/feed_fixture.hpp"

namespace revsync::postgres {
namespace {

struct ValueCase {
    const char* type;
    const char* value;
    const char* json;
};

class Values : public FeedTest, public testing::WithParamInterface<ValueCase> {};

TEST_P(Values, TravelAs) {
    const ValueCase& one = GetParam();
    sql().execute(
        "CREATE TYPE mood AS ENUM ('fine'); CREATE DOMAIN price AS numeric(10,2); CREATE TYPE pair AS (a int, b text);"
        "CREATE TABLE items (id int PRIMARY KEY, changed timestamptz, body " +
        std::string{one.type} + ")");
    sql().execute(std::string{"INSERT INTO items VALUES (1, '2025-01-02Z', "} + one.value + ")");
    const Stream items = items_stream();
    const auto feed = this->feed();

    EXPECT_EQ(first_page(*feed, items, since(early), 10).changes.at(0).row,
              std::string{R"({"ID":1,"Body":)"} + one.json + "}");
}

INSTANTIATE_TEST_SUITE_P(
    OfType, Values,
    testing::Values(
        ValueCase{"int", "NULL", "null"}, ValueCase{"bigint", "9223372036854775807", "9223372036854775807"},
        ValueCase{"numeric", "12345678901234567890.00000000012300", "12345678901234567890.00000000012300"},
        ValueCase{"numeric", "'NaN'", R"("NaN")"}, ValueCase{"float8", "0.1", "0.1"},
        ValueCase{"float8", "'-Infinity'", R"("-Infinity")"}, ValueCase{"boolean", "true", "true"},
        ValueCase{"money", "'1234.50'", "1234.50"}, ValueCase{"price", "3", "3.00"},
        ValueCase{"text", "E'a\"\\\\\\n\\t سلام 🎉'", R"("a\"\\\n\t سلام 🎉")"}, ValueCase{"varchar(20)", "''", R"("")"},
        ValueCase{"char(4)", "'ab'", R"("ab  ")"},
        ValueCase{"uuid", "'00000000-0000-0000-0000-00000000000A'", R"("00000000-0000-0000-0000-00000000000a")"},
        ValueCase{"mood", "'fine'", R"("fine")"},
        ValueCase{"timestamptz", "'2025-01-02 03:04:05.000006+03'", R"("2025-01-02T00:04:05.000006+00:00")"},
        ValueCase{"timestamptz", "'infinity'", R"("infinity")"},
        ValueCase{"timestamp", "'2025-01-02 03:04:05'", R"("2025-01-02T03:04:05")"},
        ValueCase{"date", "'2025-01-02'", R"("2025-01-02")"}, ValueCase{"time", "'03:04:05.5'", R"("03:04:05.5")"},
        ValueCase{"json", R"('{"a": [1, "x"]}')", R"("{\"a\": [1, \"x\"]}")"},
        ValueCase{"jsonb", R"('{"a":1}')", R"("{\"a\": 1}")"},
        ValueCase{"text[]", "ARRAY['a', NULL]", R"("[\"a\",null]")"},
        ValueCase{"int[]", "ARRAY[[1,2],[3,4]]", R"("[[1,2],[3,4]]")"},
        ValueCase{"bytea", R"('\x00ff')", R"("0x00ff")"}, ValueCase{"inet", "'10.0.0.1/8'", R"("10.0.0.1/8")"},
        ValueCase{"int4range", "'[1,5)'", R"x("[1,5)")x"}, ValueCase{"pair", "(1, 'x')", R"x("(1,x)")x"},
        ValueCase{"interval", "'1 day 2 hours'", R"("P1DT2H")"}));

}  // namespace
}  // namespace revsync::postgres
