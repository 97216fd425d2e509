// CREATE, ALTER and DROP of tables, indexes and what else is not a module.
#include <algorithm>

#include "session.hpp"
#include "table_definition.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

constexpr std::string_view catalog_columns =
    "INSERT INTO sim.column (object_id, column_id, name, type_name, length, prec, scale, nullable, is_identity, seed, "
    "increment, computed, "
    "persisted, coll, default_name, default_text) VALUES (";

std::string dotted(const Name& name) {
    std::string text;
    for (const auto& part : name) {
        text += (text.empty() ? "" : ".") + part;
    }
    return text;
}

const ColumnDefinition& definition_of(const std::vector<ColumnDefinition>& columns, const std::string& name) {
    return *std::find_if(columns.begin(), columns.end(), [&](const ColumnDefinition& c) { return c.name == name; });
}

}  // namespace

void SessionImpl::schema_changed() {
    schema_touched_ = transactions_ > 0;
    ++server_->schema_version;
}

// A definition takes several statements: they stand or fall together.
void SessionImpl::in_transaction(const std::function<void()>& work) {
    if (transactions_ > 0) {
        guarded(work);
        schema_changed();
        return;
    }
    backend_.script("BEGIN");
    try {
        work();
    } catch (...) {
        backend_.script("ROLLBACK");
        schema_changed();
        throw;
    }
    backend_.script("COMMIT");
    schema_changed();
}

void SessionImpl::create_temporary(const std::string& name, const std::vector<ColumnDefinition>& columns,
                                   const std::vector<ConstraintDefinition>& constraints, bool variable) {
    const std::string key = lower(name);
    Frame* owner = frame_->caller == nullptr || variable ? frame_ : frame_;
    if (!variable && frame_->caller == &session_frame_) {
        owner = batch_frame_ == frame_ ? &session_frame_ : frame_;  // a batch's #tables live as long as the session
    }
    if (owner->tables.count(key) != 0) {
        fail(2714, "There is already an object named '" + name + "' in the database.");
    }
    TableInfo info = describe_table(*this, "dbo", name, columns, constraints);
    info.temporary = true;
    info.object_id = -static_cast<int>(++next_temporary_) - 1000000;
    const std::string pg_name = quote_name(name + "~" + std::to_string(next_temporary_));
    info.pg = "pg_temp." + pg_name;
    std::string sql = " (";
    for (const ColumnInfo& column : info.columns) {
        sql += (&column == &info.columns[0] ? "" : ", ") +
               column_sql(*this, info, column, definition_of(columns, column.name));
    }
    for (const ConstraintDefinition& constraint : constraints) {
        ConstraintDefinition unnamed = constraint;
        unnamed.name.clear();  // PostgreSQL's would have to be unique among the session's tables
        sql += ", " + constraint_sql(*this, info, unnamed);
        if (constraint.kind == ConstraintKind::primary_key) {
            for (const std::string& column : constraint.columns) {
                info.primary_key.push_back(info.find(column)->name);
            }
        }
    }
    sql += ")";
    TemporaryTable temporary;
    temporary.definition = info.identity() == nullptr && transactions_ == 0 ? key + sql : "";
    const auto spare = spare_tables_.find(temporary.definition);
    if (spare != spare_tables_.end()) {
        info.pg = spare->second.pg;
        temporary.uses = spare->second.uses + 1;
        spare_tables_.erase(spare);
    } else {
        temporary.create = "CREATE TEMP TABLE " + pg_name + sql;
        guarded([&] { query(temporary.create); });
    }
    temporary.info = std::make_shared<TableInfo>(std::move(info));
    temporary.variable = variable;
    temporary.in_transaction = transactions_ > 0;
    owner->tables[key] = std::move(temporary);
}

void SessionImpl::drop_temporary(const std::string& name) {
    const std::string key = lower(name);
    for (Frame* frame = frame_; frame != nullptr; frame = frame->caller) {
        const auto found = frame->tables.find(key);
        if (found != frame->tables.end()) {
            guarded([&] { query("DROP TABLE " + found->second.info->pg); });
            frame->tables.erase(found);
            return;
        }
    }
}

