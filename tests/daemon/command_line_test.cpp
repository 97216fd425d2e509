#include "command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync {
namespace {

using testing::HasSubstr;

TEST(CommandLine, RunsWithoutAnyArgument) {
    const auto line = parse_command_line({});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->command, Command::run);
    EXPECT_FALSE(line->env_file);
    EXPECT_FALSE(line->json);
}

TEST(CommandLine, KnowsEachCommandByName) {
    EXPECT_EQ(parse_command_line({"run"})->command, Command::run);
    EXPECT_EQ(parse_command_line({"once"})->command, Command::once);
    EXPECT_EQ(parse_command_line({"check"})->command, Command::check);
    EXPECT_EQ(parse_command_line({"status"})->command, Command::status);
}

TEST(CommandLine, TakesOptionsBeforeAndAfterTheCommand) {
    const auto line = parse_command_line({"--env-file", "/etc/a b.env", "once", "--json"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->command, Command::once);
    EXPECT_EQ(line->env_file, "/etc/a b.env");
    EXPECT_TRUE(line->json);
}

TEST(CommandLine, HelpAndVersionWinOverACommand) {
    EXPECT_EQ(parse_command_line({"once", "--help"})->command, Command::help);
    EXPECT_EQ(parse_command_line({"-h"})->command, Command::help);
    EXPECT_EQ(parse_command_line({"--version"})->command, Command::version);
}

TEST(CommandLine, NamesWhatItDoesNotUnderstand) {
    EXPECT_THAT(parse_command_line({"poll"}).error().text, HasSubstr("unknown command 'poll'"));
    EXPECT_THAT(parse_command_line({"once", "twice"}).error().text, HasSubstr("unexpected argument 'twice'"));
    EXPECT_THAT(parse_command_line({"--colour"}).error().text, HasSubstr("--colour"));
    EXPECT_THAT(parse_command_line({"--env-file"}).error().text, HasSubstr("env-file"));
}

TEST(CommandLine, DoesNotGuessShortenedOptions) {
    EXPECT_FALSE(parse_command_line({"--env", "x"}));
}

TEST(CommandLine, RefusesJsonForTheDaemonItself) {
    EXPECT_THAT(parse_command_line({"run", "--json"}).error().text, HasSubstr("LOG_FORMAT=json"));
}

TEST(CommandLine, EveryMisuseIsAMatterOfConfiguration) {
    EXPECT_EQ(parse_command_line({"poll"}).error().disposition, Disposition::configuration);
}

TEST(CommandLine, TheHelpNamesEveryCommandOptionAndExitCode) {
    const std::string text = usage();
    for (const char* word : {"run", "once", "check", "status", "--env-file", "--json", "--version", "--help", "SIGTERM",
                             "0 good, 1 failed, 2 usage"}) {
        EXPECT_THAT(text, HasSubstr(word));
    }
}

}  // namespace
}  // namespace revsync
