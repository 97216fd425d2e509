// INSERT, and the OUTPUT clause of every data change.
#include <algorithm>

#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

std::vector<const ColumnInfo*> Translator::insert_columns(const Insert& statement, const TableInfo& table,
                                                          bool identity_insert) {
    std::vector<const ColumnInfo*> columns;
    const ColumnInfo* identity = table.identity();
    if (statement.columns.empty()) {
        if (identity != nullptr && identity_insert) {
            fail(8101, "An explicit value for the identity column in table '" + table.name +
                           "' can only be specified when a column list is used and IDENTITY_INSERT is ON.");
        }
        for (const ColumnInfo& column : table.columns) {
            if (!column.identity && !column.computed) {
                columns.push_back(&column);
            }
        }
        return columns;
    }
    bool explicit_identity = false;
    for (const std::string& name : statement.columns) {
        const ColumnInfo* column = table.find(name);
        if (column == nullptr) {
            fail(207, "Invalid column name '" + name + "'.");
        }
        if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
            fail(264, "The column name '" + name +
                          "' is specified more than once in the SET clause or column list of an INSERT. A column "
                          "cannot be assigned more than one value in the same clause.");
        }
        if (column->computed) {
            fail(271, "The column \"" + column->name +
                          "\" cannot be modified because it is either a computed column or is the result of "
                          "a UNION operator.");
        }
        explicit_identity = explicit_identity || column->identity;
        columns.push_back(column);
    }
    if (explicit_identity && !identity_insert) {
        fail(544, "Cannot insert explicit value for identity column in table '" + table.name +
                      "' when IDENTITY_INSERT is set to OFF.");
    }
    if (identity != nullptr && identity_insert && !explicit_identity) {
        fail(545, "Explicit value must be specified for identity column in table '" + table.name +
                      "' either when IDENTITY_INSERT is set to ON or when a replication user is inserting into a NOT "
                      "FOR REPLICATION "
                      "identity column.");
    }
    return columns;
}

std::string Translator::insert_rows(const Insert& statement, const TableInfo& table,
                                    const std::vector<const ColumnInfo*>& columns) {
    const auto check = [&](std::size_t given) {
        if (given == columns.size()) {
            return;
        }
        if (statement.columns.empty()) {
            fail(213, "Column name or number of supplied values does not match table definition.");
        }
        const bool more = columns.size() > given;
        if (!statement.query->core.values.empty()) {
            fail(more ? 109 : 110, std::string("There are ") + (more ? "more" : "fewer") +
                                       " columns in the INSERT statement than values specified in the "
                                       "VALUES clause. The number of values in the VALUES clause must match the number "
                                       "of columns specified in the INSERT statement.");
        }
        fail(more ? 120 : 121,
             std::string("The select list for the INSERT statement contains ") + (more ? "fewer" : "more") +
                 " items than the insert list. The number of SELECT values must match the number of INSERT columns.");
    };
    const Query& tree = *statement.query;
    std::string text;
    if (tree.set_operator.empty() && !tree.core.values.empty()) {
        for (const auto& row : tree.core.values) {
            check(row.size());
            text += text.empty() ? "VALUES (" : ", (";
            for (std::size_t i = 0; i < row.size(); ++i) {
                const bool fallback = row[i]->kind == ExprKind::default_;
                text += (i == 0 ? "" : ", ") + (fallback ? "DEFAULT" : store(scalar(*row[i]), *columns[i], table));
            }
            text += ")";
        }
        return text;
    }
    const QuerySql rows = query(tree);
    check(rows.columns.size());
    std::string names;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        Sql value = rows.columns[i].expr;
        const std::string name = "c" + std::to_string(i);
        value.text = "s." + name;
        value.constant = false;
        text += (i == 0 ? "SELECT " : ", ") + store(value, *columns[i], table);
        names += (i == 0 ? "" : ", ") + name;
    }
    text += " FROM (" + rows.text + ") AS s(" + names + ")";
    if (statement.top) {
        text += " LIMIT " + convert(scalar(*statement.top), integer_type(TypeKind::bigint));
    }
    return text;
}

TranslatedDml Translator::insert(const Insert& statement, bool identity_insert) {
    TranslatedDml out;
    const std::string with = with_clause(statement.with);
    const TableInfoPtr table = require_table(statement.table, 0);
    out.target = table;
    require_options(*table, "INSERT");
    for (const ColumnInfo& column : table->columns) {
        out.updated.push_back(lower(column.name));
    }
    std::string change = "INSERT INTO " + table->pg;
    if (statement.default_values) {
        change += " DEFAULT VALUES";
    } else {
        const auto columns = insert_columns(statement, *table, identity_insert);
        std::string names;
        for (const ColumnInfo* column : columns) {
            names += (names.empty() ? "" : ", ") + quote_name(column->name);
        }
        change += " (" + names + ") " + insert_rows(statement, *table, columns);
    }
    const ColumnInfo* identity = table->identity();
    std::string moved;
    if (identity != nullptr) {
        const std::string last = std::string(table->increment < 0 ? "min" : "max") + "(id)";
        moved = !identity_insert ? last
                                 : "sim.identity_moved(" + quote_text(table->pg) + ", " + quote_text(identity->name) +
                                       ", " + last + ")";
    }
    finish_change(statement.output, with, change, Source{"", {}, table->columns}, Source{}, moved, out);
    return out;
}

