#include <gmock/gmock.h>

#include "sqlserver/catalog.hpp"
#include "sqlserver/tables.hpp"

namespace revsync::sqlserver {
namespace {

using test::column;
using test::not_null;
using testing::AllOf;
using testing::HasSubstr;

class StreamCheck : public testing::Test {
protected:
    std::string complaint() const {
        const auto checked = check_stream(stream, table);
        if (checked) {
            return "";
        }
        EXPECT_EQ(checked.error().disposition, Disposition::stream);
        return checked.error().text;
    }

    Column& target(const char* name) { return *std::ranges::find(table.columns, name, &Column::name); }

    Stream stream = test::notes_stream();
    Table table = test::notes_table();
};

TEST_F(StreamCheck, AcceptsAFittingTable) {
    EXPECT_EQ(complaint(), "");
}

TEST_F(StreamCheck, NamesAMissingTable) {
    table = {};
    EXPECT_THAT(complaint(), AllOf(HasSubstr("notes"), HasSubstr("dbo.Notes is missing")));
}

TEST_F(StreamCheck, NamesAMissingColumn) {
    std::erase_if(table.columns, [](const Column& c) { return c.name == "CreatedAt"; });
    EXPECT_THAT(complaint(), HasSubstr("column CreatedAt is missing in table dbo.Notes"));
}

TEST_F(StreamCheck, RefusesAComputedColumn) {
    target("NoteText").computed = true;
    EXPECT_THAT(complaint(), HasSubstr("column NoteText of table dbo.Notes is computed"));
}

TEST_F(StreamCheck, RefusesATypeThatCannotBeWritten) {
    target("CreatedAt").base_type = "timestamp";
    EXPECT_THAT(complaint(), HasSubstr("has type timestamp"));
}

TEST_F(StreamCheck, AsksForAUniqueIndexOnTheKey) {
    table.unique_keys = {{"NoteType"}, {"NoteID", "NoteType"}};
    EXPECT_THAT(complaint(), HasSubstr("no unique index"));
}

TEST_F(StreamCheck, IsContentWithAUniqueIndexOnPartOfTheKey) {
    stream.columns.erase(stream.columns.begin());
    stream.key.push_back({"note_type", "NoteType"});
    EXPECT_EQ(complaint(), "");
}

TEST_F(StreamCheck, NamesAColumnThatAnInsertCannotLeaveOut) {
    table.columns.push_back(not_null(column("AlignerSetID", "int")));
    EXPECT_THAT(complaint(), HasSubstr("column AlignerSetID of table dbo.Notes needs a value"));
}

TEST_F(StreamCheck, DoesNotMindThatColumnWhenTheStreamOnlyUpdates) {
    table.columns.push_back(not_null(column("AlignerSetID", "int")));
    stream.operations.insert = false;
    EXPECT_EQ(complaint(), "");
}

TEST_F(StreamCheck, LetsADefaultFillAColumn) {
    Column flag = not_null(column("IsRead", "bit", 1));
    flag.has_default = true;
    table.columns.push_back(flag);
    EXPECT_EQ(complaint(), "");
}

TEST_F(StreamCheck, RefusesToWriteAnIdentityOutsideTheKey) {
    table.columns.push_back(test::identity(column("Serial", "int")));
    stream.columns.push_back({"serial", "Serial", Owner::supabase, false, {}});
    EXPECT_THAT(complaint(), HasSubstr("column Serial of table dbo.Notes is an identity"));
}

TEST_F(StreamCheck, NamesAMissingOwnershipColumn) {
    stream.owned_rows = RowOwnership{"Origin", "Doctor"};
    EXPECT_THAT(complaint(), HasSubstr("column Origin"));
}

}  // namespace
}  // namespace revsync::sqlserver
