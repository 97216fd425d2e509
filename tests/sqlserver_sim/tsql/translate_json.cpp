// FOR JSON, and what top-level statements return.
#include <algorithm>

#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

std::vector<std::string> split_dots(const std::string& name) {
    std::vector<std::string> parts(1);
    for (char c : name) {
        if (c == '.') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

}  // namespace

std::string Translator::json_value(const OutputColumn& column) {
    const Sql& x = column.expr;
    const std::string ref = "r." + quote_name(column.pg_name);
    if (x.json) {
        return ref;
    }
    if (is_string(x.type.kind)) {
        return "sim.json_text(" + ref + ")";
    }
    switch (x.type.kind) {
        case TypeKind::bit:
            return "(CASE " + ref + " WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)";
        case TypeKind::date:
            return "('\"' || " + ref + "::text || '\"')";
        case TypeKind::time:
            return "('\"' || " + ref + "::text || '\"')";
        case TypeKind::datetime:
        case TypeKind::smalldatetime:
        case TypeKind::datetime2:
            return "sim.json_moment(" + ref + ")";
        case TypeKind::datetimeoffset:
            return "sim.json_dto(" + ref + ")";
        case TypeKind::uniqueidentifier:
            return "('\"' || upper(" + ref + "::text) || '\"')";
        case TypeKind::real:
        case TypeKind::float_:
            return "sim.json_float(" + ref + ")";
        default:
            return is_binary(x.type.kind) ? "('\"' || encode(" + ref + ", 'base64') || '\"')" : ref + "::text";
    }
}

// The members that share a path prefix of `depth` parts, as one object.
std::string Translator::json_object(const std::vector<OutputColumn>& columns, const std::vector<std::size_t>& members,
                                    std::size_t depth, bool nulls) {
    std::string text;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto parts = split_dots(columns[members[i]].name);
        const std::string key = quote_text(",") + " || sim.json_text(" + quote_text(parts[depth]) + ") || ':' || ";
        std::string member;
        if (parts.size() == depth + 1) {
            const std::string value = json_value(columns[members[i]]);
            member = nulls ? key + "coalesce(" + value + ", 'null')" : "coalesce(" + key + value + ", '')";
        } else {
            std::vector<std::size_t> inside{members[i]};
            while (i + 1 < members.size()) {
                const auto next = split_dots(columns[members[i + 1]].name);
                if (next.size() <= depth + 1 || next[depth] != parts[depth]) {
                    break;
                }
                inside.push_back(members[++i]);
            }
            const std::string object = json_object(columns, inside, depth + 1, nulls);
            member = nulls ? key + object : "coalesce(" + key + "nullif(" + object + ", '{}'), '')";
        }
        text += (text.empty() ? "" : " || ") + member;
    }
    return "('{' || substr(" + text + ", 2) || '}')";
}

QuerySql Translator::for_json(const Query& tree, QuerySql rows) {
    if (tree.json == JsonStyle::automatic &&
        (tree.core.from.size() > 1 || (!tree.core.from.empty() && tree.core.from[0]->kind == TableKind::join))) {
        fail_near("AUTO", false, tree.line);
    }
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        if (rows.columns[i].name.empty()) {
            fail(13605,
                 "Column expressions and data sources without names or aliases cannot be formatted as JSON text using "
                 "FOR JSON "
                 "clause. Add alias to the unnamed column or table.",
                 tree.line);
        }
        members.push_back(i);
    }
    std::string text = "string_agg(" + json_object(rows.columns, members, 0, tree.json_nulls) + ", ',')";
    if (!tree.json_without_array) {
        text = "'[' || " + text + " || ']'";
    }
    if (!tree.json_root.empty()) {
        text = "'{' || sim.json_text(" + quote_text(tree.json_root) + ") || ':' || " + text + " || '}'";
    }
    QuerySql made;
    OutputColumn column;
    column.name = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B";
    column.pg_name = "json";
    column.expr.type = string_type(max_length);
    column.expr.json = true;
    made.columns.push_back(column);
    made.text = "SELECT (" + text + ") COLLATE sim.ci AS json FROM (" + rows.text + ") AS r";
    return made;
}

