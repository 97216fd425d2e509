// Expressions and predicates.
#include <utility>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

ExprPtr Parser::binary(ExprKind kind, std::string op, ExprPtr left, ExprPtr right) const {
    auto expr = node<Expr>(left->line);
    expr->kind = kind;
    expr->text = std::move(op);
    expr->args = {std::move(left), std::move(right)};
    return expr;
}

ExprPtr Parser::expression() {
    ExprPtr left = and_expression();
    while (accept("OR")) {
        left = binary(ExprKind::logic, "OR", left, and_expression());
    }
    return left;
}

ExprPtr Parser::and_expression() {
    ExprPtr left = not_expression();
    while (accept("AND")) {
        left = binary(ExprKind::logic, "AND", left, not_expression());
    }
    return left;
}

ExprPtr Parser::not_expression() {
    if (!at("NOT")) {
        return predicate();
    }
    auto expr = node<Expr>(take().line);
    expr->kind = ExprKind::negate;
    expr->args = {not_expression()};
    return expr;
}

ExprPtr Parser::predicate() {
    if (at("EXISTS")) {
        auto expr = node<Expr>(take().line);
        expr->kind = ExprKind::exists;
        expect_symbol("(");
        expr->query = query();
        expect_symbol(")");
        return expr;
    }
    ExprPtr left = additive();
    while (true) {
        const bool negated = at("NOT") && (at("IN", 1) || at("LIKE", 1) || at("BETWEEN", 1));
        if (negated) {
            take();
        }
        ExprPtr next = predicate_tail(left, negated);
        if (!next) {
            return left;
        }
        left = std::move(next);
    }
}

ExprPtr Parser::predicate_tail(const ExprPtr& left, bool negated) {
    auto expr = node<Expr>(left->line);
    expr->args = {left};
    expr->flag = negated;
    if (accept("IS")) {
        expr->kind = ExprKind::is_null;
        expr->flag = accept("NOT");
        expect("NULL");
    } else if (accept("IN")) {
        expect_symbol("(");
        if (at_query()) {
            expr->kind = ExprKind::in_query;
            expr->query = query();
        } else {
            expr->kind = ExprKind::in_list;
            for (auto& item : expression_list()) {
                expr->args.push_back(std::move(item));
            }
        }
        expect_symbol(")");
    } else if (accept("LIKE")) {
        expr->kind = ExprKind::like;
        expr->args.push_back(additive());
        if (accept("ESCAPE")) {
            expr->args.push_back(additive());
        }
    } else if (accept("BETWEEN")) {
        expr->kind = ExprKind::between;
        expr->args.push_back(additive());
        expect("AND");
        expr->args.push_back(additive());
    } else {
        return comparison_tail(left);
    }
    return expr;
}

ExprPtr Parser::comparison_tail(const ExprPtr& left) {
    static constexpr std::pair<std::string_view, std::string_view> operators[] = {
        {"=", "="},   {"<>", "<>"}, {"!=", "<>"}, {"<", "<"},  {">", ">"},
        {"<=", "<="}, {">=", ">="}, {"!<", ">="}, {"!>", "<="}};
    for (const auto& [written, meant] : operators) {
        if (!accept_symbol(written)) {
            continue;
        }
        if ((at("ANY") || at("SOME") || at("ALL")) && at_symbol("(", 1)) {
            auto expr = node<Expr>(left->line);
            expr->kind = ExprKind::quantified;
            expr->flag = take().keyword == "ALL";
            expr->text = meant;
            expr->args = {left};
            expect_symbol("(");
            expr->query = query();
            expect_symbol(")");
            return expr;
        }
        return binary(ExprKind::compare, std::string(meant), left, additive());
    }
    return nullptr;
}

ExprPtr Parser::additive() {
    ExprPtr left = multiplicative();
    while (at_symbol("+") || at_symbol("-") || at_symbol("&") || at_symbol("|") || at_symbol("^")) {
        std::string op = take().text;
        left = binary(ExprKind::binary, std::move(op), left, multiplicative());
    }
    return left;
}

ExprPtr Parser::multiplicative() {
    ExprPtr left = unary();
    while (at_symbol("*") || at_symbol("/") || at_symbol("%")) {
        std::string op = take().text;
        left = binary(ExprKind::binary, std::move(op), left, unary());
    }
    return left;
}

ExprPtr Parser::unary() {
    if (!at_symbol("-") && !at_symbol("+") && !at_symbol("~")) {
        return postfix();
    }
    const Token op = take();
    auto expr = node<Expr>(op.line);
    expr->kind = ExprKind::unary;
    expr->text = op.text;
    expr->args = {unary()};
    return expr;
}

