#include "table_definition.hpp"

#include <algorithm>
#include <cstdio>

#include "errors.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

bool in_primary_key(const std::string& column, const std::vector<ConstraintDefinition>& constraints) {
    return std::any_of(constraints.begin(), constraints.end(), [&](const ConstraintDefinition& c) {
        return c.kind == ConstraintKind::primary_key &&
               std::any_of(c.columns.begin(), c.columns.end(),
                           [&](const std::string& name) { return same_name(name, column); });
    });
}

std::string column_list(const TableInfo& table, const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        const ColumnInfo* column = table.find(name);
        if (column == nullptr) {
            fail(1911, "Column name '" + name + "' does not exist in the target table or view.");
        }
        list += (list.empty() ? "" : ", ") + quote_name(column->name);
    }
    return "(" + list + ")";
}

std::string foreign_key(Environment& environment, const TableInfo& table, const ConstraintDefinition& constraint) {
    const bool self = same_name(constraint.referenced.back(), table.name);
    const TableInfoPtr referenced =
        self ? std::make_shared<TableInfo>(table) : environment.table(constraint.referenced);
    if (!referenced) {
        fail(1767,
             "Foreign key '" + constraint.name + "' references invalid table '" + constraint.referenced.back() + "'.");
    }
    std::string text = "FOREIGN KEY " + column_list(table, constraint.columns) + " REFERENCES " + referenced->pg;
    text += constraint.referenced_columns.empty() ? "" : " " + column_list(*referenced, constraint.referenced_columns);
    text += constraint.on_delete.empty() ? "" : " ON DELETE " + constraint.on_delete;
    text += constraint.on_update.empty() ? "" : " ON UPDATE " + constraint.on_update;
    return text + (constraint.unchecked ? " NOT VALID" : "");
}

}  // namespace

std::string generated_name(std::string_view prefix, const std::string& table, const std::string& what) {
    std::uint32_t hash = 2166136261U;
    for (char c : table + "." + what) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    }
    char digits[16];
    std::snprintf(digits, sizeof digits, "%08X", hash);
    const std::string column = what.empty() ? "" : what.substr(0, 5) + "__";
    return std::string(prefix) + "__" + table.substr(0, 9) + "__" + column + digits;
}

ColumnInfo describe_column(Environment& environment, const TableInfo& table, const ColumnDefinition& column) {
    ColumnInfo info;
    info.name = column.name;
    info.type = column.type;
    info.identity = column.identity;
    info.nullable = column.nullable.value_or(!column.identity);
    info.has_default = column.default_value != nullptr;
    info.collation = column.collation;
    if (column.computed) {
        const Sql value = Translator(environment).column_expression(*column.computed, table);
        info.type = value.type;
        info.computed = true;
        info.nullable = column.nullable.value_or(value.nullable);
    }
    if (is_string(info.type.kind) && info.collation.empty()) {
        info.collation = "Arabic_CI_AS";
    }
    return info;
}

TableInfo describe_table(Environment& environment, const std::string& schema, const std::string& name,
                         const std::vector<ColumnDefinition>& columns,
                         const std::vector<ConstraintDefinition>& constraints) {
    TableInfo table;
    table.schema = schema;
    table.name = name;
    for (const bool computed : {false, true}) {
        for (const ColumnDefinition& column : columns) {
            if ((column.computed != nullptr) == computed) {
                if (table.find(column.name) != nullptr) {
                    fail(2705, "Column names in each table must be unique. Column name '" + column.name +
                                   "' in table '" + name + "' is specified more than once.");
                }
                table.columns.push_back(describe_column(environment, table, column));
                table.columns.back().nullable =
                    table.columns.back().nullable && !in_primary_key(column.name, constraints);
                table.needs_options = table.needs_options || column.persisted;
                if (column.identity) {
                    table.seed = column.seed;
                    table.increment = column.increment;
                }
            }
        }
    }
    // Computed columns were described last, as they need the others; now the order as written.
    const auto position = [&](const ColumnInfo& info) {
        return std::find_if(columns.begin(), columns.end(),
                            [&](const ColumnDefinition& c) { return c.name == info.name; }) -
               columns.begin();
    };
    std::sort(table.columns.begin(), table.columns.end(),
              [&](const ColumnInfo& a, const ColumnInfo& b) { return position(a) < position(b); });
    return table;
}

