// Edits that Supabase cannot take, among those that it can.
#include <fmt/format.h>

#include "e2e/forward_test.hpp"

namespace revsync::test {
namespace {

// Both generations of triggers: the queue carries the text, or the row is read from its table.
class HalfACharacter : public ForwardTest, public testing::WithParamInterface<bool> {};

INSTANTIATE_TEST_SUITE_P(Triggers, HalfACharacter, testing::Bool(),
                         [](const auto& test) { return test.param ? "Older" : "Newer"; });

TEST_P(HalfACharacter, FailsItsItemAlone) {
    if (GetParam()) {
        given_older_triggers();
    }
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "8");  // few readings until the item stands alone
    given_sets();
    given_lab_batches(9, 10);
    start_service();
    lab->exec("UPDATE dbo.tblAlignerBatches SET Notes = N'half ' + NCHAR(55357) WHERE AlignerBatchID = 4");
    lab->exec("UPDATE dbo.tblAlignerBatches SET Notes = N'whole 😀' WHERE AlignerBatchID IN (3, 5)");
    drain();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_batches WHERE notes = 'whole 😀'"), "2");
    EXPECT_EQ(queued("pending"), 1);
    const std::string failed = "FROM dbo.SyncQueue WHERE RecordID = 4 AND LOWER(Status) = 'pending'";
    EXPECT_EQ(lab->value("SELECT Attempts " + failed), "1");
    EXPECT_THAT(lab->value("SELECT LastError " + failed), testing::HasSubstr("half of a surrogate pair"));

    lab->exec("UPDATE dbo.tblAlignerBatches SET Notes = N'mended' WHERE AlignerBatchID = 4");
    drain();
    EXPECT_EQ(supabase->value("SELECT notes FROM aligner_batches WHERE aligner_batch_id = 4"), "mended");
}

class ForwardFailure : public ForwardTest {
protected:
    // Past every backoff.
    void pass_backoff() {
        lab->exec("UPDATE dbo.SyncQueue SET LastAttempt = DATEADD(hour, -2, GETDATE()) WHERE Status = 'Pending'");
    }
};

struct BadItem {
    const char* name;
    const char* table;
    int record;
    const char* json;
    const char* error;  // what the queue says of it
    // Makes the row itself like that. Without it the row is good, and heals the item: what is tried again is read anew.
    const char* row = "";
    bool heals = false;
    int needed = 0;  // rows that are queued because the item may need them
};

void PrintTo(const BadItem& item, std::ostream* out) {
    *out << item.name;
}

class BadItems : public ForwardFailure, public testing::WithParamInterface<BadItem> {
protected:
    std::string attempts() { return queue_value("Attempts", GetParam().table, GetParam().record); }
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadItems,
    testing::Values(
        BadItem{"ForeignKey", "aligner_sets", 77, R"(N'{"aligner_set_id":77,"work_id":1,"aligner_dr_id":2}')", "23503",
                "INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor Two'); "
                "SET IDENTITY_INSERT dbo.tblAlignerSets ON; "
                "INSERT INTO dbo.tblAlignerSets (AlignerSetID, WorkID, AlignerDrID) VALUES (77, 1, 2); "
                "SET IDENTITY_INSERT dbo.tblAlignerSets OFF;",
                false, 1},
        BadItem{"TooLong", "patients", 1,
                R"(N'{"person_id":1,"phone":"000000000000000000000000000000000000000000000000000000000000"}')", "22001",
                "UPDATE dbo.tblpatients SET Phone = REPLICATE(N'0', 60) WHERE PersonID = 1"},
        BadItem{"UnknownTable", "invoices", 1, R"(N'{"invoice_id":1}')", "no stream for table"},
        BadItem{"Nul", "aligner_sets", 1, R"(N'{"aligner_set_id":1,"work_id":1,"aligner_dr_id":1,"notes":"a\u0000b"}')",
                "NUL", "", true, 1},
        BadItem{"MalformedJson", "aligner_sets", 1, R"(N'{"aligner_set_id":1,')", "JSON", "", true, 1}),
    [](const auto& test) { return test.param.name; });

TEST_P(BadItems, AmongAThousandFailAloneAndAreTriedUntilTheyHealOrTheLimitIsReached) {
    daemon->set("FORWARD_SYNC_PAGE_SIZE", "1000");
    given_sets();
    start_service();
    lab->exec(std::string{GetParam().row} + "; DELETE FROM dbo.SyncQueue;");
    lab_writes_many(1, 400);
    queue(GetParam().table, GetParam().record, "UPDATE", GetParam().json);
    lab_writes_many(401, 599);
    ASSERT_EQ(queued("pending"), 1000);

    const auto answer = drain();
    EXPECT_EQ(answer.at("notes"), 999);
    EXPECT_EQ(answer.at("failed"), 1);
    EXPECT_EQ(queued("synced"), 999 + GetParam().needed);
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "999");
    EXPECT_EQ(attempts(), "1");
    EXPECT_THAT(queue_value("LastError", GetParam().table, GetParam().record), testing::HasSubstr(GetParam().error));

