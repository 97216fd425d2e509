// What every Sink promises, as a suite over a harness that is a target with aligner sets, notes and batches:
//
//   struct Harness {
//       static bool available();                                   // false: the suite is skipped
//       const Stream& notes();    // inserts, updates, removes; owns rows of NoteType 'Doctor'; IsRead on insert only;
//                                 // SetID refers to a set, and only sets 1 and 2 exist
//       const Stream& batches();  // updates Days, nothing else
//       Sink& sink();
//       template <class T> T run(asio::awaitable<T>);
//       void put_lab_note(int id, const std::string& text);
//       void put_batch(int id, int days);
//       void add_set(int id);
//       void mark_as_read(int note);
//       std::optional<std::string> note(int id, const std::string& column);  // nullopt: no such row
//       std::optional<std::string> batch_days(int id);
//       int times_inserted(int note);                              // as a trigger on the table saw it
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, SinkContract, Harness);
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "sync/ends.hpp"

namespace revsync::contracts {

inline Change note_change(int id, const std::string& text = "text", int set = 1) {
    return {fmt::format("[{}]", id),
            {},
            Operation::upsert,
            fmt::format(R"({{"NoteID":{},"SetID":{},"NoteType":"Doctor","NoteText":"{}","IsRead":0}})", id, set, text)};
}

inline Change batch_change(int id, int days) {
    return {fmt::format("[{}]", id), {}, Operation::upsert, fmt::format(R"({{"BatchID":{},"Days":{}}})", id, days)};
}

inline Change removal(int id) {
    return {fmt::format("[{}]", id), {}, Operation::remove, ""};
}

template <class Harness>
class SinkContract : public testing::Test {
protected:
    void SetUp() override {
        if (!Harness::available()) {
            GTEST_SKIP() << "no server for this target";
        }
        harness_.emplace();
        const auto prepared = prepare();
        ASSERT_EQ(prepared.size(), 2U);
        EXPECT_TRUE(prepared[0]) << describe(prepared[0].error());
        EXPECT_TRUE(prepared[1]) << describe(prepared[1].error());
    }

    Harness& target() { return *harness_; }

    std::vector<Result<void>> prepare() {
        std::vector<const Stream*> streams{&target().notes(), &target().batches()};
        return target().run(target().sink().prepare(std::move(streams))).value();
    }
    Result<Applied> try_apply(const std::vector<Change>& changes) {
        return target().run(target().sink().apply(target().notes(), changes));
    }
    Applied apply(const std::vector<Change>& changes) { return try_apply(changes).value(); }
    Applied apply_batches(const std::vector<Change>& changes) {
        return target().run(target().sink().apply(target().batches(), changes)).value();
    }

private:
    std::optional<Harness> harness_;
};

TYPED_TEST_SUITE_P(SinkContract);

TYPED_TEST_P(SinkContract, inserts_updates_and_removes_and_counts_each) {
    EXPECT_EQ(this->apply({note_change(1), note_change(2), note_change(3)}).inserted, 3U);

    const Applied applied = this->apply({note_change(1), note_change(2, "edited"), note_change(4), removal(3)});

    EXPECT_EQ(applied.inserted, 1U);
    EXPECT_EQ(applied.updated, 1U);
    EXPECT_EQ(applied.removed, 1U);
    EXPECT_TRUE(applied.refused.empty());
    EXPECT_EQ(this->target().note(2, "NoteText"), "edited");
    EXPECT_EQ(this->target().note(3, "NoteText"), std::nullopt);
}

TYPED_TEST_P(SinkContract, changes_nothing_when_the_same_is_applied_again) {
    const std::vector<Change> changes{note_change(1, "سلام 🦷"), note_change(2), removal(3)};
    this->apply(changes);

    EXPECT_EQ(this->apply(changes).changed(), 0U);

    EXPECT_EQ(this->target().note(1, "NoteText"), "سلام 🦷");
    EXPECT_EQ(this->target().times_inserted(1), 1);
}

TYPED_TEST_P(SinkContract, inserts_once_in_effect_whatever_follows) {
    this->apply({note_change(1)});
    this->apply({note_change(1, "edited"), note_change(2)});
    this->apply({note_change(1, "edited again")});

    EXPECT_EQ(this->target().times_inserted(1), 1);
    EXPECT_EQ(this->target().times_inserted(2), 1);
}

TYPED_TEST_P(SinkContract, applies_none_of_a_batch_in_which_one_row_breaks_a_reference) {
    const Result<Applied> applied = this->try_apply({note_change(1), note_change(2, "an orphan", 77), note_change(3)});

    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().disposition, Disposition::row);
    EXPECT_FALSE(applied.error().connection_lost);
    EXPECT_EQ(this->target().note(1, "NoteText"), std::nullopt);
    EXPECT_EQ(this->target().note(3, "NoteText"), std::nullopt);
}

