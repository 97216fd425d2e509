#include "catalog.hpp"

#include <algorithm>
#include <cstdlib>

#include "backend.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

int number(const Result& result, int row, int column) {
    return std::atoi(std::string(result.text(row, column)).c_str());
}

bool flag(const Result& result, int row, int column) {
    return result.text(row, column) == "t";
}

void add_columns(Backend& backend, TableInfo& table) {
    const Result rows = backend.run(
        "SELECT name, type_name, length, prec, scale, nullable, is_identity, computed IS NOT NULL, default_text IS NOT "
        "NULL, "
        "coalesce(coll, ''), coalesce(seed, 1), coalesce(increment, 1) FROM sim.column WHERE object_id = $1::int4 "
        "ORDER BY column_id",
        {std::to_string(table.object_id)});
    for (int i = 0; i < rows.rows(); ++i) {
        ColumnInfo column;
        column.name = rows.text(i, 0);
        column.type = make_type(rows.text(i, 1), std::nullopt, std::nullopt).value_or(integer_type());
        column.type.length = number(rows, i, 2);
        column.type.precision = static_cast<std::uint8_t>(number(rows, i, 3));
        column.type.scale = static_cast<std::uint8_t>(number(rows, i, 4));
        column.nullable = flag(rows, i, 5);
        column.identity = flag(rows, i, 6);
        column.computed = flag(rows, i, 7);
        column.has_default = flag(rows, i, 8);
        column.collation = rows.text(i, 9);
        if (column.identity) {
            table.seed = std::strtoll(std::string(rows.text(i, 10)).c_str(), nullptr, 10);
            table.increment = std::strtoll(std::string(rows.text(i, 11)).c_str(), nullptr, 10);
        }
        table.columns.push_back(std::move(column));
    }
}

void add_keys(Backend& backend, TableInfo& table) {
    const Result rows = backend.run(
        "SELECT a.attname, c.conname FROM pg_constraint c CROSS JOIN unnest(c.conkey) WITH ORDINALITY k(n, i) "
        "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n WHERE c.contype = 'p' AND c.conrelid = "
        "to_regclass($1) ORDER BY k.i",
        {table.pg});
    for (int i = 0; i < rows.rows(); ++i) {
        table.primary_key.emplace_back(rows.text(i, 0));
        table.primary_key_name = rows.text(i, 1);
    }
    const Result triggers = backend.run(
        "SELECT object_id, name, array_to_string(events, ','), definition FROM sim.object WHERE parent_id = $1::int4 "
        "AND kind = 'TR' AND NOT disabled "
        "ORDER BY object_id",
        {std::to_string(table.object_id)});
    for (int i = 0; i < triggers.rows(); ++i) {
        TriggerInfo trigger;
        trigger.object_id = number(triggers, i, 0);
        trigger.name = triggers.text(i, 1);
        std::string events(triggers.text(i, 2));
        for (std::size_t at = 0; at < events.size();) {
            const std::size_t comma = std::min(events.find(',', at), events.size());
            trigger.events.push_back(events.substr(at, comma - at));
            at = comma + 1;
        }
        trigger.definition = triggers.text(i, 3);
        table.triggers.push_back(std::move(trigger));
    }
}

void add_constraints(Backend& backend, TableInfo& table) {
    // Of its own foreign keys the referenced column, of those that refer to it the referring one, of a check the
    // column.
    const Result rows = backend.run(
        "SELECT c.conname, n.nspname || '.' || t.relname, CASE WHEN cardinality(k.keys) = 1 THEN a.attname ELSE '' END "
        "FROM pg_constraint c "
        "CROSS JOIN LATERAL (SELECT CASE WHEN c.contype = 'f' AND c.conrelid = to_regclass($1) THEN c.confrelid ELSE "
        "c.conrelid END AS rel, "
        "  CASE WHEN c.contype = 'f' AND c.conrelid = to_regclass($1) THEN c.confkey ELSE c.conkey END AS keys) k "
        "JOIN pg_class t ON t.oid = k.rel JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON "
        "a.attrelid = k.rel AND a.attnum = k.keys[1] "
        "WHERE c.contype IN ('f', 'c') AND to_regclass($1) IN (c.conrelid, c.confrelid)",
        {table.pg});
    for (int i = 0; i < rows.rows(); ++i) {
        table.constraints.push_back(
            {std::string(rows.text(i, 0)), std::string(rows.text(i, 1)), std::string(rows.text(i, 2))});
    }
}

