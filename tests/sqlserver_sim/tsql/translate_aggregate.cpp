// Aggregates and window functions.
#include <algorithm>
#include <array>

#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

Sql typed(std::string text, Type type) {
    Sql sql;
    sql.text = std::move(text);
    sql.type = type;
    return sql;
}

Type sum_type(const Type& type) {
    if (type.kind == TypeKind::decimal) {
        return Type{TypeKind::decimal, 0, 38, type.scale};
    }
    if (is_integer(type.kind)) {
        return integer_type(type.kind == TypeKind::bigint ? TypeKind::bigint : TypeKind::integer);
    }
    return type.kind == TypeKind::real         ? integer_type(TypeKind::float_)
           : type.kind == TypeKind::smallmoney ? integer_type(TypeKind::money)
                                               : type;
}

}  // namespace

std::string Translator::over(const Window& window) {
    std::string text = "OVER (";
    for (std::size_t i = 0; i < window.partition.size(); ++i) {
        text += (i == 0 ? "PARTITION BY " : ", ") + comparable(scalar(*window.partition[i]));
    }
    bool first = true;
    for (const OrderItem& item : window.order) {
        const Expr& by = *item.expr;
        // ORDER BY (SELECT NULL) means: no order.
        if (by.kind == ExprKind::subquery) {
            continue;
        }
        text += first ? " ORDER BY " : ", ";
        text += comparable(scalar(by)) + (item.descending ? " DESC NULLS LAST" : " NULLS FIRST");
        first = false;
    }
    return text + (window.frame.empty() ? "" : " " + window.frame) + ")";
}

Sql Translator::window(const Expr& expr, Sql call, std::string_view cast) {
    if (expr.over) {
        call.text = "(" + call.text + " " + over(*expr.over) + ")";
    }
    call.text += cast;
    return call;
}

Sql Translator::aggregate(const Expr& expr) {
    const std::string& name = expr.text;
    const std::string distinct = expr.flag ? "DISTINCT " : "";
    static constexpr std::array numbering{"ROW_NUMBER", "RANK", "DENSE_RANK"};
    if (std::find(numbering.begin(), numbering.end(), name) != numbering.end() && expr.over) {
        Sql sql = typed(lower(name) + "()", integer_type(TypeKind::bigint));
        sql.nullable = false;
        return window(expr, std::move(sql));
    }
    if ((name == "COUNT" || name == "COUNT_BIG") && expr.args.size() == 1) {
        const bool all = expr.args[0]->kind == ExprKind::star;
        const bool big = name == "COUNT_BIG";
        const std::string what = all ? "*" : distinct + comparable(scalar(*expr.args[0]));
        Sql sql = typed("count(" + what + ")", integer_type(big ? TypeKind::bigint : TypeKind::integer));
        sql.nullable = false;
        return window(expr, std::move(sql), big ? "" : "::int4");
    }
    static constexpr std::array known{"SUM",         "AVG",        "MIN",   "MAX",   "STRING_AGG", "LAG",    "LEAD",
                                      "FIRST_VALUE", "LAST_VALUE", "NTILE", "STDEV", "VAR",        "STDEVP", "VARP"};
    if (std::find(known.begin(), known.end(), name) == known.end() || expr.args.empty()) {
        fail(195, "'" + expr.name.back() + "' is not a recognized built-in function name.", expr.line);
    }
    const Sql arg = scalar(*expr.args[0]);
    if (name == "STRING_AGG") {
        std::string order;
        for (const OrderItem& item : expr.within) {
            order += (order.empty() ? " ORDER BY " : ", ") + comparable(scalar(*item.expr)) +
                     (item.descending ? " DESC NULLS LAST" : " NULLS FIRST");
        }
        Sql sql = typed(
            "string_agg(" + convert(arg, string_type(max_length)) + ", " + scalar(*expr.args.at(1)).text + order + ")",
            string_type(arg.type.length == max_length ? max_length : 4000));
        sql.collation = arg.collation;
        return window(expr, std::move(sql));
    }
    if (name == "SUM" || name == "AVG") {
        if (!is_number(arg.type.kind) || arg.type.kind == TypeKind::bit) {
            fail(8117,
                 "Operand data type " + base_name(arg.type.kind) + " is invalid for " + lower(name) + " operator.",
                 expr.line);
        }
        Type type = sum_type(arg.type);
        if (name == "AVG" && type.kind == TypeKind::decimal) {
            type.scale = std::max<std::uint8_t>(arg.type.scale, 6);
        }
        Sql sql = typed(lower(name) + "(" + distinct + arg.text + ")", type);
        sql = window(expr, std::move(sql));
        const bool whole = name == "AVG" && is_integer(type.kind);
        sql.text = (whole ? "trunc(" + sql.text + ")" : sql.text) + "::" + pg_type(type);
        return sql;
    }
    if (name == "MIN" || name == "MAX") {
        Sql sql = arg;
        const bool uuid = arg.type.kind == TypeKind::uniqueidentifier;
        sql.text = lower(name) + "(" + (uuid ? "(" + arg.text + ")::text" : comparable(arg)) + ")";
        sql.column = sql.identity = sql.constant = false;
        sql.nullable = true;
        return window(expr, std::move(sql), uuid ? "::uuid" : "");
    }
    if (name == "STDEV" || name == "VAR" || name == "STDEVP" || name == "VARP") {
        const std::string pg = name == "STDEV"    ? "stddev_samp"
                               : name == "VAR"    ? "var_samp"
                               : name == "STDEVP" ? "stddev_pop"
                                                  : "var_pop";
        Sql sql = window(expr, typed(pg + "(" + arg.text + ")", integer_type(TypeKind::float_)));
        sql.text += "::float8";
        return sql;
    }
    std::string text = lower(name) + "(" + (name == "NTILE" ? convert(arg, integer_type()) : arg.text);
    if (expr.args.size() > 1) {
        text += ", " + convert(scalar(*expr.args[1]), integer_type());
    }
    if (expr.args.size() > 2) {
        text += ", " + convert(scalar(*expr.args[2]), arg.type);
    }
    Sql sql = typed(text + ")", name == "NTILE" ? integer_type(TypeKind::bigint) : arg.type);
    sql.collation = arg.collation;
    return window(expr, std::move(sql));
}

}  // namespace revsync::sim::tsql
