#include "checkpoint/state_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/folder.hpp"
#include "support/memory/manual_clock.hpp"
#include "support/memory/recorded_log.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Timestamp time(std::string_view text) {
    return Timestamp::parse(text).value();
}

constexpr std::string_view saved_by_hand = R"({
  "lastNotesSync": "2025-01-21T14:00:00.000Z",
  "lastBatchesSync": "2025-01-21T13:00:00.000Z",
  "lastPollTime": "2025-01-21T15:00:00.000Z",
  "version": 1,
  "cursors": {
    "batches": { "changedAt": "2025-01-21T13:00:00.000500Z" },
    "notes": { "changedAt": "2025-01-21T14:00:00.000123Z", "key": [5] }
  }
}
)";

class StateFile : public testing::Test {
protected:
    std::unique_ptr<Checkpoint> open() { return create_file_checkpoint(file_, log_.logger(), clock_); }

    State load(std::string_view text) {
        write(file_, text);
        const auto state = open()->load();
        EXPECT_FALSE(state.has_error()) << state.error().text;
        return state.has_error() ? State{} : *state;
    }

    std::string saved(const State& state) {
        const auto done = open()->save(state);
        EXPECT_FALSE(done.has_error()) << done.error().text;
        return content(file_);
    }

    static std::string edited(std::string_view from, std::string_view to) {
        std::string text{saved_by_hand};
        return text.replace(text.find(from), from.size(), to);
    }

    Folder folder_;
    fs::path file_ = folder_ / "state.json";
    fs::path damaged_ = folder_ / "state.json.damaged-20250121T160000Z";
    memory::ManualClock clock_{time("2025-01-21T16:00:00.123Z")};
    memory::RecordedLog log_;
};

TEST_F(StateFile, keeps_the_documented_fields_and_adds_exact_cursors) {
    State state;
    state.cursors["notes"] = {time("2025-01-21T14:00:00.000123Z"), "[5]"};
    state.cursors["batches"] = {time("2025-01-21T13:00:00.0005Z"), std::nullopt};
    state.last_poll = time("2025-01-21T15:00:00Z");
    EXPECT_EQ(saved(state), saved_by_hand);
    EXPECT_EQ(load(saved_by_hand), state);
    EXPECT_LT(content(file_).size(), 1024U);
}

TEST_F(StateFile, has_cursors_alone_for_other_streams) {
    State state;
    state.cursors["orders"] = {time("2025-01-21T14:00:00Z"), "[5]"};
    EXPECT_EQ(saved(state), R"({
  "version": 1,
  "cursors": {
    "orders": { "changedAt": "2025-01-21T14:00:00.000000Z", "key": [5] }
  }
}
)");
}

TEST_F(StateFile, that_is_missing_is_an_empty_state_without_a_warning) {
    EXPECT_EQ(*open()->load(), State{});
    EXPECT_THAT(log_.texts(Level::warning), IsEmpty());
    EXPECT_THAT(log_.texts(Level::info), ElementsAre(HasSubstr("there is no state file yet")));
}

TEST_F(StateFile, of_an_older_installation_is_taken_over) {
    const auto state = load(R"({"lastNotesSync": "2025-01-21T14:00:00.000Z",
                                "lastBatchesSync": "2025-01-21T13:00:00.000Z",
                                "lastPollTime": "2025-01-21T15:00:00.000Z"})");
    EXPECT_EQ(state.cursors.at("notes"), (Cursor{time("2025-01-21T14:00:00Z"), std::nullopt}));
    EXPECT_EQ(state.cursors.at("batches"), (Cursor{time("2025-01-21T13:00:00Z"), std::nullopt}));
    EXPECT_EQ(state.last_poll, time("2025-01-21T15:00:00Z"));
    EXPECT_THAT(log_.texts(), ElementsAre(HasSubstr("older installation")));
}

TEST_F(StateFile, lets_a_persons_edit_of_a_field_win) {
    const auto state = load(edited("2025-01-21T14:00:00.000Z", "2025-01-20T09:00:00.000Z"));
    EXPECT_EQ(state.cursors.at("notes"), (Cursor{time("2025-01-20T09:00:00Z"), std::nullopt}));
    EXPECT_EQ(state.cursors.at("batches").changed_at, time("2025-01-21T13:00:00.000500Z"));
    EXPECT_THAT(log_.texts(), ElementsAre(HasSubstr("lastNotesSync was edited")));
}

