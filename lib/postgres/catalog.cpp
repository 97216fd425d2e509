#include "postgres/catalog.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace revsync::postgres {

namespace json = boost::json;

const SourceColumn* SourceTable::find(std::string_view column) const {
    const auto found = std::ranges::find(columns, column, &SourceColumn::name);
    return found != columns.end() ? &*found : nullptr;
}

namespace {

// [["public", "aligner_notes"], …]
std::string names_parameter(std::span<const TableName> tables) {
    json::array names;
    for (const TableName& table : tables) {
        names.push_back(json::array{table.schema, table.table});
    }
    return json::serialize(names);
}

}  // namespace

Statement catalog_statement(std::span<const TableName> tables) {
    // A length of -1: "character" alone would mean one character. attgenerated is PostgreSQL 12's: to_jsonb() asks for
    // it without failing on older servers.
    return {"read the catalog",
            "SELECT DISTINCT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE'), row_security_active(c.oid),"
            " a.attnum, a.attname, format_type(a.atttypid, -1), b.typname, b.typcategory = 'A', a.attnotnull,"
            " has_column_privilege(c.oid, a.attnum, 'SELECT'), format_type(a.atttypid, a.atttypmod),"
            " COALESCE(to_jsonb(a)->>'attgenerated', '') <> '', has_column_privilege(c.oid, a.attnum, 'INSERT'),"
            " has_column_privilege(c.oid, a.attnum, 'UPDATE'), has_table_privilege(c.oid, 'DELETE')"
            " FROM json_array_elements($1::json) AS w(name)"
            " JOIN pg_namespace n ON n.nspname = w.name->>0"
            " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name->>1"
            " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " JOIN pg_type t ON t.oid = a.atttypid"
            " JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END"
            " ORDER BY 1, 2, a.attnum",
            {names_parameter(tables)}};
}

Catalog read_catalog(const Rows& rows) {
    Catalog catalog;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const TableName name{std::string{rows.at(i, 0)}, std::string{rows.at(i, 1)}};
        SourceTable& table = catalog[to_string(name)];
        table.name = name;
        table.schema_usable = rows.is_true(i, 2);
        table.hides_rows = rows.is_true(i, 3);
        table.columns.push_back({std::string{rows.at(i, 5)}, std::string{rows.at(i, 6)}, std::string{rows.at(i, 7)},
                                 rows.is_true(i, 8), rows.is_true(i, 9), rows.is_true(i, 10),
                                 std::string{rows.at(i, 11)}, rows.is_true(i, 12), rows.is_true(i, 13),
                                 rows.is_true(i, 14)});
        table.removable = rows.is_true(i, 15);
    }
    return catalog;
}

Statement cascades_statement(std::span<const TableName> parents) {
    return {"read the catalog",
            "SELECT DISTINCT cn.nspname, c.relname, a.attname, n.nspname, p.relname"
            " FROM json_array_elements($1::json) AS w(name)"
            " JOIN pg_namespace n ON n.nspname = w.name->>0"
            " JOIN pg_class p ON p.relnamespace = n.oid AND p.relname = w.name->>1"
            " JOIN pg_constraint f ON f.confrelid = p.oid AND f.contype = 'f' AND f.confdeltype = 'c'"
            " AND cardinality(f.conkey) = 1"
            " JOIN pg_class c ON c.oid = f.conrelid"
            " JOIN pg_namespace cn ON cn.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = f.conkey[1]",
            {names_parameter(parents)}};
}

std::vector<Cascade> read_cascades(const Rows& rows) {
    std::vector<Cascade> cascades;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        cascades.push_back({{std::string{rows.at(i, 0)}, std::string{rows.at(i, 1)}},
                            std::string{rows.at(i, 2)},
                            {std::string{rows.at(i, 3)}, std::string{rows.at(i, 4)}}});
    }
    return cascades;
}

}  // namespace revsync::postgres
