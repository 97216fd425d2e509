#include "mapping/clinic.hpp"

namespace revsync {
namespace {

Stream doctors_notes() {
    Stream stream;
    stream.name = "notes";
    stream.source = {"public", "aligner_notes"};
    stream.target = {"dbo", "tblAlignerNotes"};
    stream.key = {{"note_id", "NoteID"}};
    stream.columns = {
        {"aligner_set_id", "AlignerSetID", Owner::supabase, false, {}},
        {"note_type", "NoteType", Owner::supabase, false, {}},
        {"note_text", "NoteText", Owner::supabase, false, {}},
        {"created_at", "CreatedAt", Owner::supabase, false, {}},
        {"is_edited", "IsEdited", Owner::supabase, false, {}},
        {"edited_at", "EditedAt", Owner::supabase, false, {}},
        // The lab marks a note as read; older Supabase installations lack the column, and unread is right.
        {"is_read", "IsRead", Owner::sqlserver, true, "0"},
    };
    stream.filter = {{"note_type", Condition::Test::equals, "Doctor"}};
    stream.changed_at = {"created_at", "edited_at"};
    stream.owned_rows = RowOwnership{"NoteType", "Doctor"};
    stream.operations = {.insert = true, .update = true, .remove = true};
    stream.wording = {"notes", "note(s) to sync", "notes", "new notes", "📝", false};
    return stream;
}

Stream edited_batches() {
    Stream stream;
    stream.name = "batches";
    stream.source = {"public", "aligner_batches"};
    stream.target = {"dbo", "tblAlignerBatches"};
    stream.key = {{"aligner_batch_id", "AlignerBatchID"}};
    stream.columns = {{"days", "Days", Owner::shared, false, {}}};
    // A batch that nobody edited in Supabase is only the lab's own row.
    stream.filter = {{"updated_at", Condition::Test::newer_than, "created_at"}};
    stream.changed_at = {"updated_at"};
    stream.operations = {.insert = false, .update = true, .remove = false};
    stream.wording = {"batch updates", "edited batch(es)", "batches", "batch updates", "📦", true};
    return stream;
}

// A column that the lab alone writes.
ColumnPair of_lab(std::string source, std::string target) {
    ColumnPair pair;
    pair.source = std::move(source);
    pair.target = std::move(target);
    pair.owner = Owner::sqlserver;
    return pair;
}

Stream from_lab(const std::string& name, const std::string& source, const std::string& target, KeyPair key,
                std::vector<ColumnPair> columns) {
    Stream stream;
    stream.name = name;
    stream.direction = Direction::forward;
    stream.source = {"dbo", source};
    stream.target = {"public", target};
    stream.key = {std::move(key)};
    stream.columns = std::move(columns);
    stream.operations = {.insert = true, .update = true, .remove = true};
    stream.wording = {name, name, name, name, "📤", false};
    return stream;
}

Stream doctors() {
    return from_lab(
        "doctors", "AlignerDoctors", "aligner_doctors", {"DrID", "dr_id"},
        {of_lab("DoctorName", "doctor_name"), of_lab("DoctorEmail", "doctor_email"), of_lab("LogoPath", "logo_path")});
}

Stream patients() {
    Stream stream =
        from_lab("patients", "tblpatients", "patients", {"PersonID", "person_id"},
                 {of_lab("patientID", "patient_id"), of_lab("PatientName", "patient_name"),
                  of_lab("FirstName", "first_name"), of_lab("LastName", "last_name"), of_lab("Phone", "phone")});
    stream.referenced_by = Reference{"work", "PersonID"};
    return stream;
}

// Of patients and their works only those leave the house that own an aligner set.
Stream work() {
    Stream stream = from_lab("work", "tblwork", "work", {"workid", "work_id"},
                             {of_lab("PersonID", "person_id"), of_lab("Typeofwork", "type_of_work"),
                              of_lab("AdditionDate", "addition_date")});
    stream.referenced_by = Reference{"sets", "WorkID"};
    return stream;
}

Stream sets() {
    return from_lab("sets", "tblAlignerSets", "aligner_sets", {"AlignerSetID", "aligner_set_id"},
                    {of_lab("WorkID", "work_id"),
                     of_lab("AlignerDrID", "aligner_dr_id"),
                     of_lab("SetSequence", "set_sequence"),
                     of_lab("Type", "type"),
                     of_lab("UpperAlignersCount", "upper_aligners_count"),
                     of_lab("LowerAlignersCount", "lower_aligners_count"),
                     of_lab("RemainingUpperAligners", "remaining_upper_aligners"),
                     of_lab("RemainingLowerAligners", "remaining_lower_aligners"),
                     of_lab("CreationDate", "creation_date"),
                     of_lab("Days", "days"),
                     of_lab("IsActive", "is_active"),
                     of_lab("Notes", "notes"),
                     of_lab("FolderPath", "folder_path"),
                     of_lab("SetUrl", "set_url"),
                     of_lab("SetPdfUrl", "set_pdf_url"),
                     of_lab("SetVideo", "set_video"),
                     of_lab("SetCost", "set_cost"),
                     of_lab("Currency", "currency"),
                     of_lab("PdfUploadedAt", "pdf_uploaded_at"),
                     of_lab("PdfUploadedBy", "pdf_uploaded_by"),
                     of_lab("DriveFileId", "drive_file_id")});
}

// SQL Server computes the end sequences, the validity period and the expiry date; in Supabase they are plain columns.
// CreationDate stays at home: updated_at > created_at tells an edited batch, and both are Supabase's.
Stream batches() {
    Stream stream = from_lab(
        "batches", "tblAlignerBatches", "aligner_batches", {"AlignerBatchID", "aligner_batch_id"},
        {of_lab("AlignerSetID", "aligner_set_id"), of_lab("BatchSequence", "batch_sequence"),
         of_lab("UpperAlignerCount", "upper_aligner_count"), of_lab("LowerAlignerCount", "lower_aligner_count"),
         of_lab("UpperAlignerStartSequence", "upper_aligner_start_sequence"),
         of_lab("UpperAlignerEndSequence", "upper_aligner_end_sequence"),
         of_lab("LowerAlignerStartSequence", "lower_aligner_start_sequence"),
         of_lab("LowerAlignerEndSequence", "lower_aligner_end_sequence"), of_lab("ManufactureDate", "manufacture_date"),
         of_lab("DeliveredToPatientDate", "delivered_to_patient_date"),
         of_lab("BatchExpiryDate", "next_batch_ready_date"), of_lab("ValidityPeriod", "validity_period"),
         of_lab("Notes", "notes"), of_lab("IsActive", "is_active")});
    ColumnPair days = of_lab("Days", "days");
    days.owner = Owner::shared;
    stream.columns.push_back(std::move(days));
    return stream;
}

Stream lab_notes() {
    Stream stream = from_lab(
        "notes", "tblAlignerNotes", "aligner_notes", {"NoteID", "note_id"},
        {of_lab("AlignerSetID", "aligner_set_id"), of_lab("NoteType", "note_type"), of_lab("NoteText", "note_text"),
         of_lab("CreatedAt", "created_at"), of_lab("IsEdited", "is_edited"), of_lab("EditedAt", "edited_at")});
    ColumnPair is_read = of_lab("IsRead", "is_read");
    is_read.optional = true;  // older Supabase installations lack it
    stream.columns.push_back(std::move(is_read));
    stream.owned_rows = RowOwnership{"note_type", "Lab"};
    return stream;
}

}  // namespace

Mapping clinic_mapping() {
    return {{doctors_notes(), edited_batches(), doctors(), patients(), work(), sets(), batches(), lab_notes()}};
}

}  // namespace revsync
