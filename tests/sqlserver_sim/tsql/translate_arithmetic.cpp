// Operators: what "+" means depends on the types beside it.
#include <algorithm>

#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

Sql typed(std::string text, Type type, bool nullable = false) {
    Sql sql;
    sql.text = std::move(text);
    sql.type = type;
    sql.nullable = nullable;
    return sql;
}

}  // namespace

Sql Translator::unary(const Expr& expr) {
    Sql operand = scalar(*expr.args[0]);
    if (expr.text == "+") {
        return operand;
    }
    if (is_string(operand.type.kind)) {
        operand.text = convert(operand, integer_type());
        operand.type = integer_type();
    }
    if (!is_number(operand.type.kind)) {
        fail(8117, "Operand data type " + base_name(operand.type.kind) + " is invalid for minus operator.", expr.line);
    }
    const Type type = operand.type;
    if (expr.text == "~") {
        return typed(type.kind == TypeKind::bit ? "(1 - " + operand.text + ")::int2" : "(~ " + operand.text + ")", type,
                     true);
    }
    return typed("(- " + operand.text + ")", is_bit_like(type.kind) ? integer_type(TypeKind::smallint) : type,
                 operand.nullable);
}

Sql Translator::arithmetic(const Expr& expr) {
    Sql left = scalar(*expr.args[0]);
    Sql right = scalar(*expr.args[1]);
    const bool left_text = is_string(left.type.kind);
    const bool right_text = is_string(right.type.kind);
    const std::string& op = expr.text;
    if (op == "+" && (left_text || left.null) && (right_text || right.null)) {
        return add_strings(left, right);
    }
    if (op == "+" && is_binary(left.type.kind) && is_binary(right.type.kind)) {
        const bool large = left.type.length < 0 || right.type.length < 0;
        return typed("(" + left.text + " || " + right.text + ")",
                     Type{TypeKind::varbinary, large ? max_length : left.type.length + right.type.length, 0, 0}, true);
    }
    const auto classic = [](const Sql& x) {
        return x.type.kind == TypeKind::datetime || x.type.kind == TypeKind::smalldatetime;
    };
    if ((op == "+" || op == "-") && (classic(left) || classic(right)) &&
        (is_number(right.type.kind) || is_number(left.type.kind))) {
        const Sql& moment = classic(left) ? left : right;
        const Sql& days = classic(left) ? right : left;
        return typed("sim.datetime(" + moment.text + " " + op + " (" + days.text + ")::float8 * interval '1 day')",
                     integer_type(TypeKind::datetime), true);
    }
    if ((left_text && !right_text) || left.null) {
        left.text = convert(left, right.type);
        left.type = right.type;
    } else if ((right_text && !left_text) || right.null) {
        right.text = convert(right, left.type);
        right.type = left.type;
    }
    return numeric(op, std::move(left), std::move(right));
}

Sql Translator::add_strings(const Sql& left, const Sql& right) {
    const bool coalesce = !env_.option("CONCAT_NULL_YIELDS_NULL");
    const auto part = [&](const Sql& sql) {
        const std::string text = sql.null ? "NULL::text" : sql.text;
        return coalesce ? "coalesce(" + text + ", '')" : text;
    };
    const bool national = is_national(left.type.kind) || is_national(right.type.kind);
    const bool large = left.type.length < 0 || right.type.length < 0;
    const int length = left.type.length + right.type.length;
    Sql sql = typed("(" + part(left) + " || " + part(right) + ")",
                    string_type(large ? max_length : std::min(length, national ? 4000 : 8000), national), true);
    const Sql& chosen = left.collate ? left : right.collate ? right : left.collation.empty() ? right : left;
    sql.collation = chosen.collation;
    sql.collate = chosen.collate;
    return sql;
}

Sql Translator::numeric(const std::string& op, Sql left, Sql right) {
    if (!is_number(left.type.kind) || !is_number(right.type.kind)) {
        const Type& wrong = is_number(left.type.kind) ? right.type : left.type;
        const std::string verb = op == "+"   ? "add"
                                 : op == "-" ? "subtract"
                                 : op == "*" ? "multiply"
                                 : op == "/" ? "divide"
                                             : op;
        fail(8117, "Operand data type " + base_name(wrong.kind) + " is invalid for " + verb + " operator.");
    }
    const bool nullable = left.nullable || right.nullable;
    Type type = common_type(left.type, right.type);
    const bool bitwise = op == "&" || op == "|" || op == "^";
    const std::string symbol = op == "^" ? "#" : op;
    if (is_integer(type.kind)) {
        if (type.kind != TypeKind::bigint && !(bitwise && type.kind == TypeKind::bit)) {
            type = integer_type();
        }
        return typed("(" + convert(left, type) + " " + symbol + " " + convert(right, type) + ")", type, nullable);
    }
    if (type.kind != TypeKind::decimal) {
        const std::string text = "(" + convert(left, type) + " " + symbol + " " + convert(right, type) + ")";
        return typed(is_exact(type.kind) ? text + "::" + pg_type(type) : text, type, nullable);
    }
    const Type a = as_decimal(left.type);
    const Type b = as_decimal(right.type);
    int scale = std::max(a.scale, b.scale);
    int precision = std::max(a.precision - a.scale, b.precision - b.scale) + scale + 1;
    if (op == "*") {
        scale = a.scale + b.scale;
        precision = a.precision + b.precision + 1;
    } else if (op == "/") {
        scale = std::max(6, a.scale + b.precision + 1);
        precision = a.precision - a.scale + b.scale + scale;
    }
    if (precision > 38) {
        scale = std::max(std::min(scale, 38 - (precision - scale)), std::min(scale, 6));
        precision = 38;
    }
    type.precision = static_cast<std::uint8_t>(precision);
    type.scale = static_cast<std::uint8_t>(scale);
    return typed("((" + left.text + ")::numeric " + symbol + " (" + right.text + ")::numeric)::" + pg_type(type), type,
                 nullable);
}

}  // namespace revsync::sim::tsql
