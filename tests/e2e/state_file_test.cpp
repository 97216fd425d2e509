// The state file: what an older installation, a person, a crash or a full disk makes of it.
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>

#include "e2e/clinic_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

class StateFile : public ClinicTest {
protected:
    void note_written_hours_ago(int hours) {
        supabase->exec(
            fmt::format("INSERT INTO aligner_notes (aligner_set_id, note_type, note_text, created_at) "
                        "VALUES (1, 'Doctor', '{0} hours old', now() - interval '{0} hours')",
                        hours));
    }
    std::string hours_ago(int hours) {
        return supabase->value(
            fmt::format("SELECT to_char((now() - interval '{} hours') AT TIME ZONE 'UTC', "
                        "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
                        hours));
    }
    std::string all_lab_texts() {
        std::string texts;
        for (const Row& row : lab->rows("SELECT NoteText FROM dbo.tblAlignerNotes ORDER BY CreatedAt")) {
            texts += row[0].value_or("") + ";";
        }
        return texts;
    }
    bool kept_aside() {
        for (const auto& entry : std::filesystem::directory_iterator{daemon->state_file().parent_path()}) {
            if (entry.path().filename().string().find("damaged") != std::string::npos) {
                return true;
            }
        }
        return false;
    }
};

TEST_F(StateFile, KeepsTheThreeDocumentedFieldsInUnderAKilobyte) {
    given_sets();
    doctor_writes("a note to have a position");
    EXPECT_THAT(daemon->once(), Succeeded());
    const auto state = boost::json::parse(daemon->state()).as_object();
    for (const char* field : {"lastNotesSync", "lastBatchesSync", "lastPollTime"}) {
        EXPECT_THAT(std::string{state.at(field).as_string()}, testing::MatchesRegex(R"(....-..-..T..:..:..\....Z)"));
    }
    EXPECT_LT(daemon->state().size(), 1024u);
    const auto mode = std::filesystem::status(daemon->state_file()).permissions();
    EXPECT_EQ(mode & std::filesystem::perms::all, std::filesystem::perms{0600});
}

TEST_F(StateFile, OfAnOlderInstallationIsTakenOver) {
    given_sets();
    daemon->set("REVERSE_SYNC_LOOKBACK_HOURS", "1");
    write_file(
        daemon->state_file(),
        fmt::format(R"({{"lastNotesSync": "{0}", "lastBatchesSync": "{0}", "lastPollTime": "{0}"}})", hours_ago(5)));
    note_written_hours_ago(6);
    note_written_hours_ago(3);
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(all_lab_texts(), "3 hours old;");
    EXPECT_TRUE(boost::json::parse(daemon->state()).as_object().contains("cursors"));
}

TEST_F(StateFile, EditedByHandWins) {
    given_sets();
    daemon->set("REVERSE_SYNC_LOOKBACK_HOURS", "1");
    note_written_hours_ago(6);
    note_written_hours_ago(3);
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(all_lab_texts(), "");
    auto state = boost::json::parse(daemon->state()).as_object();
    state["lastNotesSync"] = hours_ago(4);
    write_file(daemon->state_file(), boost::json::serialize(state));
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(all_lab_texts(), "3 hours old;");
}

TEST_F(StateFile, WithAFieldRemovedReadsTheLookBackWindowAgain) {
    given_sets();
    EXPECT_THAT(daemon->once(), Succeeded());
    note_written_hours_ago(3);
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(all_lab_texts(), "");
    auto state = boost::json::parse(daemon->state()).as_object();
    state.erase("lastNotesSync");
    write_file(daemon->state_file(), boost::json::serialize(state));
    EXPECT_THAT(daemon->once(), Succeeded());
    EXPECT_EQ(all_lab_texts(), "3 hours old;");
}

TEST_F(StateFile, CutInHalfIsKeptAsideAndTheLookBackWindowIsRead) {
    given_sets();
    doctor_writes("synced before the damage");
    EXPECT_THAT(daemon->once(), Succeeded());
    const std::string whole = daemon->state();
    write_file(daemon->state_file(), whole.substr(0, whole.size() / 2));
    doctor_writes("written around the damage");
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("is damaged")) << outcome.output;
    EXPECT_TRUE(kept_aside());
    EXPECT_NO_THROW(static_cast<void>(boost::json::parse(daemon->state())));
    expect_same_notes();
    expect_one_flag_per_note();
}

struct Damage {
    const char* name;
    std::string content;
    friend void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }
};

