// Indexes, schemas, sequences, procedures, triggers, views, functions; and DROP of everything.
#include <algorithm>
#include <array>

#include "session.hpp"
#include "table_definition.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

std::string_view kind_of(ModuleKind kind) {
    switch (kind) {
        case ModuleKind::procedure:
            return "P";
        case ModuleKind::trigger:
            return "TR";
        case ModuleKind::view:
            return "V";
        case ModuleKind::function:
            break;
    }
    return "FN";
}

std::string capture_trigger(const TableInfo& table, const std::string& event) {
    const std::string rows = event == "INSERT"   ? "NEW TABLE AS new_rows"
                             : event == "DELETE" ? "OLD TABLE AS old_rows"
                                                 : "NEW TABLE AS new_rows OLD TABLE AS old_rows";
    return "CREATE OR REPLACE TRIGGER " + quote_name("sim~" + lower(event)) + " AFTER " + event + " ON " + table.pg +
           " REFERENCING " + rows + " FOR EACH STATEMENT EXECUTE FUNCTION sim.capture(" +
           std::to_string(table.object_id) + ")";
}

}  // namespace

void SessionImpl::execute(const CreateIndex& s) {
    const TableInfoPtr target = table(s.table);
    if (!target) {
        fail(1088, "Cannot find the object \"" + s.table.back() +
                       "\" because it does not exist or you do not have permissions.");
    }
    if (target->temporary) {
        find_temporary(s.table.back())->definition.clear();
    }
    bool needs_options = s.where != nullptr;
    std::string columns;
    for (const OrderItem& item : s.columns) {
        const ColumnInfo* column = target->find(item.expr->name.empty() ? item.expr->text : item.expr->name.back());
        if (column == nullptr) {
            fail(1911, "Column name '" + (item.expr->name.empty() ? item.expr->text : item.expr->name.back()) +
                           "' does not exist in the target table or view.");
        }
        needs_options = needs_options || column->computed;
        columns += (columns.empty() ? "" : ", ") + quote_name(column->name) + (item.descending ? " DESC" : "");
    }
    std::string include;
    for (const std::string& name : s.include) {
        const ColumnInfo* column = target->find(name);
        include += (include.empty() ? " INCLUDE (" : ", ") + quote_name(column == nullptr ? name : column->name);
    }
    std::string sql = std::string("CREATE ") + (s.unique ? "UNIQUE " : "") + "INDEX ";
    // Index names are unique in a table only.
    const std::string prefix = target->temporary ? target->pg.substr(9, target->pg.size() - 10) : target->name;
    sql += quote_name(prefix + "~" + s.name) + " ON " + target->pg + " (" + columns + ")" + include +
           (include.empty() ? "" : ")");
    sql += s.unique ? " NULLS NOT DISTINCT" : "";
    if (s.where) {
        sql += " WHERE " + Translator(*this).column_predicate(*s.where, *target);
    }
    in_transaction([&] {
        try {
            query(sql);
        } catch (const BackendError& error) {
            if (error.sqlstate == "42P07") {
                fail(1913, "The operation failed because an index or statistics with name '" + s.name +
                               "' already exists on table '" + target->schema + "." + target->name + "'.");
            }
            if (error.sqlstate == "23505") {
                fail(1505,
                     "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object "
                     "name '" +
                         target->schema + "." + target->name + "' and the index name '" + s.name + "'.");
            }
            throw;
        }
        if (needs_options && !target->temporary) {
            query("UPDATE sim.object SET needs_options = true WHERE object_id = $1::int4",
                  {std::to_string(target->object_id)});
        }
    });
}

void SessionImpl::execute(const CreateSchema& s) {
    in_transaction([&] { query("CREATE SCHEMA " + quote_name(s.name)); });
}

void SessionImpl::execute(const CreateSequence& s) {
    const auto [schema, name] = schema_and_name(s.name);
    in_transaction([&, schema_name = schema, object = name] {
        query("CREATE SEQUENCE " + quote_name(schema_name) + "." + quote_name(object) + " START WITH " +
              std::to_string(s.start) + " INCREMENT BY " + std::to_string(s.increment) +
              (s.increment < 0 ? " MINVALUE -2147483648 MAXVALUE 2147483647" : ""));
        query("INSERT INTO sim.object (schema_name, name, kind) VALUES ($1, $2, 'SO')", {schema_name, object});
    });
}

void SessionImpl::execute(const CreateModule& s) {
    const auto [schema, name] = schema_and_name(s.name);
    const std::string kind(kind_of(s.kind));
    const Result existing =
        query("SELECT object_id, kind FROM sim.object WHERE lower(schema_name) = $1 AND lower(name) = $2",
              {lower(schema), lower(name)});
    const bool exists = existing.rows() > 0;
    if (exists && !s.alter && !s.or_alter) {
        fail(2714, "There is already an object named '" + name + "' in the database.");
    }
    if ((s.alter && !exists) || (exists && existing.text(0, 1) != kind)) {
        fail(208, "Invalid object name '" + name + "'.");
    }
    TableInfoPtr parent;
    if (s.kind == ModuleKind::trigger) {
        parent = table(s.table);
        if (!parent) {
            fail(8197, "The object '" + s.table.back() + "' does not exist or is invalid for this operation.");
        }
    }
    const std::string id = exists ? std::string(existing.text(0, 0)) : "";
    const std::string schema_name = schema;
    const std::string object = name;
    in_transaction([&] {
        std::string events;
        for (const std::string& event : s.events) {
            events += (events.empty() ? "" : ",") + event;
            query(capture_trigger(*parent, event));
        }
        const std::vector<Value> values{schema_name,  object, kind, std::to_string(parent ? parent->object_id : 0),
                                        s.definition, events};
        std::string object_id = id;
        if (exists) {
            query(
                "UPDATE sim.object SET definition = $5, parent_id = $4::int4, events = string_to_array($6, ','), "
                "modified = statement_timestamp() "
                "WHERE lower(schema_name) = lower($1) AND lower(name) = lower($2) AND kind = $3",
                values);
        } else {
            object_id = query(
                            "INSERT INTO sim.object (schema_name, name, kind, parent_id, definition, events) "
                            "VALUES ($1, $2, $3, $4::int4, $5, string_to_array($6, ',')) RETURNING object_id",
                            values)
                            .text(0, 0);
        }
        if (s.kind == ModuleKind::view) {
            create_view(s, schema_name, object, object_id);
        }
    });
}