TEST_F(StateFile, notices_an_edit_of_a_single_millisecond) {
    const auto state = load(edited("2025-01-21T14:00:00.000Z", "2025-01-21T14:00:00.001Z"));
    EXPECT_EQ(state.cursors.at("notes"), (Cursor{time("2025-01-21T14:00:00.001Z"), std::nullopt}));
}

TEST_F(StateFile, takes_the_same_moment_in_another_spelling_for_no_edit) {
    const auto state = load(edited("2025-01-21T14:00:00.000Z", "2025-01-21T17:00:00+03:00"));
    EXPECT_EQ(state.cursors.at("notes").key, "[5]");
    EXPECT_THAT(log_.texts(), IsEmpty());
}

TEST_F(StateFile, starts_a_stream_afresh_when_its_field_is_removed) {
    for (const auto* gone : {"", "  \"lastNotesSync\": null,\n", "  \"lastNotesSync\": \"\",\n"}) {
        const auto state = load(edited("  \"lastNotesSync\": \"2025-01-21T14:00:00.000Z\",\n", gone));
        EXPECT_FALSE(state.cursors.contains("notes"));
        EXPECT_TRUE(state.cursors.contains("batches"));
    }
    EXPECT_THAT(log_.texts().front(), HasSubstr("lastNotesSync was removed"));
}

TEST_F(StateFile, takes_times_as_people_type_them) {
    EXPECT_EQ(load(edited("2025-01-21T14:00:00.000Z", "2025-01-20")).cursors.at("notes").changed_at,
              time("2025-01-20T00:00:00Z"));
    EXPECT_EQ(load(edited("2025-01-21T14:00:00.000Z", "2025-01-20 08:30:00")).cursors.at("notes").changed_at,
              time("2025-01-20T08:30:00Z"));
}

TEST_F(StateFile, survives_an_editor_that_lays_it_out_anew) {
    const auto state = load(edited("\"key\": [5]", "\"key\" : [\n 5\r\n ]"));
    EXPECT_EQ(state.cursors.at("notes").key, "[5]");
}

TEST_F(StateFile, passes_over_fields_it_does_not_know) {
    EXPECT_EQ(load(edited("\"version\": 1", "\"version\": 1, \"comment\": {\"by\": [1]}")).cursors.size(), 2U);
}

TEST_F(StateFile, that_is_damaged_is_kept_aside_with_a_warning) {
    const std::string_view text = saved_by_hand;
    const std::vector<std::string> damaged{
        "",
        "\n",
        std::string(text.substr(0, text.size() / 2)),
        std::string(text) + "}",
        std::string("\0\0\0\0\x7f\x45LF\xff\xfe", 10),
        "[]",
        "5",
        edited("\"2025-01-21T14:00:00.000Z\"", "5"),
        edited("2025-01-21T14:00:00.000Z", "yesterday"),
        edited("2025-01-21T14:00:00.000123Z", "2025-02-30T14:00:00.000123Z"),
        edited("[5]", "5"),
        edited("\"version\": 1", "\"version\": \"one\""),
        edited("\"version\": 1", "\"version\": 0"),
        edited("\"notes\": {", "\"x\": 5, \"notes\": {"),
        std::string(state_file_limit_bytes + 1, ' '),
    };
    for (const auto& broken : damaged) {
        log_.clear();
        EXPECT_EQ(load(broken), State{}) << broken.substr(0, 100);
        EXPECT_EQ(content(damaged_), broken);
        EXPECT_FALSE(fs::exists(file_));
        EXPECT_THAT(log_.texts(Level::warning),
                    ElementsAre(AllOf(HasSubstr("is damaged"), HasSubstr(damaged_.filename().string()),
                                      HasSubstr("look-back window"), Not(HasSubstr("yesterday")))));
        fs::remove(damaged_);
    }
}

TEST_F(StateFile, that_is_damaged_replaces_no_earlier_one) {
    load("first");
    load("second");
    EXPECT_EQ(content(damaged_), "first");
    EXPECT_EQ(content(damaged_.string() + "-2"), "second");
}