std::string Translator::output_into(const OutputClause& clause, const std::vector<OutputColumn>& columns) {
    const TableInfoPtr into = require_table(clause.into, 0);
    Insert shape;
    shape.columns = clause.into_columns;
    const auto targets = insert_columns(shape, *into, false);
    if (targets.size() != columns.size()) {
        fail(213, "Column name or number of supplied values does not match table definition.");
    }
    std::string names;
    std::string values;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        Sql value = columns[i].expr;
        value.text = "c" + std::to_string(i);
        value.constant = false;
        names += (i == 0 ? "" : ", ") + quote_name(targets[i]->name);
        values += (i == 0 ? "" : ", ") + store(value, *targets[i], *into);
    }
    return "INSERT INTO " + into->pg + " (" + names + ") SELECT " + values + " FROM change";
}

// `identity`: the SQL over the new keys (column id) of the change that gives @@IDENTITY, empty when there is none.
void Translator::finish_change(const std::optional<OutputClause>& output, const std::string& with,
                               const std::string& change, const Source& inserted, const Source& deleted,
                               const std::string& identity, TranslatedDml& out) {
    if (!output && identity.empty()) {
        out.sql = with + change;
        out.parameters = parameters_;
        out.locks = table_locks_;
        return;
    }
    const std::string prefix = with.empty() ? "WITH change AS (" : with.substr(0, with.size() - 1) + ", change AS (";
    std::string returning;
    std::vector<OutputColumn> columns;
    if (output) {
        nested([&] {
            const auto add = [&](const Source& source, const char* name) {
                if (!source.columns.empty()) {
                    scope_->sources.push_back(source);
                    scope_->sources.back().alias = name;
                }
            };
            add(inserted, "inserted");
            add(deleted, "deleted");
            columns = select_list(output->items);
        });
        for (std::size_t i = 0; i < columns.size(); ++i) {
            returning += (i == 0 ? "" : ", ") + columns[i].expr.text + " AS c" + std::to_string(i);
        }
    }
    const ColumnInfo* key = identity.empty() ? nullptr : out.target->identity();
    if (key != nullptr) {
        returning += (returning.empty() ? "" : ", ") + quote_name(key->name) + " AS id";
    }
    // The pseudo-tables stand for what PostgreSQL calls the row before and after.
    const auto replace_prefix = [&](const std::string& from, const std::string& to) {
        for (std::size_t at = returning.find(from); at != std::string::npos;
             at = returning.find(from, at + to.size())) {
            returning.replace(at, from.size(), to);
        }
    };
    replace_prefix("\"inserted\".", inserted.alias.empty() ? "" : quote_name(inserted.alias) + ".");
    const bool old_values = deleted.alias == "found";
    replace_prefix("\"deleted\".\"",
                   deleted.alias.empty() ? "\"" : quote_name(deleted.alias) + (old_values ? ".\"old~" : ".\""));
    out.sql = prefix + change + " RETURNING " + returning + ")";
    const std::string counted =
        "SELECT count(*)" + (identity.empty() ? std::string() : ", " + identity) + " FROM change";
    if (output && output->into.empty()) {
        QuerySql rows;
        rows.columns = columns;
        std::string list;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            list +=
                (i == 0 ? "" : ", ") + std::string("c") + std::to_string(i) + " AS " + quote_name(columns[i].pg_name);
        }
        rows.text = "SELECT " + list + " FROM change";
        const Translated shown = finish(std::move(rows));
        out.sql += " " + shown.sql;
        if (key != nullptr) {
            const std::size_t at = out.sql.size() - shown.sql.size() + std::string("SELECT ").size();
            std::string last = identity;
            const std::size_t id = last.rfind("(id)");
            last = "(SELECT " + last.substr(0, id) + "(id)" + last.substr(id + 4) + " FROM change) AS \"identity~\", ";
            out.sql.insert(at, last);
            out.identity_column = true;
        }
        out.columns = shown.columns;
        out.returns_rows = true;
    } else {
        out.sql += (output ? ", kept AS (" + output_into(*output, columns) + ") " : " ") + counted;
        out.counted = true;
    }
    out.parameters = parameters_;
    out.locks = table_locks_;
}

void Translator::insert_into(Translated& select, const TableInfo& target) {
    std::string names;
    for (const ColumnInfo& column : target.columns) {
        names += (names.empty() ? "" : ", ") + quote_name(column.name);
    }
    select.sql = "INSERT INTO " + target.pg + " (" + names + ") " + select.sql;
}

}  // namespace revsync::sim::tsql
