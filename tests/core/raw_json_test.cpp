#include "core/raw_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/error.hpp>

namespace revsync {
namespace {

TEST(RawJson, keeps_numbers_and_texts_as_they_stand) {
    const auto document = RawJson::parse(R"( { "a" : [ 1.10 , "x ]\" y" ] , "b":18446744073709551615 } )");
    ASSERT_TRUE(document);
    const auto members = document->members();
    EXPECT_EQ(members.at("a").compact(), R"([1.10,"x ]\" y"])");
    EXPECT_EQ(members.at("b").compact(), "18446744073709551615");
    EXPECT_EQ(members.at("b").integer(), std::nullopt);
    EXPECT_EQ(members.at("a").elements().at(1).string(), "x ]\" y");
}

TEST(RawJson, reads_empty_and_nested_values) {
    const auto document = RawJson::parse(R"({"o":{},"a":[],"n":null,"d":[[{"x":[1]}],2]})");
    ASSERT_TRUE(document);
    const auto members = document->members();
    EXPECT_TRUE(members.at("o").members().empty());
    EXPECT_TRUE(members.at("a").elements().empty());
    EXPECT_TRUE(members.at("n").is_null());
    EXPECT_EQ(members.at("d").elements().at(1).integer(), 2);
}

TEST(RawJson, is_one_whole_value_or_none) {
    for (const auto* text : {"", "{", "[1,]", "{\"a\":1}x", "\"\xff\"", "01", "\x01"}) {
        EXPECT_FALSE(RawJson::parse(text)) << text;
    }
    EXPECT_FALSE(RawJson::parse(std::string(100'000, '[')));
}

TEST(RawJson, reads_texts_with_and_without_escapes) {
    const auto document = RawJson::parse(R"({"pl\u0061in":"\ud83d\udcdd \"x\" \\","مەلا":"📝"})");
    ASSERT_TRUE(document);
    const auto members = document->members();
    EXPECT_EQ(members.at("plain").string(), "📝 \"x\" \\");
    EXPECT_EQ(members.at("مەلا").string(), "📝");
}

TEST(RawJson, finds_the_end_of_a_text_behind_any_number_of_backslashes) {
    const auto document = RawJson::parse(R"({"a":"","b":"\\","c":"\"}","d\"\\":"\\\"\\\\","e":["\\"]})");
    ASSERT_TRUE(document);
    EXPECT_EQ(
        document->member_texts(),
        (JsonMembers{
            {"a", R"("")"}, {"b", R"("\\")"}, {"c", R"("\"}")"}, {R"(d"\)", R"("\\\"\\\\")"}, {"e", R"(["\\"])"}}));
}

TEST(RawJson, takes_of_a_repeated_name_the_last) {
    const auto document = RawJson::parse(R"({"b":1,"a":2,"b":3,"c":4,"b":5,"a":6})");
    ASSERT_TRUE(document);
    EXPECT_EQ(document->member_texts(), (JsonMembers{{"a", "6"}, {"b", "5"}, {"c", "4"}}));
    EXPECT_EQ(document->members().at("b").integer(), 5);
}

TEST(RawJson, tells_a_document_that_ends_early_from_one_that_is_wrong) {
    EXPECT_EQ(RawJson::parse(R"({"a":)").error(), boost::json::error::incomplete);
    EXPECT_EQ(RawJson::parse(R"({"a":1}})").error(), boost::json::error::extra_data);
    EXPECT_EQ(RawJson::parse(std::string(RawJson::deepest + 1, '[')).error(), boost::json::error::too_deep);
    EXPECT_TRUE(RawJson::parse(std::string(RawJson::deepest, '[') + std::string(RawJson::deepest, ']')));
}

TEST(RawJson, quotes_what_json_must_not_see) {
    EXPECT_EQ(quoted_json("a\"b\\\n"), R"("a\"b\\\n")");
}

}  // namespace
}  // namespace revsync
