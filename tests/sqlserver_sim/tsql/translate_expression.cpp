// Scalar expressions.
#include <algorithm>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

std::string dotted(const Name& name) {
    std::string text;
    for (const auto& part : name) {
        text += (text.empty() ? "" : ".") + part;
    }
    return text;
}

Sql typed(std::string text, Type type, bool nullable = false) {
    Sql sql;
    sql.text = std::move(text);
    sql.type = type;
    sql.nullable = nullable;
    return sql;
}

Type decimal_literal(const std::string& digits) {
    const std::size_t point = std::min(digits.find('.'), digits.size());
    const std::size_t first = std::min(digits.find_first_not_of('0'), point);
    const std::size_t scale = point == digits.size() ? 0 : digits.size() - point - 1;
    const std::size_t precision = std::max<std::size_t>(1, point - first + scale);
    return Type{TypeKind::decimal, 0, static_cast<std::uint8_t>(std::min<std::size_t>(precision, 38)),
                static_cast<std::uint8_t>(scale)};
}

Sql integer_literal(const std::string& digits) {
    const bool fits = digits.size() < 10 || (digits.size() == 10 && digits <= "2147483647");
    return fits ? typed(digits, integer_type()) : typed(digits + "::numeric", decimal_literal(digits));
}

Sql string_literal(const std::string& value, bool national) {
    const auto units = static_cast<std::int32_t>(utf16_length(value));
    Sql sql =
        typed(quote_text(value) + "::text", string_type(units > 4000 ? max_length : std::max(units, 1), national));
    sql.constant = true;
    sql.literal = value;
    return sql;
}

bool matches(const Source& source, const Name& qualifier) {
    if (qualifier.size() == 1) {
        return same_name(source.alias, qualifier[0]);
    }
    return !source.table.empty() && same_name(source.table.back(), qualifier.back());
}

}  // namespace

Sql Translator::literal(const TypedValue& value) const {
    if (!value.value) {
        Sql sql = typed("NULL::" + pg_type(value.type), value.type, true);
        return sql;
    }
    const std::string& text = *value.value;
    if (is_string(value.type.kind)) {
        Sql sql = typed(quote_text(text) + "::text", value.type);
        sql.constant = true;
        sql.literal = text;
        return sql;
    }
    if (value.type.kind == TypeKind::datetimeoffset) {
        return typed("sim.to_dto(" + quote_text(text) + ")", value.type);
    }
    if (is_binary(value.type.kind)) {
        return typed("'\\x" + hex(text) + "'::bytea", value.type);
    }
    return typed(quote_text(text) + "::" + pg_type(value.type), value.type);
}

Sql Translator::scalar(const Expr& expr) {
    switch (expr.kind) {
        case ExprKind::integer:
            return integer_literal(expr.text);
        case ExprKind::decimal:
            return typed(expr.text + "::numeric", decimal_literal(expr.text));
        case ExprKind::floating:
            return typed("'" + expr.text + "'::float8", integer_type(TypeKind::float_));
        case ExprKind::string:
            return string_literal(expr.text, expr.flag);
        case ExprKind::binary_literal: {
            const auto bytes = static_cast<std::int32_t>((expr.text.size() + 1) / 2);
            const std::string digits = (expr.text.size() % 2 == 1 ? "0" : "") + expr.text;
            return typed("'\\x" + digits + "'::bytea", Type{TypeKind::varbinary, std::max(bytes, 1), 0, 0});
        }
        case ExprKind::null: {
            Sql sql = typed("NULL::int4", integer_type(), true);
            sql.null = true;
            return sql;
        }
        case ExprKind::variable:
            return variable(expr);
        case ExprKind::global:
            return global(expr);
        case ExprKind::column:
            return column(expr);
        case ExprKind::unary:
            return unary(expr);
        case ExprKind::binary:
            return arithmetic(expr);
        case ExprKind::case_:
            return case_expression(expr);
        case ExprKind::cast:
            return cast(expr);
        case ExprKind::function:
            return function(expr);
        case ExprKind::at_time_zone:
            return at_time_zone(expr);
        case ExprKind::collate: {
            Sql sql = scalar(*expr.args[0]);
            sql.collation = pg_collation(expr.text);
            sql.collate = true;
            sql.column = false;
            return sql;
        }
        case ExprKind::subquery:
            return subquery(*expr.query);
        case ExprKind::next_value:
            return sequence_value(expr);
        case ExprKind::star:
            fail_near("*", false, expr.line);
        case ExprKind::default_:
            fail_near("DEFAULT", true, expr.line);
        default:
            fail(102, "Incorrect syntax near '" + (expr.text.empty() ? "predicate" : expr.text) + "'.", expr.line);
    }
}

Sql Translator::variable(const Expr& expr) {
    for (auto bound = bound_.rbegin(); bound != bound_.rend(); ++bound) {
        if (bound->first == expr.text) {
            return bound->second;
        }
    }
    const Type* type = env_.variable(expr.text);
    if (type == nullptr) {
        fail(137, "Must declare the scalar variable \"" + expr.text + "\".", expr.line);
    }
    const std::string place = parameter(expr.text);
    if (type->kind == TypeKind::datetimeoffset) {
        return typed("sim.to_dto(" + place + "::text)", *type, true);
    }
    return typed("(" + place + "::" + pg_type(*type) + ")", *type, true);
}

std::string Translator::parameter(const std::string& name) {
    auto found = std::find(parameters_.begin(), parameters_.end(), name);
    if (found == parameters_.end()) {
        found = parameters_.insert(parameters_.end(), name);
    }
    return "$" + std::to_string(found - parameters_.begin() + 1);
}

