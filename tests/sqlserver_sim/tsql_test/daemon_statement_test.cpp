// The clinic's database and the kind of statement that the daemon sends to it.
#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

constexpr std::string_view statement = R"(
SET NOCOUNT ON;
CREATE TABLE #rows ([#op] char(1) NOT NULL, [NoteID] int NOT NULL PRIMARY KEY, [AlignerSetID] int NULL,
    [NoteType] varchar(20) COLLATE Arabic_CI_AS NULL, [NoteText] nvarchar(max) COLLATE Arabic_CI_AS NULL, [CreatedAt] datetime NULL, [IsEdited] bit NULL);
INSERT INTO #rows SELECT j.[#op], j.[NoteID], j.[AlignerSetID], j.[NoteType], j.[NoteText],
    CONVERT(datetime, j.[CreatedAt] AT TIME ZONE N'Arabic Standard Time'), j.[IsEdited]
FROM OPENJSON(@rows) WITH ([#op] char(1) N'$."#op"', [NoteID] int N'$."NoteID"', [AlignerSetID] int N'$."AlignerSetID"',
    [NoteType] nvarchar(max) N'$."NoteType"', [NoteText] nvarchar(max) N'$."NoteText"', [CreatedAt] datetimeoffset(7) N'$."CreatedAt"',
    [IsEdited] bit N'$."IsEdited"') AS j;
DECLARE @refused TABLE ([NoteID] int NOT NULL);
DECLARE @inserted int = 0, @updated int = 0, @deleted int = 0;
BEGIN TRANSACTION;
INSERT INTO @refused ([NoteID]) SELECT s.[NoteID] FROM #rows AS s
    JOIN [dbo].[tblAlignerNotes] AS t WITH (UPDLOCK, SERIALIZABLE) ON t.[NoteID] = s.[NoteID] WHERE t.[NoteType] IS NULL OR t.[NoteType] <> N'Doctor';
DELETE t FROM [dbo].[tblAlignerNotes] AS t JOIN #rows AS s ON t.[NoteID] = s.[NoteID]
    WHERE s.[#op] = 'D' AND NOT EXISTS (SELECT 1 FROM @refused AS r WHERE r.[NoteID] = s.[NoteID]);
SET @deleted = @@ROWCOUNT;
UPDATE t SET [AlignerSetID] = s.[AlignerSetID], [NoteText] = s.[NoteText], [CreatedAt] = s.[CreatedAt], [IsEdited] = s.[IsEdited]
    FROM [dbo].[tblAlignerNotes] AS t JOIN #rows AS s ON t.[NoteID] = s.[NoteID]
    WHERE s.[#op] = 'U' AND NOT EXISTS (SELECT 1 FROM @refused AS r WHERE r.[NoteID] = s.[NoteID]) AND EXISTS (
        SELECT s.[AlignerSetID], s.[NoteText] COLLATE Latin1_General_BIN2, DATALENGTH(s.[NoteText]), s.[CreatedAt], s.[IsEdited]
        EXCEPT SELECT t.[AlignerSetID], t.[NoteText] COLLATE Latin1_General_BIN2, DATALENGTH(t.[NoteText]), t.[CreatedAt], t.[IsEdited]);
SET @updated = @@ROWCOUNT;
SET IDENTITY_INSERT [dbo].[tblAlignerNotes] ON;
INSERT INTO [dbo].[tblAlignerNotes] ([NoteID], [AlignerSetID], [NoteType], [NoteText], [CreatedAt], [IsEdited], [IsRead])
    SELECT s.[NoteID], s.[AlignerSetID], s.[NoteType], s.[NoteText], s.[CreatedAt], s.[IsEdited], 0 FROM #rows AS s
    WHERE s.[#op] = 'U' AND NOT EXISTS (SELECT 1 FROM [dbo].[tblAlignerNotes] AS t WITH (UPDLOCK, SERIALIZABLE) WHERE t.[NoteID] = s.[NoteID]);
SET @inserted = @@ROWCOUNT;
SET IDENTITY_INSERT [dbo].[tblAlignerNotes] OFF;
COMMIT TRANSACTION;
SELECT @inserted AS inserted, @updated AS updated, @deleted AS deleted;
SELECT [NoteID] FROM @refused;
)";

class DaemonStatementTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (!session) {
            return;
        }
        run_script(CLINIC_SCRIPT);
        run("SET XACT_ABORT ON; INSERT INTO AlignerDoctors (DoctorName) VALUES (N'One'); INSERT INTO tblpatients "
            "(PatientName) VALUES (N'Two'); "
            "INSERT INTO tblwork (PersonID, Typeofwork) VALUES (1, 1); INSERT INTO tblAlignerSets (WorkID, "
            "AlignerDrID) VALUES (1, 1)");
    }
    Answer apply(const std::string& json) {
        return call(Call{"sp_executesql",
                         {text_parameter("", std::string(statement)), text_parameter("", "@rows nvarchar(max)"),
                          text_parameter("@rows", json)}});
    }
    static std::string note(int id, const std::string& text, const std::string& op = "U", int set = 1) {
        return R"({"#op":")" + op + R"(","NoteID":)" + std::to_string(id) + R"(,"AlignerSetID":)" +
               std::to_string(set) + R"(,"NoteType":"Doctor","NoteText":")" + text +
               R"(","CreatedAt":"2025-01-21T14:00:00.123456+00:00","IsEdited":false})";
    }
};

