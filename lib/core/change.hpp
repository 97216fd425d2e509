#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/timestamp.hpp"

namespace revsync {

// A row's key as the source writes it: the compact JSON array of its key columns, "[5]" or "[7,\"a\"]".
// It is carried and compared as text, never understood, so that 64-bit numbers stay exact.
using Key = std::string;

enum class Operation { upsert, remove };

// One changed row on its way. `row` is the JSON object the source serialised, with the target's column
// names; it holds patient data and must never reach a log, a metric, an error or a file.
struct Change {
    Key key;
    Timestamp changed_at;
    Operation operation = Operation::upsert;
    std::string row;  // "" for remove
    // The target received the row of this change time before: whoever has deleted it there since meant this row.
    bool delivered = false;
};

// How far a stream has been read: everything at or before (changed_at, key) is done. Without a key the
// rows stamped exactly changed_at are still to be read.
struct Cursor {
    Timestamp changed_at;
    std::optional<Key> key;

    friend bool operator==(const Cursor&, const Cursor&) = default;
};

// Rows in the order (changed_at, key).
struct Page {
    std::vector<Change> changes;
    bool more = false;               // the source had further rows behind the last one when it was asked
    std::size_t total_modified = 0;  // rows behind the cursor before the stream's filter; only when it is counted
};

}  // namespace revsync
