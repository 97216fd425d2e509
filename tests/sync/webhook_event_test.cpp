#include "sync/webhook_event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::vector<KeyPair> one_column{{"note_id", "NoteID"}};

Result<Key> key_from(const std::string& json) {
    return key_of({{"note_id", json}}, one_column);
}

TEST(WebhookKey, is_spelled_as_the_feed_spells_it) {
    EXPECT_EQ(key_from("5").value(), "[5]");
    EXPECT_EQ(key_from("-9223372036854775808").value(), "[-9223372036854775808]");
    EXPECT_EQ(key_from("9223372036854775807").value(), "[9223372036854775807]");
    EXPECT_EQ(key_from("-0").value(), "[0]");
    const std::vector<KeyPair> two_columns{{"clinic", "Clinic"}, {"code", "Code"}};
    EXPECT_EQ(key_of({{"code", R"("a")"}, {"clinic", "7"}, {"more", "1"}}, two_columns).value(), R"([7,"a"])");
}

// escape_json in PostgreSQL's src/backend/utils/adt/json.c
TEST(WebhookKey, escapes_text_as_postgres_does) {
    EXPECT_EQ(key_from(R"("\/\u00e9\ud83d\ude00\b\f\n\r\t\"\\\u0001\u001F\u007f")").value(),
              "[\"/é😀\\b\\f\\n\\r\\t\\\"\\\\\\u0001\\u001f\x7f\"]");
}

TEST(WebhookKey, is_refused_when_it_is_no_exact_integer_and_no_text) {
    for (const auto* json : {"9223372036854775808", "-9223372036854775809", "5.0", "5e0", "true", "null", "[5]",
                             R"({"a":5})", R"("a\u0000b")", "", "5 6", "05"}) {
        const auto key = key_from(json);
        ASSERT_TRUE(key.has_error()) << json;
        EXPECT_EQ(key.error().disposition, Disposition::row);
        EXPECT_THAT(key.error().text, HasSubstr("'note_id'"));
    }
    EXPECT_THAT(key_from("9223372036854775808").error().text, Not(HasSubstr("922337")));
}

TEST(WebhookKey, names_the_column_that_is_missing) {
    EXPECT_THAT(key_of({{"other", "5"}}, one_column).error().text, AllOf(HasSubstr("lacks"), HasSubstr("'note_id'")));
}

}  // namespace
}  // namespace revsync
