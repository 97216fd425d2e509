// What a webhook says of a row, before anybody believes it.
#pragma once

#include <span>
#include <string>

#include "core/change.hpp"
#include "core/error.hpp"
#include "core/raw_json.hpp"
#include "mapping/stream.hpp"

namespace revsync {

// A row of a Postgres table was inserted, updated or deleted. It is a hint: who reads the row again by its key gets
// what holds now, whatever the webhook claims. It holds patient data and must never reach a log, a metric, an error or
// a file.
struct WebhookEvent {
    enum class Kind { insert, update, remove };

    Kind kind = Kind::insert;
    std::string schema;
    std::string table;
    JsonMembers record;      // the row as it is now, or only its key; empty for remove
    JsonMembers old_record;  // the row as it was; empty for insert, and often for update
};

// The key of a row, spelled as the feed spells it: "[5]", "[7,\"a\"]". Only integers and texts can be part of a key
// that a webhook names. Error (disposition row; it names the column, never the value): a key column is absent, null, no
// such value, a number that is not a whole one within 64 bits, or a text with the character NUL, which Postgres cannot
// hold.
Result<Key> key_of(const JsonMembers& row, std::span<const KeyPair> key);

}  // namespace revsync
