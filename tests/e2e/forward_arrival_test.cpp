// What the lab changes arrives in Supabase, as it is.
#include <fmt/format.h>

#include <chrono>

#include "e2e/forward_test.hpp"

namespace revsync::test {
namespace {

enum class Generation { newer, older };

class Arrival : public ForwardTest, public testing::WithParamInterface<Generation> {
protected:
    void SetUp() override {
        ForwardTest::SetUp();
        if (daemon && GetParam() == Generation::older) {
            given_older_triggers();
        }
    }
};

INSTANTIATE_TEST_SUITE_P(Triggers, Arrival, testing::Values(Generation::newer, Generation::older),
                         [](const auto& test) { return test.param == Generation::newer ? "Newer" : "Older"; });

TEST_P(Arrival, OfEditsThatGoRoundMoreRecordsThanAPageHoldsWritesEachRecordOnce) {
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "50");
    given_sets();
    start_service();
    supabase->exec(
        "CREATE TABLE writes (note bigint);"
        "CREATE FUNCTION count_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
        " $$ BEGIN INSERT INTO writes VALUES (NEW.note_id); RETURN NULL; END $$;"
        "CREATE TRIGGER count_write AFTER INSERT OR UPDATE ON aligner_notes FOR EACH ROW EXECUTE FUNCTION "
        "count_write()");
    lab_writes_many(1, 200);
    for (int edit = 1; edit < 5; ++edit) {
        lab->exec(fmt::format("UPDATE dbo.tblAlignerNotes SET NoteText = N'edit {}'", edit));
    }
    ASSERT_EQ(queued("pending"), 1000);

    EXPECT_EQ(drain().at("pending"), 0);

    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes WHERE note_text = 'edit 4'"), "200");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM writes"), "200");
}

TEST_P(Arrival, OfAChangeInEachOfTheSixTablesFollowsQueueNotifyWithinASecondWithEveryColumn) {
    daemon->set("DB_TIMEZONE", "Arabic Standard Time");
    daemon->set("LOG_LEVEL", "debug");
    given_sets();
    Process& service = start_service();

    lab->exec(
        "UPDATE dbo.AlignerDoctors SET DoctorName = N'د. آوات', DoctorEmail = 'awat@example.org', LogoPath = "
        "N'logos/آوات.png' "
        "WHERE DrID = 1; "
        "UPDATE dbo.tblpatients SET patientID = N'P-7', PatientName = N'ڕێژین 😀', FirstName = N'ڕێژین', LastName = "
        "NULL, "
        "Phone = N'+964 750 000' WHERE PersonID = 1; "
        "UPDATE dbo.tblwork SET Typeofwork = 20, AdditionDate = '2025-01-21T23:30:00' WHERE workid = 1; "
        "UPDATE dbo.tblAlignerSets SET SetSequence = 2, [Type] = N'كامل', UpperAlignersCount = 20, LowerAlignersCount "
        "= 18, "
        "RemainingUpperAligners = 16, RemainingLowerAligners = 14, CreationDate = '2025-01-02', Days = 14, IsActive = "
        "0, "
        "Notes = N'line one\nline \"two\"', FolderPath = N'\\\\server\\sets\\1', SetUrl = "
        "N'https://example.org/s?a=1&b=2', "
        "SetPdfUrl = N'', SetVideo = NULL, SetCost = 12345678.90, Currency = N'IQD', "
        "PdfUploadedAt = '2025-01-21T15:30:00', PdfUploadedBy = N'mariam', DriveFileId = N'1aB' WHERE AlignerSetID = "
        "1; "
        "SET IDENTITY_INSERT dbo.tblAlignerBatches ON; "
        "INSERT INTO dbo.tblAlignerBatches (AlignerBatchID, AlignerSetID, UpperAlignerCount, LowerAlignerCount, "
        "BatchSequence, UpperAlignerStartSequence, LowerAlignerStartSequence, ManufactureDate, DeliveredToPatientDate, "
        "Days, Notes, IsActive) VALUES (5, 1, 4, 3, 1, 1, 1, '2025-01-10', '2025-01-12', 10, N'دفعة', 1); "
        "SET IDENTITY_INSERT dbo.tblAlignerBatches OFF;");
    lab->exec(
        "SET IDENTITY_INSERT dbo.tblAlignerNotes ON; "
        "INSERT INTO dbo.tblAlignerNotes (NoteID, AlignerSetID, NoteType, NoteText, CreatedAt, IsEdited, EditedAt, "
        "IsRead) "
        "VALUES (9, 1, 'Lab', N'ملاحظة المختبر', '2025-01-21T10:00:00', 1, '2025-01-21T11:00:00', 0); "
        "SET IDENTITY_INSERT dbo.tblAlignerNotes OFF;");
    const auto notified = std::chrono::steady_clock::now();
    ASSERT_EQ(notify().status, 200);
    service.wait_for("Queue drain: ");
    EXPECT_LT(std::chrono::steady_clock::now() - notified, std::chrono::seconds{1});

    EXPECT_EQ(
        supabase->value("SELECT (doctor_name, doctor_email, logo_path)::text FROM aligner_doctors WHERE dr_id = 1"),
        R"(("د. آوات",awat@example.org,logos/آوات.png))");
    EXPECT_EQ(supabase->value("SELECT (patient_id, patient_name, first_name, last_name, phone)::text FROM patients"),
              R"((P-7,"ڕێژین 😀",ڕێژین,,"+964 750 000"))");
    EXPECT_EQ(supabase->value("SELECT (person_id, type_of_work, addition_date)::text FROM work"), "(1,20,2025-01-21)");
    EXPECT_EQ(supabase->value(
                  "SELECT (work_id, aligner_dr_id, set_sequence, type, upper_aligners_count, lower_aligners_count, "
                  "remaining_upper_aligners, remaining_lower_aligners, creation_date, days, is_active)::text "
                  "FROM aligner_sets"),
              "(1,1,2,كامل,20,18,16,14,2025-01-02,14,f)");
    EXPECT_EQ(supabase->value("SELECT notes FROM aligner_sets"), "line one\nline \"two\"");
    EXPECT_EQ(supabase->value("SELECT folder_path FROM aligner_sets"), R"(\\server\sets\1)");
    EXPECT_EQ(
        supabase->value("SELECT set_url || '|' || set_pdf_url || '|' || coalesce(set_video, 'NULL') || '|' || set_cost "
                        "|| '|' || currency || '|' || pdf_uploaded_by || '|' || drive_file_id FROM aligner_sets"),
        "https://example.org/s?a=1&b=2||NULL|12345678.90|IQD|mariam|1aB");
    EXPECT_EQ(supabase->value("SELECT pdf_uploaded_at = '2025-01-21T12:30:00Z' FROM aligner_sets"), "t");
    EXPECT_EQ(
        supabase->value(
            "SELECT (aligner_set_id, batch_sequence, upper_aligner_count, lower_aligner_count, "
            "upper_aligner_start_sequence, upper_aligner_end_sequence, lower_aligner_start_sequence, "
            "lower_aligner_end_sequence, manufacture_date, delivered_to_patient_date, next_batch_ready_date, days, "
            "validity_period, notes, is_active)::text FROM aligner_batches WHERE aligner_batch_id = 5"),
        "(1,1,4,3,1,4,1,3,2025-01-10,2025-01-12,2025-02-21,10,40,دفعة,t)");
    EXPECT_EQ(
        supabase->value("SELECT (aligner_set_id, note_type, note_text, is_edited, is_read)::text FROM aligner_notes "
                        "WHERE note_id = 9"),
        R"((1,Lab,"ملاحظة المختبر",t,f))");
    EXPECT_EQ(supabase->value("SELECT created_at = '2025-01-21T07:00:00Z' AND edited_at = '2025-01-21T08:00:00Z' FROM "
                              "aligner_notes WHERE note_id = 9"),
              "t");
    EXPECT_EQ(queued("pending"), 0);
    EXPECT_EQ(queued("failed"), 0);
}