Sql Translator::global(const Expr& expr) {
    const auto value = env_.intrinsic(upper(expr.text), {});
    if (!value) {
        fail(137, "Must declare the scalar variable \"" + expr.text + "\".", expr.line);
    }
    return literal(*value);
}

Sql Translator::column(const Expr& expr) {
    const std::string& name = expr.name.back();
    const Name qualifier(expr.name.begin(), expr.name.end() - 1);
    for (const TypeScope* scope = scope_; scope != nullptr; scope = scope->parent) {
        const ColumnInfo* found = nullptr;
        const Source* where = nullptr;
        bool known = false;
        for (const Source& source : scope->sources) {
            if (!qualifier.empty() && !matches(source, qualifier)) {
                continue;
            }
            known = true;
            const auto match = std::find_if(source.columns.begin(), source.columns.end(),
                                            [&](const ColumnInfo& c) { return same_name(c.name, name); });
            if (match == source.columns.end()) {
                continue;
            }
            if (found != nullptr) {
                fail(209, "Ambiguous column name '" + name + "'.", expr.line);
            }
            found = &*match;
            where = &source;
        }
        if (found == nullptr) {
            if (known && !qualifier.empty()) {
                fail(207, "Invalid column name '" + name + "'.", expr.line);
            }
            continue;
        }
        const std::string prefix = where->alias.empty() ? "" : quote_name(where->alias) + ".";
        Sql sql = typed(prefix + quote_name(found->name), found->type, found->nullable);
        sql.column = true;
        sql.identity = found->identity;
        sql.computed = found->computed;
        sql.json = found->json;
        sql.collation = is_string(found->type.kind) ? pg_collation(found->collation) : "";
        sql.name = found->name;
        return sql;
    }
    if (!qualifier.empty()) {
        fail(4104, "The multi-part identifier \"" + dotted(expr.name) + "\" could not be bound.", expr.line);
    }
    fail(207, "Invalid column name '" + name + "'.", expr.line);
}

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

Sql Translator::choose(std::vector<std::pair<std::string, Sql>> branches, std::optional<Sql> otherwise) {
    std::optional<Type> type;
    const Sql* sample = nullptr;
    bool nullable = !otherwise;
    const auto consider = [&](const Sql& sql) {
        nullable = nullable || sql.nullable;
        if (!sql.null) {
            type = type ? common_type(*type, sql.type) : sql.type;
            sample = sample == nullptr || sample->collation.empty() ? &sql : sample;
        }
    };
    for (const auto& branch : branches) {
        consider(branch.second);
    }
    if (otherwise) {
        consider(*otherwise);
    }
    const Type result = type.value_or(integer_type());
    std::string text = "(CASE";
    for (const auto& [condition, value] : branches) {
        text += " WHEN " + condition + " THEN " + convert(value, result);
    }
    if (otherwise) {
        text += " ELSE " + convert(*otherwise, result);
    }
    Sql sql = typed(text + " END)", result, nullable);
    if (sample != nullptr) {
        sql.collation = sample->collation;
        sql.json = sample->json;
    }
    return sql;
}

Sql Translator::case_expression(const Expr& expr) {
    std::vector<std::pair<std::string, Sql>> branches;
    for (std::size_t i = 1; i + 2 < expr.args.size(); i += 2) {
        const std::string condition =
            expr.args[0] ? compare("=", scalar(*expr.args[0]), scalar(*expr.args[i])) : predicate(*expr.args[i]);
        branches.emplace_back(condition, scalar(*expr.args[i + 1]));
    }
    std::optional<Sql> otherwise;
    if (expr.args.back()) {
        otherwise = scalar(*expr.args.back());
    }
    return choose(std::move(branches), std::move(otherwise));
}

Sql Translator::cast(const Expr& expr) {
    const Sql from = scalar(*expr.args[0]);
    int style = -1;
    if (expr.args.size() > 1) {
        const Value text = literal_argument(*expr.args[1]);
        style = text ? std::atoi(text->c_str()) : -1;
    }
    Sql sql = typed(expr.flag && !from.null ? attempt(from, expr.type, style) : convert(from, expr.type, style),
                    expr.type, expr.flag || from.nullable);
    sql.collation = from.collation;
    sql.collate = from.collate;
    return sql;
}

Sql Translator::at_time_zone(const Expr& expr) {
    Sql moment = scalar(*expr.args[0]);
    const Sql zone = scalar(*expr.args[1]);
    Type type{TypeKind::datetimeoffset, 0, 0,
              moment.type.kind == TypeKind::datetime ? std::uint8_t{3} : moment.type.scale};
    if (moment.type.kind != TypeKind::datetimeoffset && !is_timestamp(moment.type.kind)) {
        fail(8116,
             "Argument data type " + base_name(moment.type.kind) +
                 " is invalid for argument 1 of AT TIME ZONE function.",
             expr.line);
    }
    return typed("sim.at_zone(" + moment.text + ", sim.zone_name(" + zone.text + "))", type, true);
}

Sql Translator::subquery(const Query& inner) {
    const QuerySql rows = query(inner);
    if (rows.columns.size() != 1) {
        fail(116,
             "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.",
             inner.line);
    }
    Sql sql = rows.columns[0].expr;
    sql.text = "(" + rows.text + ")";
    sql.column = false;
    sql.constant = false;
    sql.nullable = true;
    sql.identity = false;
    return sql;
}

Sql Translator::sequence_value(const Expr& expr) {
    const std::string schema = expr.name.size() > 1 ? expr.name[expr.name.size() - 2] : "dbo";
    return typed("nextval('" + quote_name(schema) + "." + quote_name(expr.name.back()) + "')",
                 integer_type(TypeKind::bigint));
}

}  // namespace revsync::sim::tsql
