// What every ForwardSink promises, as a suite over a harness that is a Supabase database with the clinic's tables, in
// which a trigger raises updated_at whenever a row changes, and with doctor 1, patient 1, work 1 and set 1 in it:
//
//   struct Harness {
//       static bool available();  // false: the suite is skipped
//       const Mapping& mapping();  // the clinic's
//       ForwardSink& sink();
//       template <class T> T run(asio::awaitable<T>);
//       // What people do in Supabase; each call is a transaction at a moment of its own.
//       void put(const std::string& table, int id, const Columns&);
//       void edit(const std::string& table, int id, const Columns&);
//       // A column as text, "" for NULL; nullopt: no such row. Times in UTC as Timestamp::iso_microseconds() writes
//       them. std::optional<std::string> value(const std::string& table, int id, const std::string& column);
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ForwardSinkContract, Harness);
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "support/memory/rows.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::contracts {

using memory::Columns;

inline const Timestamp long_ago = Timestamp::parse("2020-01-01T00:00:00Z").value();
inline const Timestamp far_ahead = Timestamp::parse("9000-01-01T00:00:00Z").value();

template <class Harness>
class ForwardSinkContract : public testing::Test {
protected:
    void SetUp() override {
        if (!Harness::available()) {
            GTEST_SKIP() << "no server for this target";
        }
        harness_.emplace();
        std::vector<ForwardPair> pairs;
        for (const Stream* stream : target().mapping().of(Direction::forward)) {
            pairs.push_back({stream, target().mapping().reader_of(stream->target)});
        }
        const auto prepared = target().run(target().sink().prepare(std::move(pairs))).value();
        for (const auto& result : prepared) {
            ASSERT_TRUE(result) << describe(result.error());
        }
    }

    Harness& target() { return *harness_; }

    const Stream& stream(const std::string& name) { return *target().mapping().find(name, Direction::forward); }

    // An edit in SQL Server of all columns, made now unless said otherwise.
    const QueueItem* item(const std::string& name, int key, const std::string& row,
                          std::optional<Timestamp> at = std::nullopt) {
        QueueItem item;
        item.id = static_cast<std::int64_t>(items_.size()) + 1;
        item.stream = &stream(name);
        item.change = {fmt::format("[{}]", key), at.value_or(Timestamp::from(std::chrono::system_clock::now())),
                       row.empty() ? Operation::remove : Operation::upsert, row};
        for (const ColumnPair& pair : item.stream->columns) {
            if (pair.owner == Owner::shared) {
                item.edited[pair.target] = item.change.changed_at;
            }
        }
        items_.push_back(std::move(item));
        return &items_.back();
    }
    const QueueItem* removal(const std::string& name, int key) { return item(name, key, ""); }
    const QueueItem* note(int key, const std::string& text, const std::string& type = "Lab", int set = 1) {
        return item("notes", key,
                    fmt::format(R"({{"note_id":{},"aligner_set_id":{},"note_type":"{}","note_text":"{}"}})", key, set,
                                type, text));
    }
    const QueueItem* batch(int key, int days, std::optional<Timestamp> at = std::nullopt,
                           const std::string& notes = "as before") {
        return item(
            "batches", key,
            fmt::format(R"({{"aligner_batch_id":{},"aligner_set_id":1,"batch_sequence":1,"notes":"{}","days":{}}})",
                        key, notes, days),
            at);
    }
    // The last edit concerned none of the shared columns.
    const QueueItem* concerning_no_shared_column() {
        items_.back().edited.clear();
        return &items_.back();
    }

    ForwardBatch batch_of(std::vector<const QueueItem*> items, ReverseView view = {}) {
        const Stream* stream = items.front()->stream;
        return {{stream, target().mapping().reader_of(stream->target)}, std::move(items), std::move(view)};
    }

    Result<ForwardApplied> try_apply(std::vector<ForwardBatch> batches) {
        return target().run(target().sink().apply(std::move(batches), [this](std::vector<Echo> echoes) {
            return remember(echoes_, remembering_, std::move(echoes));
        }));
    }
    ForwardApplied apply_page(std::vector<ForwardBatch> batches) { return try_apply(std::move(batches)).value(); }
    ForwardApplied apply(std::vector<const QueueItem*> items, ReverseView view = {}) {
        std::vector<ForwardBatch> batches;
        batches.push_back(batch_of(std::move(items), std::move(view)));
        return apply_page(std::move(batches));
    }

