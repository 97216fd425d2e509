#pragma once

#include <string>
#include <vector>

#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "postgres/catalog.hpp"

namespace revsync::postgres {

// A stream fitted to its table: the SQL pieces that its queries are made of. Names are quoted; the table is t
// and, in a sub-select that carries `columns` as c0, c1 …, s.
struct StreamShape {
    std::string stream;
    std::string label;  // "public.aligner_notes", for texts
    std::string table;
    std::vector<std::string> key;        // the key's columns
    std::vector<std::string> key_types;  // as casts spell them
    std::vector<std::string> columns;    // all that a row is made of, the key's first, each once
    std::vector<std::string> filter;     // conditions over t
    std::string changed_at;              // timestamptz, over t
    std::string index_changed_at;        // the same, as an index says it
    std::string key_text;                // the key as JSON text, over s
    std::string row_text;                // the row as JSON text, over s
    bool shows_total = false;
};

// A row changed at the latest of the stream's change columns, NULLs left out; timestamp without time zone and date
// count as UTC. A missing column with if_absent becomes that text, and so does its NULL.
//
// `table` is null when the catalog does not have it. Errors (disposition stream): table, column or permission
// missing, rows hidden by row level security, a change column that is not a time.
Result<StreamShape> shape_of(const Stream& stream, const SourceTable* table);

}  // namespace revsync::postgres
