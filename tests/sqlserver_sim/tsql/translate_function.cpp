// Calls of functions: session functions, built-in ones, aggregates, and those a user has defined.
#include <algorithm>
#include <array>

#include "errors.hpp"
#include "function_table.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

Value Translator::literal_argument(const Expr& expr) {
    switch (expr.kind) {
        case ExprKind::string:
        case ExprKind::integer:
            return expr.text;
        case ExprKind::unary:
            return expr.text + literal_argument(*expr.args[0]).value_or("");
        default:
            return std::nullopt;
    }
}

Sql Translator::function(const Expr& expr) {
    if (expr.name.size() > 1) {
        const auto module = env_.function(expr.name);
        if (!module) {
            fail(4121,
                 "Cannot find either column \"" + expr.name.front() +
                     "\" or the user-defined function or aggregate \"" + expr.name.front() + "." + expr.name.back() +
                     "\", or the name is ambiguous.",
                 expr.line);
        }
        return user_function(expr, *module);
    }
    std::vector<Value> literals;
    for (const auto& arg : expr.args) {
        literals.push_back(literal_argument(*arg));
    }
    if (const auto value = env_.intrinsic(expr.text, literals)) {
        Sql sql = literal(*value);
        sql.nullable = true;
        return sql;
    }
    const auto& table = FunctionTable::all();
    const auto found = table.find(expr.text);
    if (found == table.end()) {
        return aggregate(expr);
    }
    if (expr.args.size() < found->second.least || expr.args.size() > found->second.most) {
        const std::string many = std::to_string(found->second.least);
        fail(174, "The " + lower(expr.text) + " function requires " + many + " argument(s).", expr.line);
    }
    return found->second.handler(*this, expr);
}

// A scalar function whose body is RETURN expression becomes that expression.
Sql Translator::user_function(const Expr& expr, const ModuleInfo& module) {
    const Block parsed = parse_batch(module.definition, true);
    const auto& definition = std::get<CreateModule>(parsed.at(0)->body);
    const Statement* body = definition.body.empty() ? nullptr : definition.body[0].get();
    while (body != nullptr && std::holds_alternative<Compound>(body->body)) {
        const auto& inner = std::get<Compound>(body->body).body;
        body = inner.size() == 1 ? inner[0].get() : nullptr;
    }
    const auto* result = body == nullptr ? nullptr : std::get_if<Return>(&body->body);
    if (result == nullptr || !result->value || definition.parameters.size() != expr.args.size()) {
        fail_near(module.name, false, expr.line);
    }
    const std::size_t before = bound_.size();
    std::vector<std::pair<std::string, Sql>> given;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
        Sql value = scalar(*expr.args[i]);
        value.text = convert(value, definition.parameters[i].type);
        value.type = definition.parameters[i].type;
        value.column = value.constant = value.null = false;
        given.emplace_back(definition.parameters[i].name, std::move(value));
    }
    bound_.insert(bound_.end(), given.begin(), given.end());
    Sql value = scalar(*result->value);
    bound_.resize(before);
    value.text = "(" + convert(value, definition.returns) + ")";
    value.type = definition.returns;
    value.column = value.constant = false;
    return value;
}

}  // namespace revsync::sim::tsql
