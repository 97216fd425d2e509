#include "mapping/clinic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace revsync {
namespace {

using testing::ElementsAre;

const Stream& stream(const Mapping& mapping, const std::string& name, Direction direction = Direction::reverse) {
    const auto* found = mapping.find(name, direction);
    EXPECT_NE(found, nullptr) << name;
    return *found;
}

std::vector<std::string> targets(const Stream& of) {
    std::vector<std::string> names;
    std::ranges::transform(of.columns, std::back_inserter(names), &ColumnPair::target);
    return names;
}

std::vector<std::string> names(const Mapping& mapping, Direction direction) {
    std::vector<std::string> names;
    for (const Stream* stream : mapping.of(direction)) {
        names.push_back(stream->name);
    }
    return names;
}

TEST(ClinicMapping, brings_notes_before_batches) {
    EXPECT_THAT(names(clinic_mapping(), Direction::reverse), ElementsAre("notes", "batches"));
}

TEST(ClinicMapping, sends_parents_before_their_children) {
    EXPECT_THAT(names(clinic_mapping(), Direction::forward),
                ElementsAre("doctors", "patients", "work", "sets", "batches", "notes"));
}

TEST(ClinicMapping, sends_everything_that_the_lab_does_with_its_rows) {
    const auto mapping = clinic_mapping();
    for (const Stream* sent : mapping.of(Direction::forward)) {
        EXPECT_TRUE(sent->operations.insert && sent->operations.update && sent->operations.remove) << sent->name;
        EXPECT_EQ(sent->source.schema, "dbo");
        EXPECT_EQ(sent->target.schema, "public");
        EXPECT_EQ(sent->key.size(), 1U);
    }
}

TEST(ClinicMapping, shares_nothing_but_the_days_of_a_batch) {
    const auto mapping = clinic_mapping();
    for (const Stream* sent : mapping.of(Direction::forward)) {
        for (const ColumnPair& pair : sent->columns) {
            const bool is_days_of_batch = sent->name == "batches" && pair.target == "days";
            EXPECT_EQ(pair.owner, is_days_of_batch ? Owner::shared : Owner::sqlserver) << sent->name << pair.target;
        }
    }
}

// Whether a batch was edited in Supabase is told by two times of Supabase's own.
TEST(ClinicMapping, leaves_supabases_own_times_alone) {
    const auto mapping = clinic_mapping();
    EXPECT_THAT(
        targets(stream(mapping, "batches", Direction::forward)),
        testing::AllOf(testing::Not(testing::Contains("created_at")), testing::Not(testing::Contains("updated_at"))));
}

TEST(ClinicMapping, sends_only_the_labs_notes_and_their_read_mark_where_there_is_one) {
    const auto mapping = clinic_mapping();
    const auto& notes = stream(mapping, "notes", Direction::forward);
    ASSERT_TRUE(notes.owned_rows);
    EXPECT_EQ(notes.owned_rows->column, "note_type");
    EXPECT_EQ(notes.owned_rows->value, "Lab");
    EXPECT_EQ(notes.columns.back().target, "is_read");
    EXPECT_TRUE(notes.columns.back().optional);
}

TEST(ClinicMapping, brings_doctors_notes_whether_new_edited_or_deleted) {
    const auto mapping = clinic_mapping();
    const auto& notes = stream(mapping, "notes");
    EXPECT_EQ(to_string(notes.source), "public.aligner_notes");
    EXPECT_EQ(to_string(notes.target), "dbo.tblAlignerNotes");
    EXPECT_TRUE(notes.operations.insert && notes.operations.update && notes.operations.remove);
    ASSERT_EQ(notes.filter.size(), 1U);
    EXPECT_EQ(notes.filter[0].column, "note_type");
    EXPECT_EQ(notes.filter[0].operand, "Doctor");
    // An old note that is edited has changed, too.
    EXPECT_THAT(notes.changed_at, ElementsAre("created_at", "edited_at"));
}

TEST(ClinicMapping, never_touches_the_labs_notes_nor_its_read_marks) {
    const auto mapping = clinic_mapping();
    const auto& notes = stream(mapping, "notes");
    ASSERT_TRUE(notes.owned_rows);
    EXPECT_EQ(notes.owned_rows->column, "NoteType");
    EXPECT_EQ(notes.owned_rows->value, "Doctor");
    const auto& is_read = notes.columns.back();
    EXPECT_EQ(is_read.target, "IsRead");
    EXPECT_TRUE(is_read.insert_only);
    EXPECT_EQ(is_read.owner, Owner::sqlserver);
    EXPECT_EQ(is_read.if_absent, "0");
}

TEST(ClinicMapping, brings_only_the_days_of_batches_and_creates_none) {
    const auto mapping = clinic_mapping();
    const auto& batches = stream(mapping, "batches");
    EXPECT_THAT(targets(batches), ElementsAre("Days"));
    EXPECT_EQ(batches.columns[0].owner, Owner::shared);
    EXPECT_FALSE(batches.operations.insert);
    EXPECT_TRUE(batches.operations.update);
    EXPECT_FALSE(batches.operations.remove);
    ASSERT_EQ(batches.filter.size(), 1U);
    EXPECT_EQ(batches.filter[0].test, Condition::Test::newer_than);
}

}  // namespace
}  // namespace revsync
