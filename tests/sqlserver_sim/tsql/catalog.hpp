// What the translator must know about tables: exact spelling, T-SQL types, keys, triggers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ast.hpp"

namespace revsync::sim::tsql {

class Backend;

struct ColumnInfo {
    std::string name;
    Type type;
    bool nullable = true;
    bool identity = false;
    bool computed = false;
    bool has_default = false;
    std::string collation;  // empty: not a character column
    bool json = false;
};

struct TriggerInfo {
    int object_id = 0;
    std::string name;
    std::vector<std::string> events;
    std::string definition;
};

// A foreign key or check that a change of the table can break, as error 547 names it.
struct ConstraintInfo {
    std::string name;
    std::string table;   // schema.name of the table that the message points to
    std::string column;  // empty: more than one
};

struct TableInfo {
    int object_id = 0;
    std::string schema;
    std::string name;  // as T-SQL knows it
    std::string pg;    // quoted, as PostgreSQL knows it
    bool view = false;
    bool temporary = false;
    // Filtered or computed-column indexes or persisted columns: writing needs the ANSI options (error 1934).
    bool needs_options = false;
    std::vector<ColumnInfo> columns;
    std::vector<std::string> primary_key;
    std::string primary_key_name;
    std::vector<TriggerInfo> triggers;  // enabled ones
    std::vector<ConstraintInfo> constraints;
    std::int64_t seed = 1;
    std::int64_t increment = 1;

    const ColumnInfo* find(std::string_view column) const noexcept;
    const ColumnInfo* identity() const noexcept;
};

using TableInfoPtr = std::shared_ptr<const TableInfo>;

struct ModuleInfo {
    int object_id = 0;
    std::string schema;
    std::string name;
    std::string kind;  // P, FN
    std::string definition;
};

// One session's view of the objects; forgets everything when the engine's schema version moves on.
class Catalog {
public:
    // nullptr when there is no such table or view. `schema` empty: dbo.
    TableInfoPtr table(Backend& backend, std::string_view schema, std::string_view name);
    std::shared_ptr<const ModuleInfo> module(Backend& backend, std::string_view schema, std::string_view name);
    void refresh(std::uint64_t version);

private:
    std::uint64_t version_ = 0;
    std::map<std::string, TableInfoPtr> tables_;
    std::map<std::string, std::shared_ptr<const ModuleInfo>> modules_;
};

}  // namespace revsync::sim::tsql
