#include "mapping/clinic.hpp"

namespace revsync {
namespace {

Stream notes() {
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

Stream batches() {
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

}  // namespace

Mapping clinic_mapping() {
    return {{notes(), batches()}};
}

}  // namespace revsync
