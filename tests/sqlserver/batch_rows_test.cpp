#include <gmock/gmock.h>

#include "sqlserver/batch_statement.hpp"

namespace revsync::sqlserver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Change upsert(Key key, std::string row) {
    return {std::move(key), {}, Operation::upsert, std::move(row)};
}
Change removal(Key key) {
    return {std::move(key), {}, Operation::remove, ""};
}

BatchStatement statement(std::vector<std::string> members = {"ID"}) {
    BatchStatement made;
    made.key_members = std::move(members);
    made.code_page_columns = {"Name"};
    made.stream = "things";
    made.table = "dbo.T";
    return made;
}

std::string rows(std::vector<Change> changes, const BatchStatement& of = statement()) {
    const auto text = batch_rows(of, changes);
    return text ? *text : "error: " + text.error().text;
}

TEST(BatchRows, PutsItsMembersInFrontOfTheRows) {
    EXPECT_EQ(rows({upsert("[5]", R"({"ID" : 5, "Name" : "a"})")}), R"([{"#n":0,"#remove":0,"ID" : 5, "Name" : "a"}])");
}

TEST(BatchRows, DoesNotTouchTheRowsText) {
    const std::string members = R"("ID":9223372036854775807,"Text":"} \" \\ \u0645 {","D":0.10)";
    EXPECT_THAT(rows({upsert("[1]", " {" + members + "} \n")}), HasSubstr(members + "}]"));
}

TEST(BatchRows, TakesARowWithoutMembers) {
    EXPECT_EQ(rows({upsert("[1]", "{ }")}), R"([{"#n":0,"#remove":0}])");
}

TEST(BatchRows, NamesTheKeysColumnsForARemoval) {
    EXPECT_EQ(rows({removal(R"([7,"a,]\"b"])")}, statement({"ID", "Part"})),
              R"([{"#n":0,"#remove":1,"ID":7,"Part":"a,]\"b"}])");
}

TEST(BatchRows, SendsOnlyTheLastChangeOfAKey) {
    EXPECT_EQ(rows({upsert("[1]", R"({"ID":1})"), upsert("[2]", R"({"ID":2})"), removal("[1]")}),
              R"([{"#n":1,"#remove":0,"ID":2},{"#n":2,"#remove":1,"ID":1}])");
}

TEST(BatchRows, RefusesWhatIsNoObject) {
    EXPECT_THAT(rows({upsert("[1]", "[1]")}), HasSubstr("not a JSON object"));
    EXPECT_THAT(rows({upsert("[1]", "")}), HasSubstr("not a JSON object"));
}

TEST(BatchRows, RefusesAKeyOfAnotherShape) {
    EXPECT_THAT(rows({removal("[1,2]")}), HasSubstr("key"));
    EXPECT_THAT(rows({removal("1")}), HasSubstr("key"));
}

TEST(BatchRows, SaysWhenAGuardedRowWasEdited) {
    BatchStatement guarded = statement();
    guarded.guarded_columns = {"Days"};
    const std::vector<Change> changes{{"[5]", Timestamp::from_microseconds(3'600'000'123), Operation::upsert, "{}"},
                                      removal("[6]")};
    EXPECT_EQ(batch_rows(guarded, changes, std::chrono::hours{1}).value(),
              R"([{"#at":"1970-01-01T00:00:00.000123","#n":0,"#remove":0},{"#n":1,"#remove":1,"ID":6}])");
}

TEST(SplitKey, SeesCommasAndBracketsInsideText) {
    EXPECT_THAT(split_key(R"([1, "a,b\\", null,true])").value(), ElementsAre("1", R"("a,b\\")", "null", "true"));
}

TEST(SplitKey, RefusesBrokenArrays) {
    for (const char* text : {"", "[]", "[1", "[1,]", "[,1]", R"(["a)", R"(["a"b])", "[[1]]", "[{}]", "[1 2]"}) {
        EXPECT_FALSE(split_key(text).has_value()) << text;
    }
}

TEST(ParseApplied, ReadsCountsAndRefusedKeys) {
    const std::vector<Change> changes{removal("[1]"), removal("[2]"), removal("[3]"), removal("[4]")};
    const std::vector<ResultSet> results{{{{"1"}, {"2"}, {"3"}}}, {{{"1"}, {"4"}}, {{"2"}, {"5"}}, {{"3"}, {"-1"}}}};
    const auto applied = parse_applied(statement(), results, changes);
    ASSERT_TRUE(applied);
    EXPECT_EQ(applied->inserted, 1U);
    EXPECT_EQ(applied->updated, 2U);
    EXPECT_EQ(applied->removed, 3U);
    ASSERT_EQ(applied->refused.size(), 3U);
    EXPECT_EQ(applied->refused[0].key, "[2]");
    EXPECT_EQ(applied->refused[0].error.code, "collision");
    EXPECT_EQ(applied->refused[0].error.disposition, Disposition::row);
    EXPECT_EQ(applied->refused[1].error.code, "missing");
    EXPECT_THAT(applied->refused[2].error.text, HasSubstr("column Name"));
}

TEST(ParseApplied, SkipsResultsOfTriggers) {
    const std::vector<Change> changes{removal("[1]")};
    const std::vector<ResultSet> results{{{{"x"}}}, {{{"0"}, {"0"}, {"1"}}}, {}};
    const auto applied = parse_applied(statement(), results, changes);
    ASSERT_TRUE(applied);
    EXPECT_EQ(applied->removed, 1U);
}

TEST(ParseApplied, ReadsTheColumnsThatBothSidesEdited) {
    BatchStatement guarded = statement();
    guarded.guarded_columns = {"Days", "Type"};
    const std::vector<Change> changes{removal("[1]"), removal("[2]")};
    const ResultSet counts{{{"0"}, {"0"}, {"0"}}};
    const auto applied = parse_applied(guarded, {counts, {}, {{{"1"}, {"0"}, {"0"}}, {{"0"}, {"1"}, {"1"}}}}, changes);
    ASSERT_TRUE(applied);
    ASSERT_EQ(applied->settled.size(), 2U);
    EXPECT_EQ(applied->settled[0].stream, "things");
    EXPECT_EQ(applied->settled[0].key, "[2]");
    EXPECT_EQ(applied->settled[0].column, "Days");
    EXPECT_EQ(applied->settled[0].winner, Direction::forward);
    EXPECT_EQ(applied->settled[1].key, "[1]");
    EXPECT_EQ(applied->settled[1].column, "Type");
    EXPECT_EQ(applied->settled[1].winner, Direction::reverse);
    EXPECT_FALSE(parse_applied(guarded, {counts, {}}, changes));
    EXPECT_FALSE(parse_applied(guarded, {counts, {}, {{{"1"}, {"0"}}}}, changes));
    EXPECT_FALSE(parse_applied(guarded, {counts, {}, {{{"1"}, {"2"}, {"0"}}}}, changes)) << "there is no third column";
}

TEST(ParseApplied, DoesNotAcceptAnythingElse) {
    const std::vector<Change> changes{removal("[1]")};
    EXPECT_FALSE(parse_applied(statement(), {}, changes));
    EXPECT_FALSE(parse_applied(statement(), {{{{"0"}, {"0"}, {"1"}}}}, changes));
    EXPECT_FALSE(parse_applied(statement(), {{{{"0"}, {"0"}, {"1"}}}, {{{"7"}, {"4"}}}}, changes));
}

}  // namespace
}  // namespace revsync::sqlserver
