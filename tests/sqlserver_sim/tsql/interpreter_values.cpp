// Values and conditions outside of queries. What is plain is decided here, the rest by PostgreSQL.
#include <algorithm>
#include <cstdlib>

#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

std::optional<std::int64_t> small_integer(const TypedValue& value) {
    if (!is_integer(value.type.kind) || !value.value || value.value->size() > 9) {
        return std::nullopt;
    }
    return std::strtoll(value.value->c_str(), nullptr, 10);
}

}  // namespace

Variable* SessionImpl::find_variable(const std::string& name) {
    const auto found = frame_->variables.find(name);
    return found == frame_->variables.end() ? nullptr : &found->second;
}

Variable& SessionImpl::require_variable(const std::string& name) {
    Variable* variable = find_variable(name);
    if (variable == nullptr) {
        fail(137, "Must declare the scalar variable \"" + name + "\".");
    }
    return *variable;
}

// The value of an expression that needs no server: literals, variables, @@globals and sums of small integers.
std::optional<TypedValue> SessionImpl::constant(const Expr& expr) {
    switch (expr.kind) {
        case ExprKind::integer:
            return expr.text.size() > 9 ? std::nullopt : std::optional(TypedValue{integer_type(), expr.text});
        case ExprKind::string:
            return TypedValue{string_type(std::max(1, static_cast<int>(utf16_length(expr.text))), expr.flag),
                              expr.text};
        case ExprKind::variable: {
            const Variable& variable = require_variable(expr.text);
            return TypedValue{variable.type, variable.value};
        }
        case ExprKind::global:
            return intrinsic(upper(expr.text), {});
        case ExprKind::unary:
            if (const auto operand = constant(*expr.args[0]); operand && expr.text == "-") {
                if (const auto number = small_integer(*operand)) {
                    return TypedValue{integer_type(), std::to_string(-*number)};
                }
            }
            return std::nullopt;
        case ExprKind::binary: {
            const bool sum = expr.text == "+" || expr.text == "-";
            const auto left = sum ? constant(*expr.args[0]) : std::nullopt;
            const auto right = left ? constant(*expr.args[1]) : std::nullopt;
            const auto a = left ? small_integer(*left) : std::nullopt;
            const auto b = right ? small_integer(*right) : std::nullopt;
            if (!a || !b) {
                return std::nullopt;
            }
            return TypedValue{integer_type(), std::to_string(expr.text == "+" ? *a + *b : *a - *b)};
        }
        default:
            return std::nullopt;
    }
}

// The value in another type, where that takes no more than looking at it.
std::optional<Value> SessionImpl::fit_constant(const TypedValue& value, const Type& type) const {
    if (!value.value) {
        return Value();
    }
    if (is_string(value.type.kind) && is_string(type.kind) && !is_fixed(type.kind)) {
        return type.length == max_length
                   ? *value.value
                   : std::string(utf16_prefix(*value.value, static_cast<std::size_t>(type.length)));
    }
    const bool wide = type.kind == TypeKind::integer || type.kind == TypeKind::bigint;
    if (wide && small_integer(value)) {
        return *value.value;
    }
    const bool same = value.type.kind == type.kind && value.type.length == type.length &&
                      value.type.scale == type.scale && value.type.precision == type.precision;
    return same ? std::optional<Value>(value.value) : std::nullopt;
}

Value SessionImpl::evaluate(const Expr& expr, const Type& type) {
    if (expr.kind == ExprKind::null) {
        return std::nullopt;
    }
    if (const auto value = constant(expr)) {
        if (auto fitting = fit_constant(*value, type)) {
            return *std::move(fitting);
        }
    }
    const Translated translated = Translator(*this).value(expr, &type);
    Value result;
    guarded([&] {
        const Result rows = run(translated);
        result = rows.value(0, 0);
    });
    if (result && is_binary(type.kind)) {
        return unhex(std::string_view(*result).substr(2));
    }
    return result && type.kind == TypeKind::uniqueidentifier ? Value(upper(*result)) : result;
}

TypedValue SessionImpl::evaluate(const Expr& expr) {
    if (const auto value = constant(expr)) {
        return *value;
    }
    const Translated translated = Translator(*this).value(expr, nullptr);
    TypedValue made;
    made.type = translated.columns[0].type;
    guarded([&] {
        const Result rows = run(translated);
        made.value = from_backend(made.type, rows.value(0, 0));
    });
    return made;
}

TypedValue SessionImpl::converted(const TypedValue& value, const Type& type) {
    if (auto fitting = fit_constant(value, type)) {
        return {type, *std::move(fitting)};
    }
    frame_->variables["@~converted"] = Variable{value.type, value.value};
    Expr expr;
    expr.kind = ExprKind::variable;
    expr.text = "@~converted";
    TypedValue made{type, evaluate(expr, type)};
    frame_->variables.erase("@~converted");
    return made;
}

std::string SessionImpl::text_of(const Expr& expr) {
    return evaluate(expr, string_type(4000)).value_or("");
}

// 1 true, 0 false, -1 unknown; nullopt: PostgreSQL has to say.
std::optional<int> SessionImpl::decide(const Expr& condition) {
    switch (condition.kind) {
        case ExprKind::negate: {
            const auto inner = decide(*condition.args[0]);
            return inner && *inner >= 0 ? std::optional(1 - *inner) : inner;
        }
        case ExprKind::logic: {
            const auto left = decide(*condition.args[0]);
            const auto right = left ? decide(*condition.args[1]) : std::nullopt;
            if (!left || !right) {
                return std::nullopt;
            }
            const bool both = condition.text == "AND";
            if (*left == (both ? 0 : 1) || *right == (both ? 0 : 1)) {
                return both ? 0 : 1;
            }
            return *left < 0 || *right < 0 ? -1 : both ? 1 : 0;
        }
        case ExprKind::is_null: {
            const auto value = constant(*condition.args[0]);
            return value ? std::optional(value->value.has_value() == condition.flag ? 1 : 0) : std::nullopt;
        }
        case ExprKind::compare: {
            const auto left = constant(*condition.args[0]);
            const auto right = left ? constant(*condition.args[1]) : std::nullopt;
            if (!left || !right) {
                return std::nullopt;
            }
            if (!left->value || !right->value) {
                return -1;
            }
            const auto a = small_integer(*left);
            const auto b = small_integer(*right);
            if (!a || !b) {
                return std::nullopt;
            }
            const std::string& op = condition.text;
            return (op == "=" && *a == *b) || (op == "<>" && *a != *b) || (op == "<" && *a < *b) ||
                           (op == ">" && *a > *b) || (op == "<=" && *a <= *b) || (op == ">=" && *a >= *b)
                       ? 1
                       : 0;
        }
        default:
            return std::nullopt;
    }
}

bool SessionImpl::holds(const Expr& condition) {
    if (const auto known = decide(condition)) {
        return *known == 1;
    }
    const Translated translated = Translator(*this).condition(condition);
    bool result = false;
    guarded([&] {
        const Result rows = run(translated);
        result = rows.text(0, 0) == "t";
    });
    return result;
}

}  // namespace revsync::sim::tsql
