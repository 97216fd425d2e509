#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/stream.hpp"
#include "postgres/statement.hpp"

namespace revsync::postgres {

struct SourceColumn {
    std::string name;
    std::string type;       // as a cast spells it, without a length: "character varying", "public.mood"
    std::string base_type;  // pg_type's name, a domain's looked through: "int4", "_text"
    bool is_array = false;
    bool not_null = false;
    bool readable = false;           // the role may select it
    std::string declared_type = {};  // `type` with its length: "character varying(50)"
    bool generated = false;          // computed by the server
    bool insertable = false;         // the role may write it
    bool updatable = false;
};

struct SourceTable {
    TableName name;
    bool schema_usable = false;  // the role may look into the schema
    bool hides_rows = false;     // row level security applies to the role
    std::vector<SourceColumn> columns;
    bool removable = false;  // the role may delete rows

    const SourceColumn* find(std::string_view column) const;
};

// What the server says of its tables, by to_string(TableName). A table that is not in it does not exist.
using Catalog = std::map<std::string, SourceTable>;

// Asks for all of `tables` at once.
Statement catalog_statement(std::span<const TableName> tables);
Catalog read_catalog(const Rows& rows);

// A foreign key of one column under which removing a row of `parent` removes the rows of `child` that refer to it.
struct Cascade {
    TableName child;
    std::string child_column;
    TableName parent;
};

// Asks for the cascades into all of `parents`.
Statement cascades_statement(std::span<const TableName> parents);
std::vector<Cascade> read_cascades(const Rows& rows);

}  // namespace revsync::postgres