void SessionImpl::execute(const CreateTable& s) {
    if (s.table.back()[0] == '#') {
        create_temporary(s.table.back(), s.columns, s.constraints, false);
        return;
    }
    const auto parts = schema_and_name(s.table);
    const std::string& schema = parts.first;
    const std::string& name = parts.second;
    if (table(s.table)) {
        fail(2714, "There is already an object named '" + name + "' in the database.");
    }
    TableInfo info = describe_table(*this, schema, name, s.columns, s.constraints);
    info.pg = quote_name(schema) + "." + quote_name(name);
    std::string sql = "CREATE TABLE " + info.pg + " (";
    for (const ColumnInfo& column : info.columns) {
        sql += (&column == &info.columns[0] ? "" : ", ") +
               column_sql(*this, info, column, definition_of(s.columns, column.name));
    }
    for (const ConstraintDefinition& constraint : s.constraints) {
        sql += ", " + constraint_sql(*this, info, constraint);
    }
    in_transaction([&] {
        query(sql + ")");
        const std::string id(query("INSERT INTO sim.object (schema_name, name, kind, needs_options) VALUES ($1, $2, "
                                   "'U', $3::boolean) RETURNING object_id",
                                   {schema, name, info.needs_options ? "true" : "false"})
                                 .text(0, 0));
        for (std::size_t i = 0; i < info.columns.size(); ++i) {
            query(std::string(catalog_columns) + id + ", " + std::to_string(i + 1) + ", " +
                  catalog_row(info, info.columns[i], definition_of(s.columns, info.columns[i].name)) + ")");
        }
    });
}

void SessionImpl::execute(const AlterTable& s) {
    const TableInfoPtr target = table(s.table);
    if (!target) {
        fail(4902, "Cannot find the object \"" + dotted(s.table) +
                       "\" because it does not exist or you do not have permissions.");
    }
    if (target->temporary) {
        fail_near("ALTER", true, 0);
    }
    in_transaction([&] { alter_table(s, *target); });
}

void SessionImpl::add_columns(const AlterTable& s, const TableInfo& target) {
    TableInfo info = target;
    const std::string id = std::to_string(target.object_id);
    for (const ColumnDefinition& column : s.columns) {
        if (info.find(column.name) != nullptr) {
            fail(2705, "Column names in each table must be unique. Column name '" + column.name + "' in table '" +
                           dotted(s.table) + "' is specified more than once.");
        }
        info.columns.push_back(describe_column(*this, info, column));
        const ColumnInfo& added = info.columns.back();
        ColumnDefinition first = column;
        // Rows that exist get a default only where the column must have a value.
        const bool later = column.default_value && added.nullable;
        if (later) {
            first.default_value = nullptr;
        }
        query("ALTER TABLE " + info.pg + " ADD COLUMN " + column_sql(*this, info, added, first));
        if (later) {
            query("ALTER TABLE " + info.pg + " ALTER COLUMN " + quote_name(added.name) + " SET DEFAULT " +
                  default_sql(*this, info, added, *column.default_value));
        }
        query(std::string(catalog_columns) + id +
              ", (SELECT coalesce(max(column_id), 0) + 1 FROM sim.column WHERE object_id = " + id + "), " +
              catalog_row(info, added, column) + ")");
        if (column.persisted) {
            query("UPDATE sim.object SET needs_options = true WHERE object_id = " + id);
        }
    }
    for (const ConstraintDefinition& constraint : s.constraints) {
        if (constraint.kind != ConstraintKind::default_) {
            query("ALTER TABLE " + info.pg + " ADD " + constraint_sql(*this, info, constraint));
            continue;
        }
        const ColumnInfo* column = info.find(constraint.columns[0]);
        if (column == nullptr) {
            fail(1752, "Column '" + constraint.columns[0] + "' in table '" + info.name +
                           "' is invalid for creating a default constraint.");
        }
        query("ALTER TABLE " + info.pg + " ALTER COLUMN " + quote_name(column->name) + " SET DEFAULT " +
              default_sql(*this, info, *column, *constraint.check));
        query("UPDATE sim.column SET default_name = $1, default_text = $2 WHERE object_id = " + id + " AND name = $3",
              {constraint.name.empty() ? generated_name("DF", info.name, column->name) : constraint.name,
               constraint.text, column->name});
    }
}

void SessionImpl::alter_column(const AlterTable& s, const TableInfo& target) {
    const ColumnDefinition& column = s.columns[0];
    const ColumnInfo* old = target.find(column.name);
    if (old == nullptr) {
        fail(4924, "ALTER TABLE ALTER COLUMN failed because column '" + column.name + "' does not exist in table '" +
                       target.name + "'.");
    }
    ColumnInfo info = describe_column(*this, target, column);
    info.name = old->name;
    Sql value;
    value.text = quote_name(old->name);
    value.type = old->type;
    const std::string head = "ALTER TABLE " + target.pg + " ALTER COLUMN " + quote_name(old->name);
    const std::string collate = is_string(info.type.kind) ? " COLLATE " + Translator::pg_collation(info.collation) : "";
    query(head + " TYPE " + pg_type(info.type) + collate + " USING " + Translator(*this).store(value, info, target));
    query(head + (info.nullable ? " DROP NOT NULL" : " SET NOT NULL"));
    query(
        "UPDATE sim.column SET type_name = $1, length = $2::int4, prec = $3::int4, scale = $4::int4, nullable = "
        "$5::boolean, coll = $6 "
        "WHERE object_id = " +
            std::to_string(target.object_id) + " AND name = $7",
        {base_name(info.type.kind), std::to_string(info.type.length), std::to_string(info.type.precision),
         std::to_string(info.type.scale), info.nullable ? "true" : "false",
         is_string(info.type.kind) ? Value(info.collation) : Value(), old->name});
}