TEST_F(StateFile, of_a_newer_version_is_an_error_and_never_overwritten) {
    const auto newer = edited("\"version\": 1", "\"version\": 2");
    write(file_, newer);
    auto checkpoint = open();
    const auto loaded = checkpoint->load();
    ASSERT_TRUE(loaded.has_error());
    EXPECT_EQ(loaded.error().disposition, Disposition::configuration);
    EXPECT_THAT(loaded.error().text, AllOf(HasSubstr("newer reverse-syncd"), HasSubstr("version 2")));
    EXPECT_TRUE(checkpoint->save(State{}).has_error());
    checkpoint.reset();
    EXPECT_TRUE(open()->save(State{}).has_error());
    EXPECT_EQ(content(file_), newer);
}

TEST_F(StateFile, belongs_to_one_daemon_at_a_time) {
    auto first = open();
    ASSERT_FALSE(first->load().has_error());
    const auto second = open()->load();
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().disposition, Disposition::configuration);
    EXPECT_THAT(second.error().text, HasSubstr("another reverse-syncd uses"));
    first.reset();
    EXPECT_FALSE(open()->load().has_error());
}

TEST_F(StateFile, gets_its_folder_made_for_the_owner_alone) {
    file_ = folder_ / "new/state.json";
    saved(State{});
    EXPECT_EQ(fs::status(folder_ / "new").permissions(), fs::perms{0700});
    EXPECT_EQ(fs::status(file_).permissions(), fs::perms{0600});
}

TEST_F(StateFile, wants_the_folder_above_to_exist) {
    file_ = folder_ / "a/b/state.json";
    const auto loaded = open()->load();
    ASSERT_TRUE(loaded.has_error());
    EXPECT_EQ(loaded.error().disposition, Disposition::configuration);
    EXPECT_THAT(loaded.error().text, AllOf(HasSubstr("ENOENT"), HasSubstr((folder_ / "a/b").string())));
}

TEST_F(StateFile, cannot_be_a_folder) {
    fs::create_directory(file_);
    const auto loaded = open()->load();
    ASSERT_TRUE(loaded.has_error());
    EXPECT_THAT(loaded.error().text, HasSubstr("EISDIR"));
}

TEST_F(StateFile, loses_what_a_crashed_save_left_beside_it) {
    write(folder_ / "state.json.tmp", "half of someth");
    load(saved_by_hand);
    EXPECT_FALSE(fs::exists(folder_ / "state.json.tmp"));
}

TEST_F(StateFile, refuses_a_key_that_would_damage_it) {
    State state;
    state.cursors["notes"] = {time("2025-01-21T14:00:00Z"), "5], \"x\": [1"};
    const auto done = open()->save(state);
    ASSERT_TRUE(done.has_error());
    EXPECT_THAT(done.error().text, HasSubstr("stream notes"));
    EXPECT_FALSE(fs::exists(file_));
}

class QuarantineFile : public StateFile {
protected:
    const ParkedRow row_{"notes",
                         "[7]",
                         "sqlserver 547",
                         "the row refers to one that does not exist",
                         time("2025-01-21T14:00:00.000123Z"),
                         time("2025-01-21T14:00:02Z"),
                         time("2025-01-21T15:00:02Z"),
                         3};
    const fs::path path_ = quarantine_file(file_);
};

TEST_F(QuarantineFile, lies_beside_the_state_file) {
    EXPECT_EQ(path_, folder_ / "state-quarantine.json");
    EXPECT_EQ(quarantine_file("/data/reverse-sync-state.json"), "/data/reverse-sync-state-quarantine.json");
    EXPECT_EQ(quarantine_file("/data/state"), "/data/state-quarantine.json");
}

TEST_F(QuarantineFile, is_text_that_a_person_can_read) {
    ASSERT_FALSE(open()->save_quarantine({row_}).has_error());
    EXPECT_EQ(content(path_), R"({
  "version": 1,
  "rows": [
    { "stream": "notes", "key": [7], "errorCode": "sqlserver 547", "error": "the row refers to one that does not exist", "changedAt": "2025-01-21T14:00:00.000123Z", "firstFailed": "2025-01-21T14:00:02.000000Z", "lastFailed": "2025-01-21T15:00:02.000000Z", "attempts": 3 }
  ]
}
)");
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0600});
}

