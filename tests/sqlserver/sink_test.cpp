#include "sqlserver/sink.hpp"

#include <gmock/gmock.h>

#include "sqlserver/notes_fixture.hpp"

namespace revsync::sqlserver {
namespace {

using testing::HasSubstr;

using SinkOnServer = test::NotesTest;

TEST_F(SinkOnServer, InsertsUpdatesAndRemoves) {
    const Applied first = applied({upsert({.id = 1}), upsert({.id = 2}), upsert({.id = 3})});
    EXPECT_EQ(first.inserted, 3U);
    const Applied second = applied({upsert({.id = 1}), upsert({.id = 2, .text = "edited"}), removal(3), removal(99)});
    EXPECT_EQ(second.inserted, 0U);
    EXPECT_EQ(second.updated, 1U);
    EXPECT_EQ(second.removed, 1U);
    EXPECT_EQ(note("NoteText", 2), "edited");
    EXPECT_EQ(value("SELECT COUNT(*) FROM dbo.revsync_notes;"), "2");
}

TEST_F(SinkOnServer, WritesNothingTheSecondTime) {
    const std::vector<Change> changes{upsert({.id = 1, .created = "\"2025-01-21T14:00:00.123456+00:00\""}),
                                      upsert({.id = 2, .title = "مرحبا"})};
    applied(changes);
    sql("DELETE FROM dbo.revsync_fired;");
    EXPECT_EQ(applied(changes).changed(), 0U);
    EXPECT_EQ(fired(), "");
}

TEST_F(SinkOnServer, FiresTriggersOnlyForWhatIsWritten) {
    applied({upsert({.id = 1}), upsert({.id = 2})});
    applied({upsert({.id = 1, .text = "edited"}), upsert({.id = 2})});
    applied({removal(2), removal(77)});
    EXPECT_EQ(fired(), "insert 2, update 2, delete 1");
}

TEST_F(SinkOnServer, LeavesInsertOnlyColumnsAloneOnAnUpdate) {
    applied({upsert({})});
    EXPECT_EQ(note("IsRead"), "0");
    sql("UPDATE dbo.revsync_notes SET IsRead = 1;");
    EXPECT_EQ(applied({upsert({.text = "edited"})}).updated, 1U);
    EXPECT_EQ(note("IsRead"), "1");
}

TEST_F(SinkOnServer, RefusesARowOfTheOtherSideAndCommitsTheRest) {
    sql("INSERT INTO dbo.revsync_notes (SetID, NoteType, NoteText) VALUES (1, 'Lab', N'the lab''s');");
    const Applied result = applied({upsert({.id = 1, .text = "doctor"}), upsert({.id = 2})});
    EXPECT_EQ(result.inserted, 1U);
    ASSERT_EQ(result.refused.size(), 1U);
    EXPECT_EQ(result.refused[0].key, "[1]");
    EXPECT_EQ(result.refused[0].error.disposition, Disposition::row);
    EXPECT_EQ(note("NoteText"), "the lab's");
    EXPECT_EQ(applied({removal(1)}).refused.size(), 1U);
    EXPECT_EQ(note("NoteType"), "Lab");
}

TEST_F(SinkOnServer, RefusesAMissingRowWhenItMayNotInsert) {
    stream.operations.insert = false;
    const Applied result = applied({upsert({.id = 5})});
    ASSERT_EQ(result.refused.size(), 1U);
    EXPECT_THAT(result.refused[0].error.text, HasSubstr("no such row"));
    EXPECT_EQ(value("SELECT COUNT(*) FROM dbo.revsync_notes;"), "0");
}

TEST_F(SinkOnServer, KeepsRemovedRowsWhenItMayNotRemove) {
    applied({upsert({})});
    stream.operations.remove = false;
    sink = create_sink(*pool, {});
    EXPECT_EQ(applied({removal(1)}).changed(), 0U);
    EXPECT_EQ(value("SELECT COUNT(*) FROM dbo.revsync_notes;"), "1");
}

TEST_F(SinkOnServer, AppliesTheLastOfTwoChangesUnderOneKey) {
    applied({upsert({.text = "first"}), upsert({.text = "last"})});
    EXPECT_EQ(note("NoteText"), "last");
}

TEST_F(SinkOnServer, AppliesNothingWhenOneRowBreaksAForeignKey) {
    const auto result = apply({upsert({.id = 1}), upsert({.id = 2, .set = 404})});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::row);
    EXPECT_EQ(result.error().code, "sqlserver 547");
    EXPECT_THAT(result.error().text, HasSubstr("FK_revsync_notes"));
    EXPECT_EQ(value("SELECT COUNT(*) FROM dbo.revsync_notes;"), "0");
    EXPECT_EQ(applied({upsert({.id = 1})}).inserted, 1U) << "the session is usable afterwards";
}

TEST_F(SinkOnServer, FailsInsteadOfCuttingATextThatIsTooLong) {
    const auto result = apply({upsert({.title = "more than ten"})});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::row);
    EXPECT_THAT(result.error().text, testing::Not(HasSubstr("more than")));
    EXPECT_EQ(value("SELECT COUNT(*) FROM dbo.revsync_notes;"), "0");
}

