// What the statements of a forward stream have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/forward_query.hpp"
#include "postgres/forward_shape.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::postgres {

// What a failed statement could not do: "write public.aligner_notes for stream notes".
std::string purpose(const ForwardShape& shape);

// $1, the items; with a reader also what is known of the other direction: $2 its echoes, $3 its cursor's time, $4 the
// parked keys.
std::vector<std::optional<std::string>> parameters(const ForwardShape& shape,
                                                   const std::vector<const QueueItem*>& items, const ReverseView& view);

// Whether the stream may change the row t.
std::string owned(const ForwardShape& shape);

// The table expression `item`: id, k (the key), edited, and v0 … for the columns.
std::string item_table(const ForwardShape& shape, const ColumnSet& columns);

// The table expression `present`, over `item`: the rows that are there, by id. mine: `mine` over t; passes and
// changed_at as the reader says; effective: when the row was last edited in Supabase, NULL for never; delivered: SQL
// Server has had that. `more` are further columns over t.
std::string present_table(const ForwardShape& shape, std::string_view mine, std::string_view more);

}  // namespace revsync::postgres