void SessionImpl::create_view(const CreateModule& s, const std::string& schema, const std::string& name,
                              const std::string& object_id) {
    Translator translator(*this);
    const QuerySql rows = translator.view(*s.query);
    const std::string pg = quote_name(schema) + "." + quote_name(name);
    query("DROP VIEW IF EXISTS " + pg);
    std::string names;
    std::string catalog;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        ColumnInfo info;
        info.name = i < s.columns.size() ? s.columns[i] : rows.columns[i].name;
        info.type = rows.columns[i].expr.type;
        info.nullable = rows.columns[i].expr.nullable;
        info.collation = "Arabic_CI_AS";
        if (info.name.empty()) {
            fail(4511, "Create View or Function failed because no column name was specified for column " +
                           std::to_string(i + 1) + ".");
        }
        names += (i == 0 ? "" : ", ") + quote_name(info.name);
        TableInfo shape;
        shape.name = name;
        catalog += (i == 0 ? "(" : ", (") + object_id + ", " + std::to_string(i + 1) + ", " +
                   catalog_row(shape, info, ColumnDefinition{}) + ")";
    }
    query("CREATE VIEW " + pg + " (" + names + ") AS " + rows.text);
    query("DELETE FROM sim.column WHERE object_id = " + object_id);
    query(
        "INSERT INTO sim.column (object_id, column_id, name, type_name, length, prec, scale, nullable, is_identity, "
        "seed, increment, computed, persisted, "
        "coll, default_name, default_text) VALUES " +
        catalog);
}

void SessionImpl::execute(const Drop& s) {
    for (const Name& name : s.names) {
        drop_one(s, name);
    }
}

void SessionImpl::drop_one(const Drop& s, const Name& name) {
    static const std::map<std::string, std::string> kinds{{"TABLE", "U"},    {"VIEW", "V"},      {"PROCEDURE", "P"},
                                                          {"TRIGGER", "TR"}, {"FUNCTION", "FN"}, {"SEQUENCE", "SO"}};
    const auto missing = [&](const std::string& what) {
        if (!s.if_exists) {
            fail(3701,
                 "Cannot drop the " + lower(s.kind) + " '" + what +
                     "', because it does not exist or you do not have permission.",
                 0, 5);
        }
    };
    if (s.kind == "TABLE" && name.back()[0] == '#') {
        if (find_temporary(name.back()) == nullptr) {
            missing(name.back());
            return;
        }
        drop_temporary(name.back());
        return;
    }
    if (s.kind == "SCHEMA") {
        in_transaction(
            [&] { query(std::string("DROP SCHEMA ") + (s.if_exists ? "IF EXISTS " : "") + quote_name(name.back())); });
        return;
    }
    if (s.kind == "INDEX") {
        const TableInfoPtr target = s.on.empty() ? nullptr : table(s.on);
        const Result found = target ? query(
                                          "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
                                          "WHERE x.indrelid = to_regclass($1) AND lower(i.relname) = $2",
                                          {target->pg, lower(target->name + "~" + name.back())})
                                    : query("SELECT 1 WHERE false");
        if (found.rows() == 0) {
            missing((s.on.empty() ? "" : s.on.back() + ".") + name.back());
            return;
        }
        in_transaction([&] { query("DROP INDEX " + quote_name(target->schema) + "." + quote_name(found.text(0, 0))); });
        return;
    }
    const auto [schema, object] = schema_and_name(name);
    const std::string& kind = kinds.at(s.kind);
    const Result found = query(
        "SELECT object_id, schema_name, name FROM sim.object WHERE lower(schema_name) = $1 AND lower(name) = $2 AND "
        "kind = $3",
        {lower(schema), lower(object), kind});
    if (found.rows() == 0) {
        missing(name.back());
        return;
    }
    const std::string pg = quote_name(found.text(0, 1)) + "." + quote_name(found.text(0, 2));
    in_transaction([&] {
        if (kind == "U" || kind == "V" || kind == "SO") {
            try {
                query(std::string("DROP ") + (kind == "U" ? "TABLE " : kind == "V" ? "VIEW " : "SEQUENCE ") + pg);
            } catch (const BackendError& error) {
                if (error.sqlstate == "2BP01") {
                    fail(3726, "Could not drop object '" + name.back() +
                                   "' because it is referenced by a FOREIGN KEY constraint.");
                }
                throw;
            }
        }
        query("DELETE FROM sim.object WHERE object_id = $1::int4 OR parent_id = $1::int4",
              {std::string(found.text(0, 0))});
    });
}

}  // namespace revsync::sim::tsql
