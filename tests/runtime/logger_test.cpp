#include "runtime/logger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdio>
#include <cstdlib>
#include <vector>
#ifdef __linux__
#include <sys/stat.h>
#endif

namespace revsync {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;
using testing::Pair;

// What ends up in the file for one line.
std::string written(LogFormat format, bool under_journald, Level level, std::string_view line) {
    std::FILE* file = std::tmpfile();
    write_lines(file, format, under_journald)(level, line);
    std::rewind(file);
    std::string text(1000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
}

TEST(Logger, drops_what_is_below_its_threshold) {
    std::vector<std::pair<Level, std::string>> lines;
    const Logger logger{Level::warning, [&](Level level, std::string_view line) { lines.emplace_back(level, line); }};
    logger.debug("a {}", 1);
    logger.info("b {}", 2);
    logger.warning("c {}", 3);
    logger.error("d {}", 4);
    EXPECT_THAT(lines, ElementsAre(Pair(Level::warning, "c 3"), Pair(Level::error, "d 4")));
}

TEST(WriteLines, begins_a_line_with_its_time) {
    EXPECT_THAT(written(LogFormat::text, false, Level::info, "🔄 Starting"),
                MatchesRegex("....-..-..T..:..:..\\....Z 🔄 Starting\n"));
}

TEST(WriteLines, gives_journald_a_priority_and_no_second_time) {
    EXPECT_EQ(written(LogFormat::text, true, Level::debug, "x"), "<7>x\n");
    EXPECT_EQ(written(LogFormat::text, true, Level::info, "x"), "<6>x\n");
    EXPECT_EQ(written(LogFormat::text, true, Level::warning, "x"), "<4>x\n");
    EXPECT_EQ(written(LogFormat::text, true, Level::error, "x"), "<3>x\n");
}

TEST(WriteLines, keeps_one_event_on_one_line) {
    EXPECT_EQ(written(LogFormat::text, true, Level::info, "a\nb\r\x1b[31mc"), "<6>a b  [31mc\n");
}

TEST(WriteLines, writes_json_that_any_parser_reads) {
    const auto line = written(LogFormat::json, false, Level::error, "said \"no\"\nand left");
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto event = boost::json::parse(line);
    EXPECT_EQ(event.at("level").as_string(), "error");
    EXPECT_EQ(event.at("message").as_string(), "said \"no\"\nand left");
    EXPECT_EQ(event.at("time").as_string().size(), 24U);
}

TEST(WriteLines, gives_journald_json_with_a_priority_and_no_second_time) {
    EXPECT_EQ(written(LogFormat::json, true, Level::error, "x"), "<3>{\"level\":\"error\",\"message\":\"x\"}\n");
}

#ifdef __linux__
TEST(IsJournal, only_of_the_very_stream_that_the_variable_names) {
    std::FILE* journal = std::tmpfile();
    std::FILE* redirected = std::tmpfile();
    struct stat status {};
    ASSERT_EQ(::fstat(::fileno(journal), &status), 0);
    ::unsetenv("JOURNAL_STREAM");
    EXPECT_FALSE(is_journal(journal));
    ::setenv("JOURNAL_STREAM", fmt::format("{}:{}", status.st_dev, status.st_ino).c_str(), 1);
    EXPECT_TRUE(is_journal(journal));
    EXPECT_FALSE(is_journal(redirected));
    ::unsetenv("JOURNAL_STREAM");
    std::fclose(journal);
    std::fclose(redirected);
}
#endif

}  // namespace
}  // namespace revsync