class DamagedStateFile : public StateFile, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedStateFile, IsKeptAsideAndNothingIsLost) {
    given_sets();
    doctor_writes("inside the look-back window");
    write_file(daemon->state_file(), GetParam().content);
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("is damaged")) << outcome.output;
    EXPECT_TRUE(kept_aside());
    expect_same_notes();
}

INSTANTIATE_TEST_SUITE_P(Contents, DamagedStateFile,
                         testing::Values(Damage{"Empty", ""}, Damage{"Unfinished", "{"}, Damage{"Null", "null"},
                                         Damage{"Array", "[]"}, Damage{"Zeros", std::string(5000, '\0')},
                                         Damage{"NoUtf8", "\xff\xfe"}, Damage{"Number", R"({"lastNotesSync": 5})"},
                                         Damage{"Word", R"({"lastNotesSync": "yesterday"})"},
                                         Damage{"Cursor", R"({"version": 1, "cursors": {"notes": {"changedAt": 7}}})"}),
                         [](const auto& test) { return test.param.name; });

TEST_F(StateFile, InTheFutureIsWarnedOfAndTheLookBackWindowIsRead) {
    given_sets();
    doctor_writes("must not wait for the year 2999");
    write_file(daemon->state_file(), R"({"lastNotesSync": "2999-01-01T00:00:00.000Z",)"
                                     R"( "lastBatchesSync": "2999-01-01T00:00:00.000Z"})");
    const Outcome outcome = daemon->once();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("future")) << outcome.output;
    expect_same_notes();
    EXPECT_THAT(daemon->once(), Succeeded());
}

TEST_F(StateFile, OfANewerVersionIsNotTouched) {
    given_sets();
    const std::string newer = R"({"version": 99, "cursors": {}})";
    write_file(daemon->state_file(), newer);
    EXPECT_EQ(daemon->once().exit_code, 2);
    EXPECT_EQ(daemon->state(), newer);
}

TEST_F(StateFile, ThatCannotBeWrittenFailsThePollAndSkipsNothing) {
    given_sets();
    EXPECT_THAT(daemon->once(), Succeeded());
    Process& service = daemon->start();
    service.wait_for("✓ Startup sync complete");
    const std::string before = daemon->state();
    // The folder is moved away under the running service: no file can be made in it, not even by root.
    const auto folder = daemon->state_file().parent_path();
    const auto elsewhere = daemon->folder() / "moved";
    std::filesystem::rename(folder, elsewhere);
    doctor_writes("written while the state cannot be saved");
    service.signal(SIGUSR1);
    service.wait_for("❌ Reverse sync failed: ");
    std::filesystem::rename(elsewhere, folder);
    EXPECT_EQ(boost::json::parse(daemon->state()).at("cursors"), boost::json::parse(before).at("cursors"));
    service.wait_for("✅ Reverse sync complete");
    expect_same_notes();
    expect_one_flag_per_note();
}

TEST_F(StateFile, OnAFullDiskFailsThePollLoudlyAndSkipsNothing) {
    const auto folder = daemon->state_file().parent_path();
    if (::getuid() != 0 || ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") != 0) {
        GTEST_SKIP() << "may not mount a small file system here";
    }
    given_sets(1);
    given_sets_in_supabase(2, 2);
    EXPECT_THAT(daemon->once(), Succeeded());
    write_file(folder / "ballast", "");
    std::filesystem::resize_file(folder / "ballast", 0);
    {
        std::ofstream fill{folder / "ballast", std::ios::binary};
        fill << std::string(1 << 20, 'x');
    }
    doctor_writes("a note whose set is not in the lab yet", 2);
    const Outcome outcome = daemon->once();
    EXPECT_NE(outcome.exit_code, 0) << outcome.output;
    EXPECT_TRUE(outcome.says("❌")) << outcome.output;
    EXPECT_TRUE(outcome.says("errno 28")) << outcome.output;
    std::filesystem::remove(folder / "ballast");
    given_sets_in_lab(2, 2);
    EXPECT_THAT(daemon->once(), Succeeded());
    expect_same_notes();
    daemon->everything_left_behind();
    ::umount2(folder.c_str(), MNT_DETACH);
}

TEST_F(StateFile, IsNotSharedByTwoServices) {
    given_sets();
    daemon->start().wait_for("✓ Startup sync complete");
    const Outcome second = daemon->once();
    EXPECT_EQ(second.exit_code, 2) << second.output;
    EXPECT_TRUE(second.says("another")) << second.output;
}

}  // namespace
}  // namespace revsync::test
