// Functions over values of any type: choices, arithmetic, JSON, the catalog.
#include <algorithm>
#include <array>

#include "errors.hpp"
#include "function_table.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

Sql FunctionTable::coalesce(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const bool pair = e.text == "ISNULL";
    Type type = a[0].type;
    bool first = a[0].null;
    for (std::size_t i = 1; i < a.size(); ++i) {
        if (!a[i].null && (first || !pair)) {
            type = first ? a[i].type : common_type(type, a[i].type);
            first = false;
        }
    }
    std::string text = "coalesce(";
    for (std::size_t i = 0; i < a.size(); ++i) {
        text += (i == 0 ? "" : ", ") + t.convert(a[i], type);
    }
    Sql sql = typed(text + ")", type, a);
    sql.nullable = std::all_of(a.begin(), a.end(), [](const Sql& s) { return s.nullable; });
    return sql;
}

Sql FunctionTable::null_if(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    Sql sql = a[0];
    sql.text = "(CASE WHEN " + t.compare("=", a[0], a[1]) + " THEN NULL ELSE " + a[0].text + " END)";
    sql.nullable = true;
    sql.column = sql.constant = false;
    return sql;
}

Sql FunctionTable::iif(Translator& t, const Expr& e) {
    std::vector<std::pair<std::string, Sql>> branches;
    branches.emplace_back(t.predicate(*e.args[0]), t.scalar(*e.args[1]));
    return t.choose(std::move(branches), t.scalar(*e.args[2]));
}

Sql FunctionTable::choose(Translator& t, const Expr& e) {
    const std::string index = num(t, t.scalar(*e.args[0]));
    std::vector<std::pair<std::string, Sql>> branches;
    for (std::size_t i = 1; i < e.args.size(); ++i) {
        branches.emplace_back(index + " = " + std::to_string(i), t.scalar(*e.args[i]));
    }
    return t.choose(std::move(branches), std::nullopt);
}

Sql FunctionTable::math(Translator& t, const Expr& e) {
    Args a = args(t, e);
    if (is_string(a[0].type.kind)) {
        a[0].text = t.convert(a[0], integer_type(TypeKind::float_));
        a[0].type = integer_type(TypeKind::float_);
    }
    const std::string name = e.text == "CEILING" ? "ceil" : lower(e.text);
    Type type = a[0].type;
    if (e.text == "ROUND") {
        const std::string function = a.size() > 2 ? "trunc" : "round";
        return typed(function + "((" + a[0].text + ")::numeric, (" + num(t, a[1]) + ")::int4)::" + pg_type(type), type,
                     a);
    }
    if (e.text == "POWER") {
        return typed("power((" + a[0].text + ")::numeric, (" + t.convert(a[1], integer_type(TypeKind::float_)) +
                         ")::numeric)::" + pg_type(type),
                     type, a);
    }
    if (e.text == "SQRT" || e.text == "EXP" || e.text == "LOG" || e.text == "LOG10") {
        const std::string f = e.text == "LOG" ? "ln" : e.text == "LOG10" ? "log" : name;
        return typed(f + "(" + t.convert(a[0], integer_type(TypeKind::float_)) + ")", integer_type(TypeKind::float_),
                     a);
    }
    if (type.kind == TypeKind::decimal && e.text != "ABS" && e.text != "SIGN") {
        type.scale = 0;
    }
    return typed(name + "(" + a[0].text + ")::" + pg_type(type), type, a);
}

Sql FunctionTable::json(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const std::string source = "sim.json(" + str(t, a[0]) + ")";
    if (e.text == "ISJSON") {
        return typed("sim.isjson(" + str(t, a[0]) + ")", integer_type(), a);
    }
    const std::string path = a.size() > 1 ? str(t, a[1]) : "'$'::text";
    const std::string part = "(" + source + " #> sim.json_path(" + path + "))";
    Sql sql = e.text == "JSON_VALUE" ? typed("sim.json_scalar(" + part + ")", string_type(4000), a)
                                     : typed("sim.json_part(" + part + ")", string_type(max_length), a);
    sql.nullable = true;
    sql.json = e.text == "JSON_QUERY";
    return sql;
}

Sql FunctionTable::new_id(Translator&, const Expr&) {
    return typed("gen_random_uuid()", integer_type(TypeKind::uniqueidentifier));
}

// Catalog functions, answered by functions of the same name over sim's tables.
Sql FunctionTable::catalog(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    std::string text = "sim." + lower(e.text) + "(";
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool number = is_number(a[i].type.kind) && !a[i].null;
        text += (i == 0 ? "" : ", ") + (number ? t.convert(a[i], integer_type()) : str(t, a[i]));
    }
    static constexpr std::array names{"OBJECT_NAME",        "SCHEMA_NAME", "TYPE_NAME",
                                      "OBJECT_SCHEMA_NAME", "COL_NAME",    "OBJECT_DEFINITION"};
    const bool name = std::find(names.begin(), names.end(), e.text) != names.end();
    return typed(text + ")", name ? string_type(e.text == "OBJECT_DEFINITION" ? max_length : 128)
                             : e.text.substr(0, 6) == "IDENT_" ? Type{TypeKind::decimal, 0, 38, 0}
                                                               : integer_type());
}

}  // namespace revsync::sim::tsql