    // A batch that the lab made, and a doctor's edit of its days.
    void put_batch(int id, int days) {
        target().put(
            "aligner_batches", id,
            {{"aligner_set_id", "1"}, {"batch_sequence", "1"}, {"notes", "as before"}, {"days", std::to_string(days)}});
    }
    Timestamp edit_days(int id, int days) {
        target().edit("aligner_batches", id, {{"days", std::to_string(days)}});
        return updated_at(id);
    }
    void put_note(int id, const std::string& type) {
        target().put("aligner_notes", id, {{"aligner_set_id", "1"}, {"note_type", type}, {"note_text", "theirs"}});
    }
    std::optional<std::string> days(int id) { return target().value("aligner_batches", id, "days"); }
    Timestamp updated_at(int id) {
        return Timestamp::parse(target().value("aligner_batches", id, "updated_at").value()).value();
    }
    std::optional<std::string> note_text(int id) { return target().value("aligner_notes", id, "note_text"); }

    std::vector<Echo> echoes_;  // of all calls
    std::optional<Error> remembering_;

private:
    static boost::asio::awaitable<Result<void>> remember(std::vector<Echo>& all, std::optional<Error>& failure,
                                                         std::vector<Echo> echoes) {
        all.insert(all.end(), echoes.begin(), echoes.end());
        if (failure) {
            co_return *failure;
        }
        co_return Result<void>{};
    }

    std::optional<Harness> harness_;
    std::deque<QueueItem> items_;
};

TYPED_TEST_SUITE_P(ForwardSinkContract);

TYPED_TEST_P(ForwardSinkContract, inserts_updates_and_removes_and_counts_what_it_changed) {
    this->apply({this->note(1, "first"), this->note(2, "second"), this->note(3, "third")});

    const auto applied =
        this->apply({this->note(1, "first"), this->note(2, "edited"), this->note(4, "new"), this->removal("notes", 3)});

    EXPECT_THAT(applied.changed, testing::ElementsAre(3U));
    EXPECT_TRUE(applied.refused.empty());
    EXPECT_EQ(this->note_text(1), "first");
    EXPECT_EQ(this->note_text(2), "edited");
    EXPECT_EQ(this->note_text(3), std::nullopt);
    EXPECT_EQ(this->note_text(4), "new");
}

TYPED_TEST_P(ForwardSinkContract, does_not_touch_a_row_that_is_equal) {
    this->apply({this->batch(1, 10)});
    const Timestamp written = this->updated_at(1);

    EXPECT_THAT(this->apply({this->batch(1, 10)}).changed, testing::ElementsAre(0U));

    EXPECT_EQ(this->updated_at(1), written);
}

TYPED_TEST_P(ForwardSinkContract, keeps_the_columns_that_an_item_lacks) {
    this->apply({this->batch(1, 10), this->batch(2, 20)});

    this->apply({this->item("batches", 1, R"({"aligner_batch_id":1,"notes":"changed"})"), this->batch(2, 21)});

    EXPECT_EQ(this->target().value("aligner_batches", 1, "notes"), "changed");
    EXPECT_EQ(this->days(1), "10");
    EXPECT_EQ(this->days(2), "21");
}

TYPED_TEST_P(ForwardSinkContract, writes_null_over_a_value) {
    this->apply({this->batch(1, 10)});

    this->apply({this->item("batches", 1, R"({"days":null})")});

    EXPECT_EQ(this->days(1), "");
}

