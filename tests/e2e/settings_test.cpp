// Settings that make no sense are refused by name and range; strange ones that do are lived with.
#include <fmt/format.h>

#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

struct BadSetting {
    const char* variable;
    const char* value;
    const char* range;
    friend void PrintTo(const BadSetting& setting, std::ostream* out) {
        *out << setting.variable << '=' << setting.value;
    }
};

class BadSettings : public testing::TestWithParam<BadSetting> {};

TEST_P(BadSettings, AreAUsageErrorThatNamesTheVariableAndTheRange) {
    Daemon daemon;
    daemon.set(GetParam().variable, GetParam().value);
    for (const char* command : {"run", "once", "check"}) {
        const Outcome outcome = daemon.command({command});
        EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
        EXPECT_TRUE(outcome.says(GetParam().variable)) << outcome.output;
        EXPECT_TRUE(outcome.says(GetParam().range)) << outcome.output;
    }
}

INSTANTIATE_TEST_SUITE_P(Values, BadSettings,
                         testing::Values(BadSetting{"REVERSE_SYNC_INTERVAL_MINUTES", "0", "10080"},
                                         BadSetting{"REVERSE_SYNC_INTERVAL_MINUTES", "-5", "10080"},
                                         BadSetting{"REVERSE_SYNC_INTERVAL_MINUTES", "1.5", "10080"},
                                         BadSetting{"REVERSE_SYNC_INTERVAL_MINUTES", "hourly", "10080"},
                                         BadSetting{"REVERSE_SYNC_INTERVAL_MINUTES", "99999999999999999999", "10080"},
                                         BadSetting{"REVERSE_SYNC_LOOKBACK_HOURS", "0", "8760"},
                                         BadSetting{"REVERSE_SYNC_LOOKBACK_HOURS", "8761", "8760"},
                                         BadSetting{"REVERSE_SYNC_MAX_RECORDS", "0", "5000"},
                                         BadSetting{"REVERSE_SYNC_MAX_RECORDS", "5001", "5000"},
                                         BadSetting{"REVERSE_SYNC_MAX_RECORDS", "500 rows", "5000"},
                                         BadSetting{"REVERSE_SYNC_OVERLAP_SECONDS", "86401", "86400"},
                                         BadSetting{"REVERSE_SYNC_ENABLED", "perhaps", "true"},
                                         BadSetting{"FORWARD_SYNC_PAGE_SIZE", "1001", "1000"},
                                         BadSetting{"FORWARD_SYNC_ENABLED", "perhaps", "true"},
                                         BadSetting{"DB_PORT", "65536", "65535"},
                                         BadSetting{"DB_POOL_SIZE", "17", "16"},
                                         BadSetting{"DB_ENCRYPT", "sometimes", "require"},
                                         BadSetting{"LOG_LEVEL", "loud", "debug"},
                                         BadSetting{"LOG_FORMAT", "xml", "json"}, BadSetting{"PORT", "0", "65535"}),
                         [](const auto& test) { return fmt::format("{}Number{}", test.param.variable, test.index); });

TEST(Settings, AreAllComplainedAboutAtOnce) {
    Daemon daemon;
    daemon.set("REVERSE_SYNC_INTERVAL_MINUTES", "0");
    daemon.set("DB_PORT", "70000");
    const Outcome outcome = daemon.once();
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(outcome.says("REVERSE_SYNC_INTERVAL_MINUTES")) << outcome.output;
    EXPECT_TRUE(outcome.says("DB_PORT")) << outcome.output;
}

TEST(Settings, ThatAreHalfASqlServerNameWhatIsMissing) {
    Daemon daemon;
    daemon.set("DB_SERVER", "practice");
    daemon.set("DB_NAME", "clinic");
    daemon.set("DB_PASSWORD", "Canary-Half-Configured");
    const Outcome outcome = daemon.once();
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(outcome.says("DB_USER")) << outcome.output;
    EXPECT_FALSE(outcome.says("Canary-Half-Configured")) << outcome.output;
}