TYPED_TEST_P(SinkContract, takes_the_row_once_what_it_refers_to_is_there) {
    EXPECT_FALSE(this->try_apply({note_change(2, "an orphan", 77)}));
    this->target().add_set(77);

    EXPECT_EQ(this->apply({note_change(2, "an orphan", 77)}).inserted, 1U);
}

TYPED_TEST_P(SinkContract, never_says_what_a_row_holds) {
    const Result<Applied> applied = this->try_apply({note_change(1, "a diagnosis", 777)});

    ASSERT_FALSE(applied);
    EXPECT_THAT(describe(applied.error()), testing::Not(testing::HasSubstr("diagnosis")));
    EXPECT_THAT(describe(applied.error()), testing::Not(testing::HasSubstr("777")));
}

TYPED_TEST_P(SinkContract, refuses_a_row_of_the_other_side_and_commits_the_rest) {
    this->target().put_lab_note(1, "the lab's");

    const Applied applied = this->apply({note_change(1, "the doctor's"), note_change(2)});

    ASSERT_EQ(applied.refused.size(), 1U);
    EXPECT_EQ(applied.refused[0].key, "[1]");
    EXPECT_EQ(applied.refused[0].error.disposition, Disposition::row);
    EXPECT_EQ(applied.inserted, 1U);
    EXPECT_EQ(this->target().note(1, "NoteText"), "the lab's");
}

TYPED_TEST_P(SinkContract, does_not_remove_a_row_of_the_other_side) {
    this->target().put_lab_note(1, "the lab's");

    EXPECT_EQ(this->apply({removal(1)}).refused.size(), 1U);

    EXPECT_EQ(this->target().note(1, "NoteText"), "the lab's");
}

TYPED_TEST_P(SinkContract, answers_when_it_is_asked) {
    EXPECT_TRUE(this->target().run(this->target().sink().check()));
}

TYPED_TEST_P(SinkContract, does_nothing_for_the_removal_of_a_row_that_is_not_there) {
    const Applied applied = this->apply({removal(9)});

    EXPECT_EQ(applied.changed(), 0U);
    EXPECT_TRUE(applied.refused.empty());
}

TYPED_TEST_P(SinkContract, leaves_columns_alone_that_are_written_with_a_new_row_only) {
    this->apply({note_change(1)});
    this->target().mark_as_read(1);

    EXPECT_EQ(this->apply({note_change(1, "edited")}).updated, 1U);

    EXPECT_EQ(this->target().note(1, "IsRead"), "1");
    EXPECT_EQ(this->apply({note_change(1, "edited")}).changed(), 0U);
}

TYPED_TEST_P(SinkContract, takes_the_last_of_two_changes_under_one_key) {
    this->apply({note_change(1, "first"), note_change(1, "last")});

    EXPECT_EQ(this->target().note(1, "NoteText"), "last");
}

TYPED_TEST_P(SinkContract, refuses_a_missing_row_of_a_stream_that_only_updates) {
    this->target().put_batch(1, 7);

    const Applied applied = this->apply_batches({batch_change(1, 10), batch_change(2, 10)});

    EXPECT_EQ(applied.updated, 1U);
    ASSERT_EQ(applied.refused.size(), 1U);
    EXPECT_EQ(applied.refused[0].key, "[2]");
    EXPECT_EQ(this->target().batch_days(1), "10");
    EXPECT_EQ(this->target().batch_days(2), std::nullopt);
}

TYPED_TEST_P(SinkContract, ignores_a_removal_that_the_stream_does_not_allow) {
    this->target().put_batch(1, 7);

    EXPECT_EQ(this->apply_batches({removal(1)}).changed(), 0U);

    EXPECT_EQ(this->target().batch_days(1), "7");
}

REGISTER_TYPED_TEST_SUITE_P(
    SinkContract, answers_when_it_is_asked, inserts_updates_and_removes_and_counts_each,
    changes_nothing_when_the_same_is_applied_again, inserts_once_in_effect_whatever_follows,
    applies_none_of_a_batch_in_which_one_row_breaks_a_reference, takes_the_row_once_what_it_refers_to_is_there,
    never_says_what_a_row_holds, refuses_a_row_of_the_other_side_and_commits_the_rest,
    does_not_remove_a_row_of_the_other_side, does_nothing_for_the_removal_of_a_row_that_is_not_there,
    leaves_columns_alone_that_are_written_with_a_new_row_only, takes_the_last_of_two_changes_under_one_key,
    refuses_a_missing_row_of_a_stream_that_only_updates, ignores_a_removal_that_the_stream_does_not_allow);

}  // namespace revsync::contracts