TYPED_TEST_P(ForwardSinkContract, takes_parents_and_children_in_one_go) {
    const auto* patient = this->item("patients", 7, R"({"person_id":7,"patient_name":"ن"})");
    const auto* work = this->item("work", 8, R"({"work_id":8,"person_id":7,"type_of_work":3})");
    std::vector<ForwardBatch> batches;
    batches.push_back(this->batch_of({patient}));
    batches.push_back(this->batch_of({work}));

    EXPECT_THAT(this->apply_page(std::move(batches)).changed, testing::ElementsAre(1U, 1U));
    EXPECT_EQ(this->target().value("work", 8, "type_of_work"), "3");

    std::vector<ForwardBatch> removals;
    removals.push_back(this->batch_of({this->removal("patients", 7)}));
    removals.push_back(this->batch_of({this->removal("work", 8)}));
    EXPECT_THAT(this->apply_page(std::move(removals)).changed, testing::ElementsAre(1U, 1U));
    EXPECT_EQ(this->target().value("patients", 7, "patient_name"), std::nullopt);
}

TYPED_TEST_P(ForwardSinkContract, writes_nothing_of_a_page_in_which_one_row_breaks_a_reference) {
    std::vector<ForwardBatch> batches;
    batches.push_back(this->batch_of({this->batch(1, 10)}));
    batches.push_back(this->batch_of({this->note(1, "a diagnosis", "Lab", 777), this->note(2, "fine")}));

    const auto applied = this->try_apply(std::move(batches));

    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().disposition, Disposition::row);
    EXPECT_FALSE(applied.error().connection_lost);
    EXPECT_THAT(describe(applied.error()), testing::Not(testing::HasSubstr("777")));
    EXPECT_THAT(describe(applied.error()), testing::Not(testing::HasSubstr("diagnosis")));
    EXPECT_EQ(this->days(1), std::nullopt);
    EXPECT_EQ(this->note_text(2), std::nullopt);
    EXPECT_THAT(this->apply({this->note(2, "fine")}).changed, testing::ElementsAre(1U));
}

TYPED_TEST_P(ForwardSinkContract, refuses_what_it_cannot_read_and_writes_the_rest) {
    const auto* broken = this->item("notes", 1, R"({"note_text": "half)");
    const auto* list = this->item("notes", 2, "[1]");
    const auto* nul = this->note(3, R"(a secret\u0000)");

    const auto applied = this->apply({broken, this->note(4, R"(no \\u0000 at all)"), list, nul});

    ASSERT_EQ(applied.refused.size(), 3U);
    for (const auto& [id, error] : applied.refused) {
        EXPECT_EQ(error.disposition, Disposition::row);
        EXPECT_THAT(error.text, testing::Not(testing::HasSubstr("secret")));
    }
    EXPECT_EQ(applied.refused[0].first, broken->id);
    EXPECT_EQ(this->note_text(4), R"(no \u0000 at all)");
}

TYPED_TEST_P(ForwardSinkContract, never_overwrites_a_row_of_the_other_side) {
    this->put_note(1, "Doctor");
    const auto* collides = this->note(1, "the lab's");

    const auto applied = this->apply({collides, this->note(2, "another")});

    ASSERT_EQ(applied.refused.size(), 1U);
    EXPECT_EQ(applied.refused[0].first, collides->id);
    EXPECT_EQ(applied.refused[0].second.code, "collision");
    EXPECT_EQ(this->note_text(1), "theirs");
    EXPECT_EQ(this->note_text(2), "another");
}

TYPED_TEST_P(ForwardSinkContract, leaves_a_doctors_note_alone_that_the_queue_carries) {
    this->put_note(1, "Doctor");

    const auto applied = this->apply({this->note(1, "older", "Doctor"), this->note(2, "deleted there", "Doctor")});

    EXPECT_TRUE(applied.refused.empty());
    EXPECT_THAT(applied.changed, testing::ElementsAre(0U));
    EXPECT_EQ(this->note_text(1), "theirs");
    EXPECT_EQ(this->note_text(2), std::nullopt);
}

TYPED_TEST_P(ForwardSinkContract, does_nothing_for_the_removal_of_a_row_that_is_not_there) {
    const auto applied = this->apply({this->removal("notes", 9)});

    EXPECT_THAT(applied.changed, testing::ElementsAre(0U));
    EXPECT_TRUE(applied.refused.empty());
}