void SessionImpl::drop_parts(const AlterTable& s, const TableInfo& target) {
    const std::string id = std::to_string(target.object_id);
    for (const std::string& name : s.names) {
        if (s.action == AlterAction::drop_column) {
            const ColumnInfo* column = target.find(name);
            if (column == nullptr && !s.if_exists) {
                fail(4924, "ALTER TABLE DROP COLUMN failed because column '" + name + "' does not exist in table '" +
                               target.name + "'.");
            }
            if (column != nullptr) {
                query("ALTER TABLE " + target.pg + " DROP COLUMN " + quote_name(column->name));
                query("DELETE FROM sim.column WHERE object_id = " + id + " AND name = $1", {column->name});
            }
            continue;
        }
        const Result defaults =
            query("UPDATE sim.column SET default_name = NULL, default_text = NULL WHERE object_id = " + id +
                      " AND lower(default_name) = $1 RETURNING name",
                  {lower(name)});
        if (defaults.rows() > 0) {
            query("ALTER TABLE " + target.pg + " ALTER COLUMN " + quote_name(defaults.text(0, 0)) + " DROP DEFAULT");
            continue;
        }
        const Result found =
            query("SELECT conname FROM pg_constraint WHERE conrelid = to_regclass($1) AND lower(conname) = $2",
                  {target.pg, lower(name)});
        if (found.rows() == 0 && !s.if_exists) {
            fail(3728, "'" + name + "' is not a constraint.");
        }
        if (found.rows() > 0) {
            query("ALTER TABLE " + target.pg + " DROP CONSTRAINT " + quote_name(found.text(0, 0)));
        }
    }
}

void SessionImpl::alter_table(const AlterTable& s, const TableInfo& target) {
    switch (s.action) {
        case AlterAction::add:
            add_columns(s, target);
            return;
        case AlterAction::alter_column:
            alter_column(s, target);
            return;
        case AlterAction::drop_column:
        case AlterAction::drop_constraint:
            drop_parts(s, target);
            return;
        case AlterAction::check:
        case AlterAction::nocheck:
            switch_constraints(s, target);
            return;
        case AlterAction::enable_trigger:
        case AlterAction::disable_trigger:
            break;
    }
    const std::string disabled = s.action == AlterAction::disable_trigger ? "true" : "false";
    const std::string all = "UPDATE sim.object SET disabled = " + disabled +
                            " WHERE kind = 'TR' AND parent_id = " + std::to_string(target.object_id);
    if (s.names.empty()) {
        query(all);
    }
    for (const std::string& name : s.names) {
        if (query(all + " AND lower(name) = $1", {lower(name)}).affected() == 0) {
            fail(4920,
                 "ALTER TABLE failed because trigger '" + name + "' on table '" + target.name + "' does not exist.");
        }
    }
}

// PostgreSQL cannot switch a CHECK off: it is kept aside in the catalog and put back when it is asked for.
void SessionImpl::switch_constraints(const AlterTable& s, const TableInfo& target) {
    if (s.action == AlterAction::nocheck) {
        query(
            "INSERT INTO sim.disabled_constraint SELECT $2::int4, conname, pg_get_constraintdef(oid) FROM "
            "pg_constraint WHERE conrelid = to_regclass($1) "
            "AND contype IN ('c', 'f') AND ($3 = '' OR lower(conname) = ANY (string_to_array($3, ','))) ",
            {target.pg, std::to_string(target.object_id), joined(s.names)});
        const Result names = query(
            "SELECT name FROM sim.disabled_constraint d JOIN pg_constraint c ON c.conname = d.name AND c.conrelid = "
            "to_regclass($1)",
            {target.pg});
        for (int i = 0; i < names.rows(); ++i) {
            query("ALTER TABLE " + target.pg + " DROP CONSTRAINT " + quote_name(names.text(i, 0)));
        }
        return;
    }
    const Result back = query(
        "DELETE FROM sim.disabled_constraint WHERE object_id = $1::int4 AND ($2 = '' OR lower(name) = ANY "
        "(string_to_array($2, ','))) RETURNING name, definition",
        {std::to_string(target.object_id), joined(s.names)});
    for (int i = 0; i < back.rows(); ++i) {
        query("ALTER TABLE " + target.pg + " ADD CONSTRAINT " + quote_name(back.text(i, 0)) + " " +
              std::string(back.text(i, 1)) + " NOT VALID");
    }
}

std::string SessionImpl::joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ",") + lower(name);
    }
    return text;
}

}  // namespace revsync::sim::tsql
