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

TEST(CommandLine, TakesTheSideThatSqlIsPrintedFor) {
    const auto line = parse_command_line({"sql", "supabase", "--uninstall"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->command, Command::sql);
    EXPECT_EQ(line->side, Side::supabase);
    EXPECT_TRUE(line->uninstall);
    EXPECT_EQ(parse_command_line({"sql", "sqlserver"})->side, Side::sqlserver);
    EXPECT_FALSE(parse_command_line({"sql", "sqlserver"})->uninstall);
}

TEST(CommandLine, WantsOneSideForSqlAndNoneElse) {
    EXPECT_THAT(parse_command_line({"sql"}).error().text, HasSubstr("sqlserver or supabase"));
    EXPECT_THAT(parse_command_line({"sql", "oracle"}).error().text, HasSubstr("unknown side 'oracle'"));
    EXPECT_THAT(parse_command_line({"sql", "supabase", "now"}).error().text, HasSubstr("unexpected argument 'now'"));
    EXPECT_THAT(parse_command_line({"check", "--uninstall"}).error().text, HasSubstr("goes with sql"));
    EXPECT_FALSE(parse_command_line({"sql", "supabase", "--json"}));
}

TEST(CommandLine, TakesTheVerbForTheService) {
    EXPECT_EQ(parse_command_line({"service", "status"})->command, Command::service);
    EXPECT_EQ(parse_command_line({"service", "start"})->service.verb, ServiceVerb::start);
    EXPECT_EQ(parse_command_line({"service", "stop"})->service.verb, ServiceVerb::stop);
    EXPECT_TRUE(parse_command_line({"service", "uninstall", "--purge"})->service.purge);
    EXPECT_FALSE(parse_command_line({"service", "uninstall"})->service.purge);
    const auto install = parse_command_line({"service", "install", "--account", R"(CLINIC\sync)"});
    ASSERT_TRUE(install);
    EXPECT_EQ(install->service.verb, ServiceVerb::install);
    EXPECT_EQ(install->service.account, R"(CLINIC\sync)");
}

TEST(CommandLine, WantsOneVerbForTheServiceAndNoPassword) {
    EXPECT_THAT(parse_command_line({"service"}).error().text, HasSubstr("install, uninstall, start, stop"));
    EXPECT_FALSE(parse_command_line({"service", "restart"}));
    EXPECT_THAT(parse_command_line({"service", "start", "now"}).error().text, HasSubstr("unexpected argument 'now'"));
    EXPECT_THAT(parse_command_line({"service", "start", "--account", "x"}).error().text, HasSubstr("service install"));
    EXPECT_THAT(parse_command_line({"run", "--purge"}).error().text, HasSubstr("service uninstall"));
    EXPECT_FALSE(parse_command_line({"service", "install", "--password", "x"}));
    EXPECT_FALSE(parse_command_line({"service", "status", "--json"}));
}

TEST(CommandLine, DoesNotGuessShortenedOptions) {
    EXPECT_FALSE(parse_command_line({"--env", "x"}));
}

TEST(CommandLine, RefusesJsonForTheDaemonItself) {
    EXPECT_THAT(parse_command_line({"run", "--json"}).error().text, HasSubstr("LOG_FORMAT=json"));
    EXPECT_THAT(parse_command_line({"once", "--offline"}).error().text, HasSubstr("--offline goes with check"));
}

TEST(CommandLine, EveryMisuseIsAMatterOfConfiguration) {
    EXPECT_EQ(parse_command_line({"poll"}).error().disposition, Disposition::configuration);
}

TEST(CommandLine, TheHelpNamesEveryCommandOptionAndExitCode) {
    const std::string text = usage();
    for (const char* word :
         {"run", "once", "check", "status", "sql", "service", "--account", "--purge", "--env-file", "--json",
          "--offline", "--uninstall", "--version", "--help", "SIGTERM", "0 good, 1 failed, 2 usage"}) {
        EXPECT_THAT(text, HasSubstr(word));
    }
}

}  // namespace
}  // namespace revsync