TEST_P(Arrival, OfRowsThatAreRemovedTakesThemAway) {
    given_sets(2);
    given_lab_batch(5, 10);
    lab_writes(9, "a note that the lab takes back");
    start_service();
    ASSERT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "1");
    lab->exec(
        "DELETE FROM dbo.tblAlignerNotes WHERE NoteID = 9; DELETE FROM dbo.tblAlignerBatches WHERE AlignerBatchID = 5; "
        "DELETE FROM dbo.tblAlignerSets WHERE AlignerSetID = 1;");
    drain();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "0");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_batches"), "0");
    EXPECT_EQ(supabase->value("SELECT string_agg(aligner_set_id::text, ',') FROM aligner_sets"), "2");
    EXPECT_EQ(queued("pending"), 0);
}

TEST_P(Arrival, OfAChildThatWasQueuedBeforeItsParentWaitsForTheParent) {
    given_sets();
    start_service();
    lab->exec(
        "INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor Two'); "
        "SET IDENTITY_INSERT dbo.tblAlignerSets ON; "
        "INSERT INTO dbo.tblAlignerSets (AlignerSetID, WorkID, AlignerDrID) VALUES (2, 1, 2); "
        "SET IDENTITY_INSERT dbo.tblAlignerSets OFF; DELETE FROM dbo.SyncQueue;");
    queue("aligner_sets", 2, "INSERT");
    queue("aligner_doctors", 2, "INSERT");
    drain();
    EXPECT_EQ(supabase->value("SELECT doctor_name FROM aligner_sets JOIN aligner_doctors ON dr_id = aligner_dr_id "
                              "WHERE aligner_set_id = 2"),
              "Doctor Two");
    EXPECT_EQ(queued("synced"), 2);
}

// Several edits of a row are one write of the newest.
TEST_P(Arrival, OfManyEditsOfOneRowIsTheLastOne) {
    given_sets();
    given_lab_batch(5, 10);
    start_service();
    for (int days = 11; days <= 40; ++days) {
        lab_changes_days(5, days);
    }
    const auto answer = drain();
    EXPECT_EQ(supabase_days(5), "40");
    EXPECT_EQ(answer.at("batches"), 30);
    EXPECT_EQ(queued("pending"), 0);
}

TEST_P(Arrival, AtTheStartIsOfWhatWasQueuedWhileTheServiceWasDown) {
    given_sets();
    lab_writes(9, "written while the service was down");
    start_service();
    EXPECT_EQ(supabase->value("SELECT note_text FROM aligner_notes WHERE note_id = 9"),
              "written while the service was down");
}

TEST_P(Arrival, ByOnceIsBothWays) {
    given_sets();
    given_batch(1, 10);
    lab->exec("DELETE FROM dbo.SyncQueue");
    lab_writes(1'000'001, "carried to Supabase by once");
    const int note = doctor_writes("carried to SQL Server by once");
    const Outcome outcome = daemon->command({"once", "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_EQ(supabase->value("SELECT note_text FROM aligner_notes WHERE note_id = 1000001"),
              "carried to Supabase by once");
    EXPECT_EQ(lab_text(note), "carried to SQL Server by once");
    EXPECT_TRUE(outcome.says(R"("forward":{"success":true)")) << outcome.output;
    EXPECT_THAT(daemon->once(), Succeeded());
}

}  // namespace
}  // namespace revsync::test