TYPED_TEST_P(ForwardSinkContract, removes_a_row_of_the_other_side_once_sql_server_has_received_it) {
    this->put_note(1, "Doctor");
    const auto* removed = this->removal("notes", 1);
    const Timestamp created = Timestamp::parse(this->target().value("aligner_notes", 1, "created_at").value()).value();

    // What was changed at the very time of the cursor may still be unread.
    for (const Timestamp until : {long_ago, created}) {
        const auto applied = this->apply({removed}, {until, {}, {}});
        ASSERT_EQ(applied.refused.size(), 1U);
        EXPECT_EQ(applied.refused[0].second.code, "undelivered");
        EXPECT_EQ(this->note_text(1), "theirs");
    }
    const Timestamp behind = created + std::chrono::microseconds{1};
    EXPECT_EQ(this->apply({removed}, {behind, {"[1]"}, {}}).refused.size(), 1U);
    EXPECT_EQ(this->note_text(1), "theirs");

    EXPECT_THAT(this->apply({removed}, {behind, {"[2]"}, {}}).changed, testing::ElementsAre(1U));
    EXPECT_EQ(this->note_text(1), std::nullopt);
}

TYPED_TEST_P(ForwardSinkContract, removes_a_row_of_the_other_side_that_sql_server_received_ahead_of_the_cursor) {
    this->put_note(1, "Doctor");
    const auto* removed = this->removal("notes", 1);
    const Timestamp created = Timestamp::parse(this->target().value("aligner_notes", 1, "created_at").value()).value();
    const Timestamp edited_since = created - std::chrono::microseconds{1};

    EXPECT_EQ(this->apply({removed}, {long_ago, {}, {}, {{"[1]", edited_since}}}).refused.size(), 1U);
    EXPECT_EQ(this->apply({removed}, {long_ago, {}, {}, {{"[2]", created}}}).refused.size(), 1U);
    EXPECT_EQ(this->apply({removed}, {long_ago, {"[1]"}, {}, {{"[1]", created}}}).refused.size(), 1U) << "parked";
    EXPECT_EQ(this->note_text(1), "theirs");

    EXPECT_TRUE(this->apply({removed}, {long_ago, {}, {}, {{"[1]", created}}}).refused.empty());
    EXPECT_EQ(this->note_text(1), std::nullopt);
}

TYPED_TEST_P(ForwardSinkContract, takes_no_row_along_that_sql_server_never_received) {
    this->put_note(1, "Doctor");
    this->put_note(2, "Lab");
    this->put_batch(1, 7);
    const auto* set = this->removal("sets", 1);

    const auto applied = this->apply({set});

    ASSERT_EQ(applied.refused.size(), 1U);
    EXPECT_EQ(applied.refused[0].first, set->id);
    EXPECT_EQ(applied.refused[0].second.code, "undelivered");
    EXPECT_EQ(this->note_text(1), "theirs");
    EXPECT_EQ(this->days(1), "7");

    // SQL Server had the note, and removed it before the set.
    std::vector<ForwardBatch> batches;
    batches.push_back(this->batch_of({set}));
    batches.push_back(this->batch_of({this->removal("notes", 1)}, {far_ahead, {}, {}}));
    EXPECT_THAT(this->apply_page(std::move(batches)).changed, testing::ElementsAre(1U, 1U));
    EXPECT_EQ(this->note_text(2), std::nullopt);
    EXPECT_EQ(this->days(1), std::nullopt);
}

TYPED_TEST_P(ForwardSinkContract, removes_its_own_rows_whatever_was_read_back) {
    this->put_batch(1, 7);
    this->edit_days(1, 9);

    EXPECT_THAT(this->apply({this->removal("batches", 1)}, {long_ago, {}, {}}).changed, testing::ElementsAre(1U));

    EXPECT_EQ(this->days(1), std::nullopt);
}

TYPED_TEST_P(ForwardSinkContract, takes_a_shared_value_that_nobody_edited_in_supabase) {
    this->put_batch(1, 7);

    const auto applied = this->apply({this->batch(1, 10, long_ago)});

    EXPECT_EQ(this->days(1), "10");
    EXPECT_TRUE(applied.conflicts.empty());
}

