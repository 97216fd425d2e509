// The triggers that fill dbo.SyncQueue. Pure text.
#pragma once

#include <string>
#include <string_view>

#include "mapping/stream.hpp"

namespace revsync::sqlserver {

// What the names of our triggers begin with.
inline constexpr std::string_view trigger_prefix = "trg_reverse_sync_";

// The trigger of a forward stream; it lives in the schema of the stream's source.
TableName trigger_name(const Stream& stream);

// Its CREATE TRIGGER statement. Set-based; it queues
// - an INSERT for a new row, an UPDATE when a mapped value really differs, a DELETE for a row that is gone. A row whose
//   key changed is a DELETE and an INSERT;
// - of the stream's rows alone, where the mapping says which (owned_rows, referenced_by); deletions of any;
// - a row that this stream's rows need in the target and that travels for them alone, before them.
// JsonData stays NULL: the daemon reads the row when it sends it, so the writer does no work for it, the queue keeps no
// patient's data, and several edits of a row are sent once. ChangedColumns names the shared columns that were edited.
//
// What the daemon writes (SESSION_CONTEXT(N'reverse_sync') = 1) is queued only where it moved values that the daemon
// does not write: computed columns, and what other triggers change.
//
// Values are compared as FOR JSON writes them, which is how they are sent: exactly, whatever the collation, and NULL
// like any value. text, ntext and image cannot be seen by a trigger (error 311), CLR types have no JSON (13604): the
// statement that creates the trigger, or the first that fires it, says so.
std::string create_trigger(const Mapping& mapping, const Stream& stream);

// A statement that queues every present row which the trigger would queue, as not edited.
std::string queue_present_rows(const Mapping& mapping, const Stream& stream);

}  // namespace revsync::sqlserver