ExprPtr Parser::postfix() {
    ExprPtr left = primary();
    while (true) {
        if (at("COLLATE")) {
            take();
            auto expr = node<Expr>(left->line);
            expr->kind = ExprKind::collate;
            expr->text = collation();
            expr->args = {left};
            left = expr;
        } else if (at("AT") && at("TIME", 1) && at("ZONE", 2)) {
            accept_all({"AT", "TIME", "ZONE"});
            left = binary(ExprKind::at_time_zone, "", left, primary());
        } else {
            return left;
        }
    }
}

ExprPtr Parser::primary() {
    const Token token = peek();
    auto expr = node<Expr>(token.line);
    expr->text = token.text;
    switch (token.kind) {
        case TokenKind::integer:
            expr->kind = ExprKind::integer;
            break;
        case TokenKind::decimal:
            expr->kind = ExprKind::decimal;
            break;
        case TokenKind::floating:
            expr->kind = ExprKind::floating;
            break;
        case TokenKind::string:
            expr->kind = ExprKind::string;
            expr->flag = token.national;
            break;
        case TokenKind::binary:
            expr->kind = ExprKind::binary_literal;
            break;
        case TokenKind::variable:
            expr->kind = token.text.substr(0, 2) == "@@" ? ExprKind::global : ExprKind::variable;
            expr->text = lower(token.text);
            break;
        case TokenKind::symbol:
            return parenthesized();
        case TokenKind::end:
            unexpected();
        case TokenKind::name:
            return name_or_function();
    }
    take();
    return expr;
}

ExprPtr Parser::parenthesized() {
    if (at_symbol("*")) {
        auto expr = node<Expr>(take().line);
        expr->kind = ExprKind::star;
        return expr;
    }
    expect_symbol("(");
    if (at_query()) {
        auto expr = node<Expr>(peek().line);
        expr->kind = ExprKind::subquery;
        expr->query = query();
        expect_symbol(")");
        return expr;
    }
    ExprPtr inner = expression();
    expect_symbol(")");
    return inner;
}

ExprPtr Parser::name_or_function() {
    static constexpr std::string_view callable[] = {"LEFT", "RIGHT", "COALESCE", "NULLIF", "UPDATE", "IDENTITY"};
    const Token token = peek();
    auto expr = node<Expr>(token.line);
    if (accept("NULL")) {
        return expr;
    }
    if (accept("DEFAULT")) {
        expr->kind = ExprKind::default_;
        return expr;
    }
    if (accept("CASE")) {
        return case_expression();
    }
    if (accept_all({"NEXT", "VALUE", "FOR"})) {
        expr->kind = ExprKind::next_value;
        expr->name = dotted_name();
        return expr;
    }
    if (at_symbol("(", 1)) {
        const bool attempt = at("TRY_CAST") || at("TRY_CONVERT");
        if (attempt || at("CAST") || at("CONVERT")) {
            take();
            return cast_expression(token.keyword == "CONVERT" || token.keyword == "TRY_CONVERT", attempt);
        }
        for (const std::string_view name : callable) {
            if (at(name)) {
                return function({take().text});
            }
        }
    }
    if (at("CURRENT_TIMESTAMP") || at("CURRENT_USER") || at("SESSION_USER") || at("SYSTEM_USER") || at("USER")) {
        expr->kind = ExprKind::function;
        expr->text = take().keyword;
        expr->name = {expr->text};
        return expr;
    }
    Name name{identifier()};
    while (accept_symbol(".")) {
        if (accept_symbol("*")) {
            expr->kind = ExprKind::star;
            expr->name = name;
            return expr;
        }
        name.push_back(at_symbol(".") ? std::string() : identifier());
    }
    if (at_symbol("(")) {
        return function(std::move(name));
    }
    expr->kind = ExprKind::column;
    expr->name = std::move(name);
    return expr;
}

std::vector<ExprPtr> Parser::expression_list() {
    std::vector<ExprPtr> list;
    do {
        list.push_back(expression());
    } while (accept_symbol(","));
    return list;
}

std::vector<OrderItem> Parser::order_list() {
    std::vector<OrderItem> list;
    do {
        OrderItem item;
        item.expr = expression();
        item.descending = accept("DESC");
        if (!item.descending) {
            accept("ASC");
        }
        list.push_back(std::move(item));
    } while (accept_symbol(","));
    return list;
}

}  // namespace revsync::sim::tsql
