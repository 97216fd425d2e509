#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "postgres/forward_shape.hpp"
#include "postgres/statement.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::postgres {

// The statements that write one table, and what their answers say. All of a transaction; each sees the rows that the
// lock before it has made sure of, since READ COMMITTED takes a new snapshot per statement.

// Which of the shape's columns an item has, in their order.
using ColumnSet = std::vector<std::size_t>;

// The columns of the shape among the item's members. Nullopt: the row is not a JSON object, or holds the character NUL,
// which Postgres cannot store; `problem` says which.
std::optional<ColumnSet> columns_of(const ForwardShape& shape, const QueueItem& item, std::string& problem);

// Locks the items' rows in the order of their keys. Rows that are going to be removed are locked against new children
// too.
enum class RowLock { for_update, for_removal };
Statement lock_statement(const ForwardShape& shape, const std::vector<const QueueItem*>& items, RowLock lock);

// Inserts or updates the rows of `items`, which all have exactly `columns`.
Statement upsert_statement(const ForwardShape& shape, const ColumnSet& columns,
                           const std::vector<const QueueItem*>& items, const ReverseView& view);
// Deletes the rows of `items`, but those that SQL Server never received.
Statement remove_statement(const ForwardShape& shape, const std::vector<const QueueItem*>& items,
                           const ReverseView& view);

enum class ForwardOutcome {
    written,      // inserted, updated or removed
    equal,        // nothing to do
    missing,      // no such row, and the stream does not insert
    collision,    // a row of the other side has this key
    undelivered,  // not removed: SQL Server never received the row
};

struct ForwardConflict {
    std::string column;
    Direction winner = Direction::forward;
};

// What became of one item.
struct ForwardAnswer {
    std::int64_t item = 0;
    ForwardOutcome outcome = ForwardOutcome::equal;
    bool echoes = false;  // the reader will see the write as an edit
    Timestamp stamped;    // the row's change time after a write that echoes
    std::optional<Timestamp> edited;
    std::vector<ForwardConflict> conflicts;
};

// The answer to either statement, one element per item.
Result<std::vector<ForwardAnswer>> read_forward_answers(const Rows& rows, const ForwardShape& shape);

}  // namespace revsync::postgres
