#include "mapping/clinic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace revsync {
namespace {

using testing::ElementsAre;

const Stream& stream(const Mapping& mapping, const std::string& name) {
    const auto* found = mapping.find(name);
    EXPECT_NE(found, nullptr) << name;
    return *found;
}

std::vector<std::string> targets(const Stream& of) {
    std::vector<std::string> names;
    std::ranges::transform(of.columns, std::back_inserter(names), &ColumnPair::target);
    return names;
}

TEST(ClinicMapping, brings_notes_before_batches) {
    const auto mapping = clinic_mapping();
    ASSERT_EQ(mapping.streams.size(), 2U);
    EXPECT_EQ(mapping.streams[0].name, "notes");
    EXPECT_EQ(mapping.streams[1].name, "batches");
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
