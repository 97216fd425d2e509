#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "postgres/catalog.hpp"
#include "postgres/stream_shape.hpp"

namespace revsync::postgres {

// A column that a forward stream fills.
struct ForwardColumn {
    std::string name;               // as an item's JSON has it
    std::string quoted;             // as SQL has it
    std::string carried;            // the type that the JSON value is read as: the column's own, with its length
    std::string value;              // an SQL expression of the column's type over `r`, the record of the item
    bool compared_as_text = false;  // the type knows no equality
    bool insert_only = false;
    bool shared = false;
};

// What the stream that reads the table says of its rows, over `t`.
struct ForwardReader {
    std::string stream;
    std::string changed_at;  // timestamptz; may be NULL
    std::string passes;      // boolean: somebody has edited the row in Supabase, or made it there
    // All columns that the reader carries to an existing row, if all of them are shared; otherwise an edit of it may
    // concern a column that no forward write can settle.
    std::optional<std::vector<std::string>> shared;
    bool inserts = false;
};

// A forward stream fitted to its target: the SQL pieces that its statements are made of. The table is t.
struct ForwardShape {
    std::string stream;
    std::string label;  // "public.aligner_notes", for texts
    std::string table;
    std::string key;       // quoted
    std::string key_type;  // as a cast spells it
    std::vector<ForwardColumn> columns;
    std::optional<RowOwnership> owned_rows;
    Operations operations;
    std::optional<ForwardReader> reader;
    // Conditions over `i.k`, the key of a row to be removed: a row made in Supabase would go with it.
    std::vector<std::string> dependents;

    // The index of the column of this name; none: the item's member is not carried.
    std::optional<std::size_t> find(std::string_view name) const;
};

// Whether a row can both belong to a forward stream and be read by the stream that reads its table.
bool may_share_rows(const Stream& reader, const Stream& stream);

// Whether the row with the key `i.k` has rows that `reader` brings to SQL Server and that a cascade would remove.
Result<std::string> dependents_of(const Cascade& cascade, const Stream& reader, const SourceTable* child);

// `reader` is null when no stream reads the table, and `table` when the catalog does not have it. Errors (disposition
// stream): table, column or permission missing, rows hidden by row level security, a generated column, a reader that
// does not fit.
Result<ForwardShape> forward_shape_of(const Stream& stream, const Stream* reader, const SourceTable* table);

}  // namespace revsync::postgres