// A view of the sys or INFORMATION_SCHEMA schema: PostgreSQL's own types tell T-SQL's.
TableInfoPtr system_view(Backend& backend, const std::string& schema, const std::string& name) {
    const Result rows = backend.run(
        "SELECT a.attname, t.typname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_type t ON t.oid = a.atttypid "
        "WHERE n.nspname = $1 AND lower(c.relname) = $2 AND c.relkind = 'v' ORDER BY a.attnum",
        {schema, lower(name)});
    if (rows.rows() == 0) {
        return nullptr;
    }
    auto table = std::make_shared<TableInfo>();
    table->schema = schema;
    table->name = name;
    table->view = true;
    table->pg = quote_name(schema) + "." + quote_name(rows.text(0, 2));
    for (int i = 0; i < rows.rows(); ++i) {
        const std::string_view type = rows.text(i, 1);
        ColumnInfo column;
        column.name = rows.text(i, 0);
        column.type = type == "sysname"                              ? string_type(128)
                      : type == "text" || type == "ntext"            ? string_type(max_length)
                      : type == "char2"                              ? Type{TypeKind::char_, 2, 0, 0}
                      : type == "kind"                               ? string_type(60)
                      : type == "bit"                                ? integer_type(TypeKind::bit)
                      : type == "tinyint"                            ? integer_type(TypeKind::tinyint)
                      : type == "int2"                               ? integer_type(TypeKind::smallint)
                      : type == "int8"                               ? integer_type(TypeKind::bigint)
                      : type == "datetime_ms" || type == "timestamp" ? integer_type(TypeKind::datetime)
                                                                     : integer_type();
        table->columns.push_back(std::move(column));
    }
    return table;
}

std::string key_of(std::string_view schema, std::string_view name) {
    return lower(schema) + "." + lower(name);
}

}  // namespace

const ColumnInfo* TableInfo::find(std::string_view column) const noexcept {
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const ColumnInfo& c) { return same_name(c.name, column); });
    return found == columns.end() ? nullptr : &*found;
}

const ColumnInfo* TableInfo::identity() const noexcept {
    const auto found = std::find_if(columns.begin(), columns.end(), [](const ColumnInfo& c) { return c.identity; });
    return found == columns.end() ? nullptr : &*found;
}

void Catalog::refresh(std::uint64_t version) {
    if (version != version_) {
        version_ = version;
        tables_.clear();
        modules_.clear();
    }
}

TableInfoPtr Catalog::table(Backend& backend, std::string_view schema, std::string_view name) {
    const std::string key = key_of(schema, name);
    if (const auto found = tables_.find(key); found != tables_.end()) {
        return found->second;
    }
    const std::string lower_schema = lower(schema);
    if (lower_schema == "sys" || lower_schema == "information_schema") {
        auto view = system_view(backend, lower_schema == "sys" ? "sys" : "information_schema_ms", std::string(name));
        return view ? tables_[key] = view : nullptr;
    }
    const Result rows = backend.run(
        "SELECT object_id, schema_name, name, kind, needs_options FROM sim.object "
        "WHERE lower(schema_name) = $1 AND lower(name) = $2 AND kind IN ('U', 'V')",
        {lower_schema, lower(name)});
    if (rows.rows() == 0) {
        return nullptr;
    }
    auto table = std::make_shared<TableInfo>();
    table->object_id = number(rows, 0, 0);
    table->schema = rows.text(0, 1);
    table->name = rows.text(0, 2);
    table->pg = quote_name(table->schema) + "." + quote_name(table->name);
    table->view = rows.text(0, 3) == "V";
    table->needs_options = flag(rows, 0, 4);
    add_columns(backend, *table);
    add_keys(backend, *table);
    add_constraints(backend, *table);
    return tables_[key] = table;
}

std::shared_ptr<const ModuleInfo> Catalog::module(Backend& backend, std::string_view schema, std::string_view name) {
    const std::string key = key_of(schema, name);
    if (const auto found = modules_.find(key); found != modules_.end()) {
        return found->second;
    }
    const Result rows = backend.run(
        "SELECT object_id, schema_name, name, kind, definition FROM sim.object "
        "WHERE lower(schema_name) = $1 AND lower(name) = $2 AND kind IN ('P', 'FN')",
        {lower(schema), lower(name)});
    if (rows.rows() == 0) {
        return nullptr;
    }
    auto module = std::make_shared<ModuleInfo>();
    module->object_id = number(rows, 0, 0);
    module->schema = rows.text(0, 1);
    module->name = rows.text(0, 2);
    module->kind = rows.text(0, 3);
    module->definition = rows.text(0, 4);
    return modules_[key] = module;
}

}  // namespace revsync::sim::tsql
