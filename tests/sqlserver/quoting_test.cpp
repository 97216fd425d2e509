#include "sqlserver/quoting.hpp"

#include <gtest/gtest.h>

namespace revsync::sqlserver {
namespace {

TEST(Quoting, DoublesTheClosingBracketOfAName) {
    EXPECT_EQ(bracketed("a]b[c"), "[a]]b[c]");
}

TEST(Quoting, QuotesBothPartsOfATable) {
    EXPECT_EQ(bracketed(TableName{"dbo", "my table"}), "[dbo].[my table]");
}

TEST(Quoting, DoublesTheQuoteOfALiteral) {
    EXPECT_EQ(literal("O'Neil"), "N'O''Neil'");
}

TEST(Quoting, EscapesWhatEndsAJsonString) {
    EXPECT_EQ(json_string("a\"b\\c\n"), R"("a\"b\\c\u000a")");
}

TEST(Quoting, NamesAMemberWhateverItsLetters) {
    EXPECT_EQ(json_path("Note ID"), "$.\"Note ID\"");
}

}  // namespace
}  // namespace revsync::sqlserver