    drain();
    EXPECT_EQ(attempts(), "1") << "it waits for its backoff";
    if (GetParam().heals) {
        pass_backoff();
        drain();
        EXPECT_EQ(queued("synced"), 1000 + GetParam().needed);
        return;
    }
    for (int attempt = 2; attempt <= 10; ++attempt) {
        pass_backoff();
        drain();
        ASSERT_EQ(attempts(), std::to_string(attempt));
    }
    EXPECT_EQ(queued("failed"), 1);
    lab->exec("UPDATE dbo.SyncQueue SET LastAttempt = DATEADD(hour, -2, GETDATE())");
    drain();
    EXPECT_EQ(attempts(), "10");
}

TEST_F(ForwardFailure, OfAChildHealsWhenItsParentArrives) {
    given_sets();
    start_service();
    lab->exec(
        "INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor Two'); "
        "SET IDENTITY_INSERT dbo.tblAlignerSets ON; "
        "INSERT INTO dbo.tblAlignerSets (AlignerSetID, WorkID, AlignerDrID) VALUES (2, 1, 2); "
        "SET IDENTITY_INSERT dbo.tblAlignerSets OFF; DELETE FROM dbo.SyncQueue;");
    queue("aligner_sets", 2, "INSERT");
    drain();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_sets WHERE aligner_set_id = 2"), "0");
    queue("aligner_doctors", 2, "INSERT");
    pass_backoff();
    drain();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_sets WHERE aligner_set_id = 2"), "1");
    EXPECT_EQ(queued("pending"), 0);
}

// The triggers of the practice queue a patient and a work only while they own a set.
TEST_F(ForwardFailure, OfANewPatientsFirstSetBringsThePatientAlong) {
    given_sets();
    start_service();
    lab->exec(
        "INSERT INTO dbo.tblpatients (PatientName) VALUES (N'Patient Two'); DECLARE @person int = SCOPE_IDENTITY(); "
        "INSERT INTO dbo.tblwork (PersonID, Typeofwork) VALUES (@person, 1); DECLARE @work int = SCOPE_IDENTITY(); "
        "INSERT INTO dbo.tblAlignerSets (WorkID, AlignerDrID, Notes) VALUES (@work, 1, N'the first');");
    for (int round = 0; round < 4; ++round) {
        drain();
        pass_backoff();
    }
    EXPECT_EQ(supabase->value("SELECT p.patient_name FROM aligner_sets s JOIN work w USING (work_id) JOIN patients p "
                              "USING (person_id) WHERE s.notes = 'the first'"),
              "Patient Two");
    EXPECT_EQ(queued("pending"), 0);
}

TEST_F(ForwardFailure, OfALabNoteWithADoctorsNumberLeavesTheDoctorsNoteAlone) {
    given_sets();
    start_service();
    const int note = doctor_writes("the doctor was first with this number");
    lab_writes(note, "the lab has the same number for this");
    drain();
    EXPECT_EQ(supabase->value(fmt::format("SELECT note_text FROM aligner_notes WHERE note_id = {}", note)),
              "the doctor was first with this number");
    EXPECT_THAT(queue_value("LastError", "aligner_notes", note), testing::HasSubstr("collision"));
}

// Supabase has lost a permission: that is nobody's edit's fault.
TEST_F(ForwardFailure, OfATableCostsNoAttemptAndTheOthersGoOn) {
    given_sets();
    Process& service = start_service();
    supabase->exec("REVOKE UPDATE ON patients FROM reverse_sync");
    lab->exec("UPDATE dbo.tblpatients SET Phone = N'1' WHERE PersonID = 1");
    lab_writes(9, "goes on beside the failing table");
    const HttpReply reply = post("/api/sync/trigger", R"({"direction":"sql-to-postgres"})");
    EXPECT_EQ(reply.status, 503) << reply.body;
    service.wait_for("❌");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "1");
    EXPECT_EQ(queue_value("Attempts", "patients", 1), "0");
    supabase->exec("GRANT UPDATE ON patients TO reverse_sync");
    drain();
    EXPECT_EQ(supabase->value("SELECT phone FROM patients"), "1");
    EXPECT_EQ(queued("pending"), 0);
}

}  // namespace
}  // namespace revsync::test
