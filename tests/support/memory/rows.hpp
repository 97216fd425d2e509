#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/change.hpp"
#include "mapping/stream.hpp"

namespace revsync::memory {

// A row's columns as text; a missing column is NULL. Times are written by Timestamp::iso_microseconds().
using Columns = std::map<std::string, std::string, std::less<>>;

// Rows by their one, numeric key column.
using Table = std::map<std::int64_t, Columns>;

Key key_of(std::int64_t id);
std::int64_t id_of(const Key& key);

// What a source makes of a row for a stream: the three are the stream's own definition, worked out in memory.
bool passes_filter(const Stream& stream, const Columns& row);
Timestamp changed_at(const Stream& stream, const Columns& row);
Change change_of(const Stream& stream, std::int64_t id, const Columns& row);

// The target's columns of a change.
Columns columns_of(const Change& change);

// Whether a row at (changed_at, id) is behind the cursor, that is, still to be read.
bool is_after(const Cursor& cursor, Timestamp changed_at, std::int64_t id);

}  // namespace revsync::memory
