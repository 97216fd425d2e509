#include "lexer.hpp"

#include <gtest/gtest.h>

#include "errors.hpp"

namespace revsync::sim::tsql {

namespace {

int error_of(std::string_view sql) {
    try {
        tokenize(sql, true);
    } catch (const SqlError& error) {
        return error.message.number;
    }
    return 0;
}

TEST(Lexer, KeepsTheSpellingOfNamesAndFoldsKeywords) {
    const auto tokens = tokenize("Select [a]]b] \"c\"\"d\" #t @v @@ROWCOUNT", true);
    ASSERT_EQ(tokens.size(), 7U);
    EXPECT_EQ(tokens[0].keyword, "SELECT");
    EXPECT_EQ(tokens[1].text, "a]b");
    EXPECT_TRUE(tokens[1].quoted);
    EXPECT_EQ(tokens[2].text, "c\"d");
    EXPECT_EQ(tokens[3].text, "#t");
    EXPECT_EQ(tokens[4].kind, TokenKind::variable);
    EXPECT_EQ(tokens[5].text, "@@ROWCOUNT");
    EXPECT_EQ(tokens[6].kind, TokenKind::end);
}

TEST(Lexer, ReadsLiterals) {
    const auto tokens = tokenize("N'it''s' 'x' 12 1.50 .5 1e-3 0xAbC", true);
    EXPECT_TRUE(tokens[0].national);
    EXPECT_EQ(tokens[0].text, "it's");
    EXPECT_FALSE(tokens[1].national);
    EXPECT_EQ(tokens[2].kind, TokenKind::integer);
    EXPECT_EQ(tokens[3].text, "1.50");
    EXPECT_EQ(tokens[4].kind, TokenKind::decimal);
    EXPECT_EQ(tokens[5].kind, TokenKind::floating);
    EXPECT_EQ(tokens[6].text, "AbC");
}

TEST(Lexer, TakesDoubleQuotesForAStringWithoutQuotedIdentifier) {
    EXPECT_EQ(tokenize("\"x\"", true)[0].kind, TokenKind::name);
    EXPECT_EQ(tokenize("\"x\"", false)[0].kind, TokenKind::string);
}

TEST(Lexer, SkipsNestedCommentsAndCountsLines) {
    const auto tokens = tokenize("/* a /* b */ c\n*/ -- d\nx", true);
    EXPECT_EQ(tokens[0].text, "x");
    EXPECT_EQ(tokens[0].line, 3);
}

TEST(Lexer, NamesWhatIsNotClosedOrNotKnown) {
    EXPECT_EQ(error_of("SELECT 'a"), 105);
    EXPECT_EQ(error_of("/* a"), 113);
    EXPECT_EQ(error_of("SELECT ?"), 102);
}

}  // namespace

}  // namespace revsync::sim::tsql