TEST(Settings, WithoutADatabaseAreAUsageErrorOfOnce) {
    Daemon daemon;
    EXPECT_EQ(daemon.once().exit_code, 2);
}

TEST(Settings, AreCheckedOfflineWithoutADatabaseThatAnswers) {
    Daemon daemon;
    daemon.set("SUPABASE_DB_URL", "postgresql://nobody@192.0.2.1:5432/postgres");
    for (const auto& [name, value] :
         {std::pair{"DB_SERVER", "192.0.2.1"}, {"DB_NAME", "a"}, {"DB_USER", "b"}, {"DB_PASSWORD", "c"}}) {
        daemon.set(name, value);
    }
    const Outcome good = daemon.command({"check", "--offline"});
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_TRUE(good.says("0 problem(s), 0 warning(s)")) << good.output;

    const auto mapping = daemon.folder() / "mapping.json";
    write_file(mapping, "{\n\"version\": 1,\n\"streams\": [\n{\"colour\": 1}]}");
    daemon.set("REVERSE_SYNC_MAPPING", mapping.string());
    const Outcome bad = daemon.command({"check", "--offline"});
    EXPECT_EQ(bad.exit_code, 2) << bad.output;
    EXPECT_TRUE(bad.says("line 4, streams[0]: unknown member 'colour'")) << bad.output;
    EXPECT_TRUE(bad.says(mapping.string())) << bad.output;
}

TEST(Settings, MayLackBothDatabasesWhenCheckedOffline) {
    Daemon daemon;
    const Outcome outcome = daemon.command({"check", "--offline"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("Supabase is not configured")) << outcome.output;
}

TEST(Settings, OfAnUnknownNameAreWarnedAbout) {
    Daemon daemon;
    daemon.set("REVERSE_SYNC_INTERVAL_MINUTE", "5");
    const Outcome outcome = daemon.once();
    EXPECT_TRUE(outcome.says("REVERSE_SYNC_INTERVAL_MINUTES")) << outcome.output;
    EXPECT_TRUE(outcome.says("⚠️")) << outcome.output;
}

TEST(Settings, OnTheCommandLineThatAreUnknownAreUsageErrors) {
    Daemon daemon;
    EXPECT_EQ(daemon.command({"dance"}).exit_code, 2);
    EXPECT_EQ(daemon.command({"once", "--colour"}).exit_code, 2);
    EXPECT_EQ(daemon.command({"once", "twice"}).exit_code, 2);
    EXPECT_EQ(daemon.command({"--help"}).exit_code, 0);
    EXPECT_EQ(daemon.command({"--version"}).exit_code, 0);
}

using StrangeSettings = ClinicTest;

TEST_F(StrangeSettings, OneRecordAtATimeStillBringsEverything) {
    given_sets();
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "1");
    doctor_writes_many(30);
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
}

TEST_F(StrangeSettings, TheLargestValuesStillBringEverything) {
    given_sets();
    daemon->set("REVERSE_SYNC_MAX_RECORDS", "5000");
    daemon->set("REVERSE_SYNC_LOOKBACK_HOURS", "8760");
    daemon->set("REVERSE_SYNC_INTERVAL_MINUTES", "10080");
    daemon->set("REVERSE_SYNC_OVERLAP_SECONDS", "86400");
    daemon->set("DB_POOL_SIZE", "16");
    doctor_writes_many(6000);
    EXPECT_EQ(daemon->once().exit_code, 0);
    expect_same_notes();
}

TEST_F(StrangeSettings, ALogInJsonHasOneObjectALine) {
    given_sets();
    daemon->set("LOG_FORMAT", "json");
    doctor_writes("to be counted in a JSON log");
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    for (const std::string& line : outcome.lines_with("")) {
        EXPECT_TRUE(line.empty() || (line.front() == '{' && line.back() == '}')) << line;
    }
}

}  // namespace
}  // namespace revsync::test
