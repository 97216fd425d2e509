#include "sqlserver/batch_statement.hpp"

#include <gmock/gmock.h>

#include "sqlserver/tables.hpp"

namespace revsync::sqlserver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Statement : public testing::Test {
protected:
    std::string text() const { return made().text; }
    BatchStatement made() const { return make_batch_statement(stream, table, "Arabic Standard Time"); }

    Stream stream = test::notes_stream();
    Table table = test::notes_table();
};

TEST_F(Statement, IsTheSameEveryTime) {
    EXPECT_EQ(text(), text());
}

TEST_F(Statement, TypesTheRowsLikeTheTarget) {
    EXPECT_THAT(text(), HasSubstr("[NoteID] int NOT NULL, [NoteType] varchar(20) COLLATE Arabic_CI_AS NULL, "
                                  "[NoteText] nvarchar(max) COLLATE Arabic_CI_AS NULL, [CreatedAt] datetime NULL, "
                                  "PRIMARY KEY ([NoteID])"));
}

TEST_F(Statement, ReadsTextWholeSoThatTooLongFails) {
    EXPECT_THAT(text(), HasSubstr("[NoteType] nvarchar(max) N'$.\"NoteType\"'"));
}

TEST_F(Statement, ReadsMembersByTheMappingsSpelling) {
    stream.columns[1].target = "notetext";
    EXPECT_THAT(text(), HasSubstr("[NoteText] nvarchar(max) N'$.\"notetext\"'"));
}

TEST_F(Statement, ConvertsMomentsToTheConfiguredZone) {
    EXPECT_THAT(text(), HasSubstr("CONVERT(datetime, CONVERT(datetimeoffset(7), j.[CreatedAt]) AT TIME ZONE "
                                  "N'Arabic Standard Time')"));
}

TEST_F(Statement, ComparesLetterCaseAndTrailingBlanks) {
    EXPECT_THAT(text(), HasSubstr("t.[NoteText] COLLATE Latin1_General_BIN2, DATALENGTH(t.[NoteText])"));
}

TEST_F(Statement, ComparesTextOfACodePageAsUnicode) {
    EXPECT_THAT(text(), HasSubstr("CONVERT(nvarchar(max), t.[NoteType]) COLLATE Latin1_General_BIN2"));
}

TEST_F(Statement, LocksTheKeysBeforeItDecides) {
    EXPECT_THAT(text(),
                HasSubstr("LEFT JOIN [dbo].[Notes] AS t WITH (UPDLOCK, SERIALIZABLE) ON t.[NoteID] = s.[NoteID]"));
}

TEST_F(Statement, NeverUpdatesWhatOnlyAnInsertMayWrite) {
    stream.columns[2].insert_only = true;
    EXPECT_THAT(text(), Not(HasSubstr("[CreatedAt] = s.[CreatedAt]")));
    EXPECT_THAT(text(), HasSubstr("SELECT s.[NoteID], s.[NoteType], s.[NoteText], s.[CreatedAt]"));
}

TEST_F(Statement, NeverUpdatesTheOtherSidesColumns) {
    stream.columns[2].owner = Owner::sqlserver;
    EXPECT_THAT(text(), Not(HasSubstr("[CreatedAt] = s.[CreatedAt]")));
}

TEST_F(Statement, RefusesRowsOfTheOtherSide) {
    stream.owned_rows = RowOwnership{"notetype", "Doctor's"};
    EXPECT_THAT(text(), HasSubstr("WHEN t.[NoteType] IS NULL OR t.[NoteType] <> N'Doctor''s' THEN 4"));
}

TEST_F(Statement, DoesNotInsertWhenTheStreamMayNot) {
    stream.operations.insert = false;
    EXPECT_THAT(text(), Not(HasSubstr("INSERT INTO [dbo]")));
    EXPECT_THAT(text(), HasSubstr("WHEN t.[NoteID] IS NULL THEN 5"));
}

TEST_F(Statement, DoesNotUpdateWhenTheStreamMayNot) {
    stream.operations.update = false;
    EXPECT_THAT(text(), Not(HasSubstr("UPDATE t")));
    EXPECT_THAT(text(), Not(HasSubstr("EXCEPT")));
}

TEST_F(Statement, IgnoresRemovalsWhenTheStreamMayNot) {
    stream.operations.remove = false;
    EXPECT_THAT(text(), Not(HasSubstr("DELETE")));
    EXPECT_THAT(text(), HasSubstr("WHEN s.[#remove] = 1 THEN 0"));
}

TEST_F(Statement, AllowsIdentityInsertOnlyForAnIdentityKey) {
    EXPECT_THAT(text(), HasSubstr("SET IDENTITY_INSERT [dbo].[Notes] ON"));
    table.columns[0].identity = false;
    EXPECT_THAT(text(), Not(HasSubstr("IDENTITY_INSERT")));
}

TEST_F(Statement, ListsTheColumnsThatCannotHoldEveryCharacter) {
    EXPECT_THAT(made().code_page_columns, ElementsAre("NoteType"));
    EXPECT_THAT(text(), HasSubstr("THEN -1 ELSE 0 END"));
}

TEST_F(Statement, QuotesWhatIsHostile) {
    table.columns[0].name = "a]; DROP TABLE x --";
    table.unique_keys = {{table.columns[0].name}};
    stream.key[0].target = table.columns[0].name;
    EXPECT_THAT(text(), HasSubstr("[a]]; DROP TABLE x --] int NOT NULL"));
}

TEST_F(Statement, MatchesEveryColumnOfAKey) {
    table.columns.push_back(test::not_null(test::column("Part", "int")));
    stream.key.push_back({"part", "Part"});
    EXPECT_THAT(text(), HasSubstr("t.[NoteID] = s.[NoteID] AND t.[Part] = s.[Part]"));
    EXPECT_THAT(made().key_members, ElementsAre("NoteID", "Part"));
}

TEST_F(Statement, ReadsBytesFromHex) {
    table.columns[3] = test::column("CreatedAt", "varbinary", 8);
    EXPECT_THAT(text(), HasSubstr("CONVERT(varbinary(max), CASE WHEN j.[CreatedAt] LIKE N'\\x%'"));
}

TEST_F(Statement, ComparesOldLargeTypesAsTheirSuccessors) {
    table.columns[2] = test::text_column("NoteText", "ntext", 16);
    EXPECT_THAT(text(), HasSubstr("CONVERT(nvarchar(max), t.[NoteText]) COLLATE Latin1_General_BIN2"));
}

}  // namespace
}  // namespace revsync::sqlserver