TYPED_TEST_P(ForwardSinkContract, lets_the_labs_newer_edit_win) {
    this->put_batch(1, 7);
    const Timestamp edited = this->edit_days(1, 9);

    const auto applied = this->apply({this->batch(1, 10, edited + std::chrono::microseconds{1})});

    EXPECT_EQ(this->days(1), "10");
    ASSERT_EQ(applied.conflicts.size(), 1U);
    EXPECT_EQ(applied.conflicts[0].stream, "batches");
    EXPECT_EQ(applied.conflicts[0].key, "[1]");
    EXPECT_EQ(applied.conflicts[0].column, "days");
    EXPECT_EQ(applied.conflicts[0].winner, Direction::forward);
}

TYPED_TEST_P(ForwardSinkContract, keeps_supabases_newer_edit_and_writes_what_is_the_labs_own) {
    this->put_batch(1, 7);
    const Timestamp edited = this->edit_days(1, 9);

    const auto applied = this->apply({this->batch(1, 10, edited, "delivered")});

    EXPECT_EQ(this->days(1), "9");
    EXPECT_EQ(this->target().value("aligner_batches", 1, "notes"), "delivered");
    ASSERT_EQ(applied.conflicts.size(), 1U);
    EXPECT_EQ(applied.conflicts[0].winner, Direction::reverse);
}

TYPED_TEST_P(ForwardSinkContract, keeps_a_shared_value_that_the_labs_edit_did_not_concern) {
    this->put_batch(1, 7);
    const Timestamp edited = this->edit_days(1, 9);
    this->batch(1, 7, edited + std::chrono::seconds{5}, "delivered");

    const auto applied = this->apply({this->concerning_no_shared_column()});

    EXPECT_EQ(this->days(1), "9");
    EXPECT_EQ(this->target().value("aligner_batches", 1, "notes"), "delivered");
    EXPECT_TRUE(applied.conflicts.empty());
}

TYPED_TEST_P(ForwardSinkContract, takes_no_offence_at_an_edit_that_sql_server_has_had_before) {
    this->put_batch(1, 7);
    const Timestamp edited = this->edit_days(1, 9);

    const auto applied =
        this->apply({this->batch(1, 10, edited + std::chrono::seconds{5})}, {edited + std::chrono::seconds{1}, {}, {}});

    EXPECT_EQ(this->days(1), "10");
    EXPECT_TRUE(applied.conflicts.empty());
}

TYPED_TEST_P(ForwardSinkContract, says_which_change_time_is_its_own_doing) {
    this->put_batch(1, 7);

    this->apply({this->batch(1, 10, long_ago)});

    const Echo expected{"batches", "[1]", this->updated_at(1), std::nullopt};
    EXPECT_THAT(this->echoes_, testing::ElementsAre(expected));
}

TYPED_TEST_P(ForwardSinkContract, says_when_supabase_edited_the_row_if_that_edit_stands) {
    this->put_batch(1, 7);
    const Timestamp edited = this->edit_days(1, 9);

    this->apply({this->batch(1, 10, long_ago, "delivered")});

    const Echo expected{"batches", "[1]", this->updated_at(1), edited};
    EXPECT_THAT(this->echoes_, testing::ElementsAre(expected));
}

TYPED_TEST_P(ForwardSinkContract, says_nothing_of_an_edit_that_the_lab_has_overruled) {
    this->put_batch(1, 7);
    const Timestamp edited = this->edit_days(1, 9);

    this->apply({this->batch(1, 10, edited + std::chrono::seconds{1})});

    const Echo expected{"batches", "[1]", this->updated_at(1), std::nullopt};
    EXPECT_THAT(this->echoes_, testing::ElementsAre(expected));
}

TYPED_TEST_P(ForwardSinkContract, does_not_take_its_own_writes_for_edits) {
    this->put_batch(1, 7);
    this->apply({this->batch(1, 10, long_ago)});
    const ReverseView view{long_ago, {}, this->echoes_};

    // Made in SQL Server before our write, and queued after it.
    const auto applied = this->apply({this->batch(1, 11, long_ago + std::chrono::seconds{1})}, view);

    EXPECT_EQ(this->days(1), "11");
    EXPECT_TRUE(applied.conflicts.empty());
}