// The outermost rows, in the form in which values leave the engine.
Translated Translator::finish(QuerySql rows) {
    Translated out;
    std::string list;
    bool plain = true;
    for (const OutputColumn& column : rows.columns) {
        const Sql& expr = column.expr;
        Column made;
        made.name = column.name;
        made.type = expr.type;
        made.nullable = expr.nullable;
        made.identity = expr.identity;
        made.computed = expr.computed;
        out.columns.push_back(made);
        const std::string ref = "o." + quote_name(column.pg_name);
        std::string shown = ref;
        if (expr.type.kind == TypeKind::datetimeoffset) {
            shown = "sim.dto_text(" + ref + ", " + std::to_string(expr.type.scale) + ")";
        } else if (expr.type.kind == TypeKind::decimal && !expr.column) {
            shown = ref + "::" + pg_type(expr.type);
        }
        plain = plain && shown == ref;
        list += (list.empty() ? "" : ", ") + shown;
    }
    out.sql = plain ? rows.text : "SELECT " + list + " FROM (" + rows.text + ") AS o";
    out.parameters = parameters_;
    out.locks = table_locks_;
    return out;
}

Translated Translator::select(const Query& tree) {
    Translated out = finish(query(tree));
    out.json = tree.json != JsonStyle::none;
    return out;
}

Translated Translator::value(const Expr& expr, const Type* type) {
    Sql sql = scalar(expr);
    if (type != nullptr) {
        sql.text = convert(sql, *type);
        sql.type = *type;
        sql.column = false;
    }
    QuerySql rows;
    rows.columns.push_back({"", "v", sql});
    rows.text = "SELECT " + sql.text + " AS v";
    return finish(std::move(rows));
}

Translated Translator::condition(const Expr& expr) {
    Translated out;
    out.sql = "SELECT " + predicate(expr);
    out.parameters = parameters_;
    return out;
}

Translated Translator::assignment(const Query& tree, std::vector<std::string>& variables) {
    std::vector<Type> types;
    for (const SelectItem& item : tree.core.items) {
        const Type* type = env_.variable(item.variable);
        if (item.variable.empty()) {
            fail(141,
                 "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval "
                 "operations.",
                 tree.line);
        }
        if (type == nullptr) {
            fail(137, "Must declare the scalar variable \"" + item.variable + "\".", tree.line);
        }
        variables.push_back(item.variable);
        types.push_back(*type);
    }
    return finish(query(tree, &types));
}

Translated Translator::select_into(const Query& tree, std::vector<ColumnInfo>& columns) {
    const QuerySql rows = query(tree);
    for (const OutputColumn& column : rows.columns) {
        if (column.name.empty()) {
            fail(1038,
                 "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a "
                 "name.",
                 tree.line);
        }
        ColumnInfo info;
        info.name = column.name;
        info.type = column.expr.null ? integer_type() : column.expr.type;
        info.nullable = column.expr.nullable;
        info.identity = column.expr.identity;
        info.collation = column.expr.collation == "\"C\"" ? "Latin1_General_BIN2" : "";
        columns.push_back(std::move(info));
    }
    Translated out;
    out.sql = rows.text;
    out.parameters = parameters_;
    return out;
}

Sql Translator::column_expression(const Expr& expr, const TableInfo& table) {
    return nested([&] {
        scope_->sources.push_back(Source{"", {}, table.columns});
        return scalar(expr);
    });
}

std::string Translator::column_predicate(const Expr& expr, const TableInfo& table) {
    return nested([&] {
        scope_->sources.push_back(Source{"", {}, table.columns});
        return predicate(expr);
    });
}

QuerySql Translator::view(const Query& tree) {
    QuerySql rows = query(tree);
    if (!parameters_.empty()) {
        fail(137, "Must declare the scalar variable \"" + parameters_[0] + "\".", tree.line);
    }
    return rows;
}

}  // namespace revsync::sim::tsql