TEST_F(SinkOnServer, FailsTheRowForADateThatDoesNotFit) {
    for (const char* created : {"\"infinity\"", "\"1500-01-01T00:00:00+00:00\""}) {
        const auto result = apply({upsert({.created = created})});
        ASSERT_FALSE(result) << created;
        EXPECT_EQ(result.error().disposition, Disposition::row) << describe(result.error());
    }
}

TEST_F(SinkOnServer, KeepsMomentsInTheConfiguredZone) {
    applied({upsert({.id = 1, .created = "\"2025-01-21T14:00:00.5+00:00\""}),
             upsert({.id = 2, .created = "\"2025-01-21T14:00:00.5\""}), upsert({.id = 3, .created = "null"})});
    EXPECT_EQ(note("CONVERT(nvarchar(30), CreatedAt, 126)", 1), "2025-01-21T17:00:00.500");
    EXPECT_EQ(note("CONVERT(nvarchar(30), CreatedAt, 126)", 2), "2025-01-21T14:00:00.500");
    EXPECT_EQ(note("CreatedAt", 3), std::nullopt);
}

TEST_F(SinkOnServer, AppliesFiveHundredRowsAtOnce) {
    std::vector<Change> changes;
    for (int id = 1; id <= 500; ++id) {
        changes.push_back(upsert({.id = id, .text = "مرحبا 😀"}));
    }
    EXPECT_EQ(applied(changes).inserted, 500U);
    EXPECT_EQ(applied(changes).changed(), 0U);
}

TEST_F(SinkOnServer, AppliesNothingForNoChanges) {
    EXPECT_EQ(applied({}).changed(), 0U);
}

TEST_F(SinkOnServer, NamesAMissingColumnAndRecoversWhenItIsThere) {
    stream.columns.push_back({"extra", "Extra", Owner::supabase, false, {}});
    const auto before = prepare();
    ASSERT_FALSE(before);
    EXPECT_EQ(before.error().disposition, Disposition::stream);
    EXPECT_THAT(before.error().text, HasSubstr("column Extra is missing in table dbo.revsync_notes"));
    sql("ALTER TABLE dbo.revsync_notes ADD Extra int NULL;");
    EXPECT_TRUE(prepare());
}

TEST_F(SinkOnServer, NoticesAColumnThatWasDroppedWhileItRan) {
    ASSERT_TRUE(prepare());
    applied({upsert({})});
    sql("ALTER TABLE dbo.revsync_notes DROP COLUMN Title;");
    const auto result = apply({upsert({.text = "edited"})});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::stream) << describe(result.error());
    EXPECT_FALSE(prepare());
}

TEST_F(SinkOnServer, NoticesAColumnThatWasWidenedAfterAFailure) {
    ASSERT_FALSE(apply({upsert({.title = "more than ten"})}));
    sql("ALTER TABLE dbo.revsync_notes ALTER COLUMN Title nvarchar(50) NULL;");
    ASSERT_TRUE(prepare());
    EXPECT_EQ(applied({upsert({.title = "more than ten"})}).inserted, 1U);
}

}  // namespace
}  // namespace revsync::sqlserver
