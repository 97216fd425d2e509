#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/change.hpp"
#include "core/error.hpp"
#include "postgres/statement.hpp"
#include "postgres/stream_shape.hpp"
#include "sync/ends.hpp"

namespace revsync::postgres {

// The statements that read one stream, and what their answers say.
//
// Rows whose change columns are all NULL, or whose change time lies outside the years 1 to 9999 (infinity),
// have no place in the order: pages leave them out, a request by key still finds them, as changed at the
// nearest moment of those years (in 1970 for NULL), and undated_count counts them for the inspection.

struct PageBounds {
    std::size_t rows;   // at most; at least 1
    std::size_t bytes;  // of JSON, at most, unless the first row alone is larger
};

// Rows behind `after` in the order (changed at, key). Counting what is behind the cursor before the filter costs
// a look at all of it: `with_total` is for the first page of a poll.
Statement page_statement(const StreamShape& shape, const Cursor& after, PageBounds bounds, bool with_total);
Result<Page> read_page(const Rows& rows, const StreamShape& shape);

// What is under each of these keys, by their position; `keys` are JSON arrays of the stream's key columns. One that
// cannot be cast to the columns' types fails the whole statement with disposition row.
Statement rows_statement(const StreamShape& shape, std::span<const Key> keys);
// `asked` is the number of keys.
Result<RowReadings> read_rows(const Rows& rows, const StreamShape& shape, std::size_t asked);

// The bare ordered read behind a page, explained as JSON.
Statement explain_statement(const StreamShape& shape);
// The statement that creates the index which pages want.
std::string create_index_statement(const StreamShape& shape);
// One number: rows that pages leave out because they have no usable change time.
Statement undated_count(const StreamShape& shape);

}  // namespace revsync::postgres
