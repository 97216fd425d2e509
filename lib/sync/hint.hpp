// What a webhook is reduced to. Pure functions.
#pragma once

#include <optional>
#include <vector>

#include "core/change.hpp"
#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "sync/webhook_event.hpp"

namespace revsync {

// A row of a stream that may have changed.
struct Hint {
    const Stream* stream = nullptr;
    Key key;
    // The row was deleted, or has another key now: no poll would find that by its change time.
    bool removal = false;
};

// One hint for each stream that reads the event's table, and one more for the key that a row had before. A removal
// that a stream may not carry out is left out. Error (row): a key column is missing, and the text names it; or no
// stream reads the table, and its name holds a quote, a backslash or a control character.
Result<std::vector<Hint>> hints_of(const Mapping& mapping, const WebhookEvent& event);

// The row that the event itself holds, for the one case in which there is no database to read it from. The change's
// row has the form that Postgres gives it, and its time is the latest of the stream's change times. nullopt: the row
// is not one of the stream's. Error (row): there is no change time, without which nothing could tell which of two
// events is the newer.
Result<std::optional<Change>> change_of(const WebhookEvent& event, const Hint& hint);

}  // namespace revsync
