#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace revsync {

struct TableName {
    std::string schema;
    std::string table;

    friend bool operator==(const TableName&, const TableName&) = default;
};

// "schema.table", for logs and errors only; SQL quotes the parts.
std::string to_string(const TableName& name);

enum class Direction {
    reverse,  // Supabase → SQL Server
    forward   // SQL Server → Supabase
};

// Who may write a column. A side's own columns are never overwritten from the other side; for shared ones
// the newest edit wins.
enum class Owner { supabase, sqlserver, shared };

struct ColumnPair {
    std::string source;
    std::string target;
    Owner owner = Owner::supabase;
    bool insert_only = false;              // written with a new row, never on an update: the target owns it afterwards
    std::optional<std::string> if_absent;  // reverse: the source may lack the column, or hold NULL: then this text
    bool optional = false;                 // forward: either table may lack the column, and then it is not carried
};

struct KeyPair {
    std::string source;
    std::string target;
};

// A condition on a source row, said as data so that it can be asked in SQL and of a webhook's record alike.
struct Condition {
    enum class Test { equals, newer_than };
    std::string column;
    Test test = Test::equals;
    std::string operand;  // a value for equals, another column for newer_than
};

// Which existing target rows this stream may touch: rows whose `column` holds `value`.
struct RowOwnership {
    std::string column;
    std::string value;
};

// A column of another stream's source that holds a row's key.
struct Reference {
    std::string stream;  // of the same direction
    std::string column;
};

struct Operations {
    bool insert = true;
    bool update = true;
    bool remove = false;
};

// The words a stream has in the log ("📦 Found 2 edited batch(es) (3 total)").
struct Wording {
    std::string polled;       // "batch updates": Polling for …, Synced 2/2 …
    std::string found;        // "edited batch(es)": Found 2 …
    std::string counted;      // "batches": complete: …, 2 batches
    std::string none;         // "batch updates": No … found
    std::string symbol;       // "📦"
    bool show_total = false;  // appends " (3 total)": rows modified, before the filter
};

// One table pair in one direction. Column types are never part of it: both catalogs are asked at connect.
//
// A forward stream is fed by dbo.SyncQueue, whose TableName is the target's table and whose RecordID is the key: it has
// one key column, and neither a filter nor columns that tell when a row changed.
struct Stream {
    std::string name;  // unique among the streams of its direction
    Direction direction = Direction::reverse;
    TableName source;
    TableName target;
    std::vector<KeyPair> key;             // at least one
    std::vector<ColumnPair> columns;      // without the key columns
    std::vector<Condition> filter;        // all must hold
    std::vector<std::string> changed_at;  // source columns; a row changed at the latest of them
    std::optional<RowOwnership> owned_rows;
    Operations operations;
    Wording wording;
    // forward: only rows that another stream's row refers to are queued by the triggers that we make
    std::optional<Reference> referenced_by;
};

// Every stream that runs; those of one direction in the order in which they run, parents first.
struct Mapping {
    std::vector<Stream> streams;

    const Stream* find(const std::string& name, Direction direction = Direction::reverse) const;
    std::vector<const Stream*> of(Direction direction) const;
    // The first reverse stream that reads `table`, which is a Supabase one; null: none does.
    const Stream* reader_of(const TableName& table) const;
};

}  // namespace revsync