TEST_F(DaemonStatementTest, InsertsUpdatesDeletesAndRefuses) {
    run("INSERT INTO tblAlignerNotes (AlignerSetID, NoteType, NoteText) VALUES (1, 'Lab', N'theirs')");
    const Answer first = apply("[" + note(1, "ours") + "," + note(20, "ملاحظة 😀") + "," + note(21, "x") + "]");
    ASSERT_EQ(first.error(), 0) << first.error_text();
    EXPECT_EQ(first.sets.at(0), (Rows{{"2", "0", "0"}}));
    EXPECT_EQ(first.sets.at(1), (Rows{{"1"}}));
    EXPECT_EQ(rows("SELECT NoteText, CreatedAt FROM tblAlignerNotes WHERE NoteID = 20"),
              (Rows{{"ملاحظة 😀", "2025-01-21 17:00:00.123"}}));

    EXPECT_EQ(apply("[" + note(20, "ملاحظة 😀") + "," + note(21, "X") + "]").sets.at(0), (Rows{{"0", "1", "0"}}));
    EXPECT_EQ(apply("[" + note(21, "", "D") + "]").sets.at(0), (Rows{{"0", "0", "1"}}));
    EXPECT_EQ(value("SELECT COUNT(*) FROM tblAlignerActivityFlags"), "2");
    EXPECT_EQ(rows("SELECT RecordID, Operation FROM SyncQueue WHERE TableName = 'aligner_notes' ORDER BY QueueID"),
              (Rows{{"1", "INSERT"}, {"21", "DELETE"}}));
}

TEST_F(DaemonStatementTest, OneBadRowTakesBackTheBatch) {
    EXPECT_EQ(apply("[" + note(30, "a") + "," + note(31, "b", "U", 99) + "]").error(), 547);
    EXPECT_EQ(rows("SELECT COUNT(*), @@TRANCOUNT FROM tblAlignerNotes"), (Rows{{"0", "0"}}));
    EXPECT_EQ(apply("[" + note(30, "a") + "]").error(), 0);
}

TEST_F(DaemonStatementTest, TheScriptCanBeRunAgain) {
    run_script(CLINIC_SCRIPT);
    EXPECT_EQ(value("SELECT COUNT(*) FROM sys.triggers"), "7");
}

TEST_F(DaemonStatementTest, TheOlderTriggersQueueTheRow) {
    EXPECT_EQ(rows("SELECT JsonData, Status FROM SyncQueue WHERE TableName = 'aligner_doctors'"),
              (Rows{{R"({"dr_id":1,"doctor_name":"One","doctor_email":null,"logo_path":null})", "pending"}}));
    EXPECT_EQ(run("UPDATE AlignerDoctors SET DoctorName = DoctorName").error(), 0);
    EXPECT_EQ(value("SELECT COUNT(*) FROM SyncQueue WHERE TableName = 'aligner_doctors'"), "1");
}

TEST_F(DaemonStatementTest, TheOlderTriggersQueueTheRowsOfEveryTable) {
    run_script(CLINIC_ROW_TRIGGERS);
    EXPECT_EQ(value("SELECT COUNT(*) FROM sys.triggers"), "7");
    run("DELETE FROM SyncQueue; UPDATE AlignerDoctors SET DoctorName = N'A'; UPDATE tblpatients SET Phone = N'1'; "
        "UPDATE tblwork SET Typeofwork = 2; UPDATE tblAlignerSets SET Days = 7; "
        "INSERT INTO tblAlignerBatches (AlignerSetID, UpperAlignerCount, LowerAlignerCount, BatchSequence, "
        "UpperAlignerStartSequence, Days) VALUES (1, 2, 0, 1, 1, 10); "
        "INSERT INTO tblAlignerNotes (AlignerSetID, NoteType, NoteText) VALUES (1, 'Lab', N'x'), (1, 'Doctor', N'y')");
    EXPECT_EQ(rows("SELECT TableName, RecordID, Operation, Status, ISJSON(JsonData) FROM SyncQueue ORDER BY QueueID"),
              (Rows{{"aligner_doctors", "1", "UPDATE", "pending", "1"},
                    {"patients", "1", "UPDATE", "pending", "1"},
                    {"work", "1", "UPDATE", "pending", "1"},
                    {"aligner_sets", "1", "UPDATE", "pending", "1"},
                    {"aligner_batches", "1", "INSERT", "pending", "1"},
                    {"aligner_notes", "1", "INSERT", "pending", "1"}}));
    EXPECT_EQ(value("SELECT JSON_VALUE(JsonData, '$.validity_period') FROM SyncQueue WHERE TableName = "
                    "'aligner_batches'"),
              "20");
}

}  // namespace

}  // namespace revsync::sim::tsql::test
