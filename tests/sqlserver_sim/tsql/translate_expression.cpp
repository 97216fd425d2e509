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

namespace {

// CAST(… AS datetimeoffset) AT TIME ZONE …
bool is_moment_in_zone(const Expr& expr) {
    if (expr.kind != ExprKind::at_time_zone || expr.args[0]->kind != ExprKind::cast) {
        return false;
    }
    const Expr& moment = *expr.args[0];
    return moment.type.kind == TypeKind::datetimeoffset && moment.type.scale >= 6 && moment.args.size() == 1 &&
           !moment.flag;
}

}  // namespace

// Of a moment in a zone, when the offset is dropped next: of a text the local time alone costs a third of the pair.
Sql Translator::local_time(const Expr& expr) {
    const Expr& moment = *expr.args[0];
    const Sql from = scalar(*moment.args[0]);
    const std::string zone = "sim.zone_name(" + scalar(*expr.args[1]).text + ")";
    if (!is_string(from.type.kind) || from.null) {
        return typed("sim.at_zone(" + convert(from, moment.type) + ", " + zone + ")", moment.type, true);
    }
    return typed("sim.local_in(" + from.text + ", " + zone + ")", Type{TypeKind::datetime2, 0, 0, 7}, true);
}

Sql Translator::cast(const Expr& expr) {
    const Expr& operand = *expr.args[0];
    const bool local = is_timestamp(expr.type.kind) && is_moment_in_zone(operand);
    const Sql from = local ? local_time(operand) : scalar(operand);
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
