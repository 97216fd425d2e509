#include "config/env_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

// The value that NAME has in the text, or what is wrong with the text.
std::string value_in(std::string_view text) {
    const auto file = parse_env_file(text);
    return file.has_error() ? file.error().text : file->values.at("NAME");
}

std::string error_of(std::string_view text) {
    const auto file = parse_env_file(text);
    return file.has_error() ? file.error().text : "";
}

TEST(EnvFile, reads_names_and_values_and_passes_over_the_rest) {
    const auto file = parse_env_file("# the clinic\n\nDB_SERVER=10.0.0.5\n  export DB_PORT = 1433  \nEMPTY=\n");
    ASSERT_FALSE(file.has_error());
    EXPECT_THAT(file->values, ElementsAre(Pair("DB_PORT", "1433"), Pair("DB_SERVER", "10.0.0.5"), Pair("EMPTY", "")));
}

TEST(EnvFile, takes_a_plain_value_up_to_a_comment) {
    EXPECT_EQ(value_in("NAME=a b # why"), "a b");
    EXPECT_EQ(value_in("NAME=a#b"), "a#b");
    EXPECT_EQ(value_in("NAME=# nothing"), "");
    EXPECT_EQ(value_in("NAME=a=b"), "a=b");
    EXPECT_EQ(value_in("NAME=$HOME `x`"), "$HOME `x`");
    EXPECT_EQ(value_in("NAME=it's"), "it's");
}

TEST(EnvFile, takes_single_quotes_as_they_stand) {
    EXPECT_EQ(value_in("NAME='a # \\n \"b\" '"), "a # \\n \"b\" ");
    EXPECT_EQ(value_in("NAME='a' # why"), "a");
}

TEST(EnvFile, knows_the_usual_escapes_in_double_quotes) {
    EXPECT_EQ(value_in(R"(NAME="a\tb\nc\r\"d\"\\e\$f")"), "a\tb\nc\r\"d\"\\e$f");
    EXPECT_EQ(value_in(R"(NAME="C:\Programs\ReverseSync")"), R"(C:\Programs\ReverseSync)");
    EXPECT_EQ(value_in("NAME=\"\""), "");
}

TEST(EnvFile, reads_what_windows_editors_save) {
    EXPECT_EQ(value_in("\xEF\xBB\xBFNAME=a\r\nOTHER=b\r\n"), "a");
    EXPECT_EQ(value_in("NAME=\"a\"\r\n"), "a");
    EXPECT_THAT(error_of(std::string_view{"\xFF\xFEN\0", 4}), HasSubstr("UTF-16"));
}

TEST(EnvFile, keeps_every_language) {
    EXPECT_EQ(value_in("NAME=عيادة 🦷"), "عيادة 🦷");
}

TEST(EnvFile, names_every_bad_line_and_quotes_none_of_them) {
    const auto error = error_of("DB_PASSWORD hunter2\nNAME=\"hunter2\nA=1\nNAME='x' hunter2\n2X=hunter2\n");
    EXPECT_THAT(error, AllOf(HasSubstr("line 1: expected NAME=VALUE"), HasSubstr("line 2: the closing quote"),
                             HasSubstr("line 4: there is text behind"), HasSubstr("line 5: expected")));
    EXPECT_THAT(error, Not(HasSubstr("hunter2")));
    EXPECT_THAT(error, Not(HasSubstr("line 3")));
}

TEST(EnvFile, lets_the_last_of_two_lines_count_and_says_so) {
    const auto file = parse_env_file("NAME=old\nNAME=new\n");
    ASSERT_FALSE(file.has_error());
    EXPECT_EQ(file->values.at("NAME"), "new");
    EXPECT_THAT(file->warnings, ElementsAre(AllOf(HasSubstr("NAME"), HasSubstr("line 1"), HasSubstr("line 2"))));
}

TEST(EnvFile, has_a_limit) {
    const std::string comment = "#" + std::string(env_file_limit_bytes - 1, 'x');
    EXPECT_EQ(error_of(comment), "");
    EXPECT_THAT(error_of(comment + "x"), HasSubstr("larger than 65536 bytes"));
}

TEST(EnvFile, refuses_binary_data) {
    EXPECT_THAT(error_of(std::string_view{"NAME=a\0b", 8}), HasSubstr("binary"));
}

}  // namespace
}  // namespace revsync