TYPED_TEST_P(ForwardSinkContract, compares_with_the_edit_behind_its_own_write) {
    this->put_batch(1, 7);
    const Timestamp edited = this->edit_days(1, 9);
    this->apply({this->batch(1, 10, long_ago, "delivered")});
    const ReverseView view{long_ago, {}, this->echoes_};

    this->apply({this->batch(1, 11, edited, "delivered")}, view);
    EXPECT_EQ(this->days(1), "9");
    this->apply({this->batch(1, 12, edited + std::chrono::microseconds{1}, "delivered")}, view);
    EXPECT_EQ(this->days(1), "12");
}

TYPED_TEST_P(ForwardSinkContract, forgets_an_echo_when_the_row_was_edited_again) {
    this->put_batch(1, 7);
    this->apply({this->batch(1, 10, long_ago)});
    this->edit_days(1, 14);
    const ReverseView view{long_ago, {}, this->echoes_};

    this->apply({this->batch(1, 11, long_ago + std::chrono::seconds{1})}, view);

    EXPECT_EQ(this->days(1), "14");
}

TYPED_TEST_P(ForwardSinkContract, leaves_no_echo_where_nobody_would_read_one) {
    this->apply({this->batch(1, 10)});                                   // new: not an edit
    this->apply({this->note(1, "text")});                                // a lab note is not read back
    this->apply({this->item("doctors", 1, R"({"doctor_name":"D2"})")});  // nobody reads doctors

    EXPECT_THAT(this->echoes_, testing::IsEmpty());
    EXPECT_EQ(this->target().value("aligner_doctors", 1, "doctor_name"), "D2");
}

TYPED_TEST_P(ForwardSinkContract, writes_nothing_when_its_echoes_cannot_be_remembered) {
    this->put_batch(1, 7);
    this->remembering_ = Error{Disposition::configuration, "errno 28", "no space left"};

    std::vector<ForwardBatch> batches;
    batches.push_back(this->batch_of({this->batch(1, 10)}));
    const auto applied = this->try_apply(std::move(batches));

    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, "errno 28");
    EXPECT_EQ(this->days(1), "7");
    this->remembering_.reset();
    EXPECT_THAT(this->apply({this->batch(1, 10)}).changed, testing::ElementsAre(1U));
}

REGISTER_TYPED_TEST_SUITE_P(
    ForwardSinkContract, inserts_updates_and_removes_and_counts_what_it_changed, does_not_touch_a_row_that_is_equal,
    keeps_the_columns_that_an_item_lacks, writes_null_over_a_value, takes_parents_and_children_in_one_go,
    writes_nothing_of_a_page_in_which_one_row_breaks_a_reference, refuses_what_it_cannot_read_and_writes_the_rest,
    never_overwrites_a_row_of_the_other_side, leaves_a_doctors_note_alone_that_the_queue_carries,
    does_nothing_for_the_removal_of_a_row_that_is_not_there,
    removes_a_row_of_the_other_side_once_sql_server_has_received_it,
    removes_a_row_of_the_other_side_that_sql_server_received_ahead_of_the_cursor,
    takes_no_row_along_that_sql_server_never_received, removes_its_own_rows_whatever_was_read_back,
    takes_a_shared_value_that_nobody_edited_in_supabase, lets_the_labs_newer_edit_win,
    keeps_supabases_newer_edit_and_writes_what_is_the_labs_own, keeps_a_shared_value_that_the_labs_edit_did_not_concern,
    takes_no_offence_at_an_edit_that_sql_server_has_had_before, says_which_change_time_is_its_own_doing,
    says_when_supabase_edited_the_row_if_that_edit_stands, says_nothing_of_an_edit_that_the_lab_has_overruled,
    does_not_take_its_own_writes_for_edits, compares_with_the_edit_behind_its_own_write,
    forgets_an_echo_when_the_row_was_edited_again, leaves_no_echo_where_nobody_would_read_one,
    writes_nothing_when_its_echoes_cannot_be_remembered);

}  // namespace revsync::contracts
