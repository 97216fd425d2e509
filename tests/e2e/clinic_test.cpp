#include "e2e/clinic_test.hpp"

#include <fmt/format.h>

#include "support/harness/environment.hpp"

namespace revsync::test {

void ClinicTest::SetUp() {
    if (!servers_available()) {
        GTEST_SKIP() << "runs through tests/support/with_servers.sh";
    }
    supabase = std::make_unique<SupabaseDatabase>();
    lab = std::make_unique<SqlServerDatabase>();
    daemon = std::make_unique<Daemon>();
    daemon->use(*supabase, *lab);
    daemon->set("FORWARD_SYNC_ENABLED", "false");
    secrets = {SupabaseDatabase::password(), lab->address().password};
}

void ClinicTest::TearDown() {
    if (!daemon) {
        return;
    }
    const std::string all = daemon->everything_left_behind();
    for (const std::string& secret : secrets) {
        EXPECT_EQ(all.find(secret), std::string::npos) << "found '" << secret.substr(0, 80) << "' in:\n" << all;
    }
}

void ClinicTest::given_sets(int count) {
    given_sets_in_supabase(1, count);
    given_sets_in_lab(1, count);
}

void ClinicTest::given_sets_in_supabase(int first, int last) {
    supabase->exec(
        fmt::format("INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'Doctor One') ON CONFLICT DO NOTHING;"
                    "INSERT INTO patients (person_id, patient_name) VALUES (1, 'Patient One') ON CONFLICT DO NOTHING;"
                    "INSERT INTO work (work_id, person_id) VALUES (1, 1) ON CONFLICT DO NOTHING;"
                    "INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) SELECT n, 1, 1 FROM "
                    "generate_series({}, {}) n",
                    first, last));
}

void ClinicTest::given_sets_in_lab(int first, int last) {
    lab->exec(
        "IF NOT EXISTS (SELECT 1 FROM dbo.AlignerDoctors) BEGIN "
        "INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor One'); "
        "INSERT INTO dbo.tblpatients (PatientName) VALUES (N'Patient One'); "
        "INSERT INTO dbo.tblwork (PersonID, Typeofwork) VALUES (1, 1); END");
    std::string rows;
    for (int set = first; set <= last; ++set) {
        rows += fmt::format("{}({}, 1, 1)", rows.empty() ? "" : ", ", set);
    }
    lab->exec(
        "SET IDENTITY_INSERT dbo.tblAlignerSets ON; "
        "INSERT INTO dbo.tblAlignerSets (AlignerSetID, WorkID, AlignerDrID) VALUES " +
        rows + "; SET IDENTITY_INSERT dbo.tblAlignerSets OFF;");
}

void ClinicTest::given_batch(int batch, int days) {
    supabase->exec(fmt::format(
        "INSERT INTO aligner_batches (aligner_batch_id, aligner_set_id, batch_sequence, days, notes, created_at, "
        "updated_at) VALUES ({0}, 1, {0}, {1}, 'of the lab', now() - interval '1 hour', now() - interval '1 hour')",
        batch, days));
    lab->exec(
        fmt::format("SET IDENTITY_INSERT dbo.tblAlignerBatches ON; "
                    "INSERT INTO dbo.tblAlignerBatches (AlignerBatchID, AlignerSetID, UpperAlignerCount, "
                    "LowerAlignerCount, BatchSequence, Days, Notes) VALUES ({0}, 1, 4, 4, {0}, {1}, N'of the "
                    "lab'); SET IDENTITY_INSERT dbo.tblAlignerBatches OFF; "
                    "UPDATE dbo.SyncQueue SET CreatedAt = DATEADD(hour, -1, CreatedAt) WHERE TableName = "
                    "'aligner_batches' AND RecordID = {0};",
                    batch, days));
}

int ClinicTest::doctor_writes(const std::string& text, int set) {
    remember(text);
    return std::stoi(supabase->value(
        fmt::format("INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) VALUES ({}, 'Doctor', {}) "
                    "RETURNING note_id",
                    set, text_literal(text))));
}

void ClinicTest::doctor_writes_many(int count) {
    remember("an ordinary note, number");
    supabase->exec(
        fmt::format("INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) "
                    "SELECT 1, 'Doctor', 'an ordinary note, number ' || n FROM generate_series(1, {}) n",
                    count));
}

void ClinicTest::doctor_edits(int note, const std::string& text) {
    remember(text);
    supabase->exec(
        fmt::format("UPDATE aligner_notes SET note_text = {}, is_edited = true, edited_at = now() "
                    "WHERE note_id = {}",
                    text_literal(text), note));
}

void ClinicTest::doctor_changes_days(int batch, int days) {
    supabase->exec(fmt::format("UPDATE aligner_batches SET days = {} WHERE aligner_batch_id = {}", days, batch));
}

void ClinicTest::lab_writes(int note, const std::string& text, int set) {
    lab->exec(
        fmt::format("SET IDENTITY_INSERT dbo.tblAlignerNotes ON; "
                    "INSERT INTO dbo.tblAlignerNotes (NoteID, AlignerSetID, NoteType, NoteText) "
                    "VALUES ({}, {}, 'Lab', {}); SET IDENTITY_INSERT dbo.tblAlignerNotes OFF;",
                    note, set, unicode_literal(text)));
}

// Texts that are too short could stand in any log by chance.
void ClinicTest::remember(const std::string& text) {
    if (text.size() >= 12) {
        secrets.push_back(text.substr(0, 200));
    }
}

std::string ClinicTest::lab_days(int batch) {
    return lab->value(fmt::format("SELECT Days FROM dbo.tblAlignerBatches WHERE AlignerBatchID = {}", batch));
}

std::string ClinicTest::lab_text(int note) {
    const Rows rows = lab->rows(fmt::format("SELECT NoteText FROM dbo.tblAlignerNotes WHERE NoteID = {}", note));
    return rows.empty() ? "(none)" : rows[0][0].value_or("(null)");
}

long ClinicTest::lab_doctor_notes() {
    return lab->count("SELECT COUNT(*) FROM dbo.tblAlignerNotes WHERE NoteType = 'Doctor'");
}

long ClinicTest::activity_flags() {
    return lab->count("SELECT COUNT(*) FROM dbo.tblAlignerActivityFlags");
}

void ClinicTest::expect_same_notes() {
    const Rows written = supabase->rows(
        "SELECT note_id, aligner_set_id, note_text, is_edited::int FROM aligner_notes WHERE note_type = 'Doctor' "
        "ORDER BY note_id");
    const Rows arrived = lab->rows(
        "SELECT NoteID, AlignerSetID, NoteText, IsEdited FROM dbo.tblAlignerNotes WHERE NoteType = 'Doctor' "
        "ORDER BY NoteID");
    ASSERT_EQ(arrived.size(), written.size());
    for (std::size_t row = 0; row < written.size(); ++row) {
        ASSERT_EQ(arrived[row], written[row]);
    }
}

void ClinicTest::expect_one_flag_per_note() {
    EXPECT_EQ(activity_flags(), lab_doctor_notes());
    EXPECT_EQ(lab->count("SELECT COUNT(DISTINCT RelatedRecordID) FROM dbo.tblAlignerActivityFlags"), activity_flags());
}

}  // namespace revsync::test