TEST_F(QuarantineFile, that_is_damaged_is_kept_aside_and_leaves_the_state_alone) {
    ASSERT_FALSE(open()->save_quarantine({row_}).has_error());
    const auto whole = content(path_);
    write(file_, saved_by_hand);
    for (const auto& broken : {whole.substr(0, 80), std::string{}, std::string{R"({"version": 1})"},
                               std::string{R"({"version": 1, "rows": [{"stream": "notes"}]})"}}) {
        write(path_, broken);
        auto checkpoint = open();
        const auto rows = checkpoint->load_quarantine();
        ASSERT_FALSE(rows.has_error());
        EXPECT_TRUE(rows->empty());
        EXPECT_THAT(log_.texts(Level::warning).back(),
                    AllOf(HasSubstr("the quarantine file"), HasSubstr("is damaged"), HasSubstr("not retried")));
        EXPECT_EQ(checkpoint->load()->cursors.size(), 2U);
    }
}

TEST_F(QuarantineFile, of_a_newer_version_is_never_overwritten) {
    write(path_, R"({"version": 9, "rows": []})");
    auto checkpoint = open();
    EXPECT_TRUE(checkpoint->save_quarantine({row_}).has_error());
    EXPECT_EQ(content(path_), R"({"version": 9, "rows": []})");
    EXPECT_FALSE(checkpoint->save(State{}).has_error());
}

TEST_F(QuarantineFile, does_not_grow_beyond_what_will_be_read) {
    auto large = row_;
    large.error_text = std::string(100'000, 'x');
    const std::vector<ParkedRow> rows(quarantine_file_limit_bytes / 100'000 + 1, large);
    const auto saved = open()->save_quarantine(rows);
    ASSERT_TRUE(saved.has_error());
    EXPECT_EQ(saved.error().disposition, Disposition::configuration);
    EXPECT_FALSE(fs::exists(path_));
}

class EchoesFile : public StateFile {
protected:
    const Echo edited_{"batches", "[12]", time("2025-01-21T14:00:00.000123Z"), time("2025-01-21T13:59:58.120455Z")};
    const Echo unedited_{"batches", "[13]", time("2025-01-21T14:00:00.000123Z"), std::nullopt};
    const fs::path path_ = echoes_file(file_);
};

TEST_F(EchoesFile, is_text_that_a_person_can_read_and_others_cannot) {
    EXPECT_EQ(path_, folder_ / "state-echoes.json");
    ASSERT_FALSE(open()->save_echoes({edited_, unedited_}).has_error());
    EXPECT_EQ(content(path_), R"({
  "version": 1,
  "echoes": [
    { "stream": "batches", "key": [12], "stamped": "2025-01-21T14:00:00.000123Z", "edited": "2025-01-21T13:59:58.120455Z" },
    { "stream": "batches", "key": [13], "stamped": "2025-01-21T14:00:00.000123Z" }
  ]
}
)");
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0600});
}

TEST_F(EchoesFile, that_is_damaged_is_kept_aside_and_leaves_the_others_alone) {
    write(file_, saved_by_hand);
    for (const char* broken : {"", R"({"version": 1})", R"({"version": 1, "echoes": [{"stream": "batches"}]})",
                               R"({"version": 1, "echoes": [{"stream": "b", "key": [1], "stamped": "soon"}]})"}) {
        write(path_, broken);
        auto checkpoint = open();
        const auto echoes = checkpoint->load_echoes();
        ASSERT_FALSE(echoes.has_error());
        EXPECT_TRUE(echoes->empty());
        EXPECT_THAT(log_.texts(Level::warning).back(), AllOf(HasSubstr("the echoes file"), HasSubstr("is damaged")));
        EXPECT_EQ(checkpoint->load()->cursors.size(), 2U);
    }
}

TEST_F(EchoesFile, of_a_newer_version_is_never_overwritten) {
    write(path_, R"({"version": 9, "echoes": []})");
    EXPECT_TRUE(open()->save_echoes({edited_}).has_error());
    EXPECT_EQ(content(path_), R"({"version": 9, "echoes": []})");
}

}  // namespace
}  // namespace revsync