std::string default_sql(Environment& environment, const TableInfo& table, const ColumnInfo& column, const Expr& value) {
    Translator translator(environment);
    return translator.store(translator.scalar(value), column, table);
}

std::string column_sql(Environment& environment, const TableInfo& table, const ColumnInfo& info,
                       const ColumnDefinition& column) {
    const bool decimal_identity = info.identity && info.type.kind == TypeKind::decimal;
    std::string text = quote_name(info.name) + " " + (decimal_identity ? "int8" : pg_type(info.type));
    if (is_string(info.type.kind)) {
        text += " COLLATE " + Translator::pg_collation(info.collation);
    }
    if (column.computed) {
        const Sql value = Translator(environment).column_expression(*column.computed, table);
        return text + " GENERATED ALWAYS AS (" + value.text + ") STORED";
    }
    if (info.identity) {
        text +=
            " GENERATED BY DEFAULT AS IDENTITY (START WITH " + std::to_string(column.seed) + " INCREMENT BY " +
            std::to_string(column.increment) +
            (column.seed < 1 ? " MINVALUE " + std::to_string(std::min<std::int64_t>(column.seed, -2147483648LL)) : "") +
            ")";
    }
    if (column.default_value) {
        text += " DEFAULT " + default_sql(environment, table, info, *column.default_value);
    }
    return text + (info.nullable ? "" : " NOT NULL");
}

std::string constraint_sql(Environment& environment, const TableInfo& table, const ConstraintDefinition& constraint) {
    const std::string first = constraint.columns.empty() ? "" : constraint.columns[0];
    const auto named = [&](std::string_view prefix, const std::string& what) {
        if (constraint.name.empty() && table.temporary) {
            return std::string();
        }
        return "CONSTRAINT " +
               quote_name(constraint.name.empty() ? generated_name(prefix, table.name, what) : constraint.name) + " ";
    };
    switch (constraint.kind) {
        case ConstraintKind::primary_key:
            return named("PK", "") + "PRIMARY KEY " + column_list(table, constraint.columns);
        case ConstraintKind::unique:
            return named("UQ", first) + "UNIQUE NULLS NOT DISTINCT " + column_list(table, constraint.columns);
        case ConstraintKind::foreign_key:
            return named("FK", first) + foreign_key(environment, table, constraint);
        case ConstraintKind::check:
            return named("CK", constraint.text) + "CHECK (" +
                   Translator(environment).column_predicate(*constraint.check, table) + ")" +
                   (constraint.unchecked ? " NOT VALID" : "");
        case ConstraintKind::default_:
            break;
    }
    fail_near("DEFAULT", true, 0);
}

std::string catalog_row(const TableInfo& table, const ColumnInfo& info, const ColumnDefinition& column) {
    const auto boolean = [](bool value) { return value ? "true" : "false"; };
    const bool has_default = column.default_value != nullptr;
    const std::string default_name =
        column.default_name.empty() ? generated_name("DF", table.name, column.name) : column.default_name;
    return quote_text(info.name) + ", " + quote_text(base_name(info.type.kind)) + ", " +
           std::to_string(info.type.length) + ", " + std::to_string(info.type.precision) + ", " +
           std::to_string(info.type.scale) + ", " + boolean(info.nullable) + ", " + boolean(info.identity) + ", " +
           (info.identity ? std::to_string(column.seed) : "NULL") + ", " +
           (info.identity ? std::to_string(column.increment) : "NULL") + ", " +
           (column.computed ? quote_text(column.computed_text) : "NULL") + ", " + boolean(column.persisted) + ", " +
           (is_string(info.type.kind) ? quote_text(info.collation) : "NULL") + ", " +
           (has_default ? quote_text(default_name) : "NULL") + ", " +
           (has_default ? quote_text(column.default_text) : "NULL");
}

}  // namespace revsync::sim::tsql
