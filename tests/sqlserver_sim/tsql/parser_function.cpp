// Calls, CASE, CAST and window clauses.
#include <utility>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

ExprPtr Parser::function(Name name) {
    auto expr = node<Expr>(peek().line);
    expr->kind = ExprKind::function;
    expr->text = upper(name.back());
    expr->name = std::move(name);
    expect_symbol("(");
    expr->flag = accept("DISTINCT");
    if (!expr->flag) {
        accept("ALL");
    }
    if (!at_symbol(")")) {
        expr->args = expression_list();
    }
    expect_symbol(")");
    if (accept_all({"WITHIN", "GROUP"})) {
        expect_symbol("(");
        expect("ORDER");
        expect("BY");
        expr->within = order_list();
        expect_symbol(")");
    }
    if (accept("OVER")) {
        over_clause(*expr);
    }
    return expr;
}

void Parser::over_clause(Expr& call) {
    Window window;
    expect_symbol("(");
    if (accept("PARTITION")) {
        expect("BY");
        window.partition = expression_list();
    }
    if (accept("ORDER")) {
        expect("BY");
        window.order = order_list();
    }
    if (at("ROWS") || at("RANGE")) {
        window.frame = frame_clause();
    }
    expect_symbol(")");
    call.over = std::move(window);
}

std::string Parser::frame_clause() {
    std::string frame = take().keyword;
    while (!at_symbol(")")) {
        const bool known = at("BETWEEN") || at("AND") || at("UNBOUNDED") || at("PRECEDING") || at("FOLLOWING") ||
                           at("CURRENT") || at("ROW") || peek().kind == TokenKind::integer;
        if (!known) {
            unexpected();
        }
        frame += " " + take().text;
    }
    return frame;
}

ExprPtr Parser::case_expression() {
    auto expr = node<Expr>(peek().line);
    expr->kind = ExprKind::case_;
    expr->args.push_back(at("WHEN") ? nullptr : expression());
    while (accept("WHEN")) {
        expr->args.push_back(expression());
        expect("THEN");
        expr->args.push_back(expression());
    }
    if (expr->args.size() < 3) {
        unexpected();
    }
    expr->args.push_back(accept("ELSE") ? expression() : nullptr);
    expect("END");
    return expr;
}

ExprPtr Parser::cast_expression(bool convert, bool attempt) {
    auto expr = node<Expr>(peek().line);
    expr->kind = ExprKind::cast;
    expr->flag = attempt;
    expect_symbol("(");
    if (convert) {
        expr->type = data_type();
        if (peek(0).kind != TokenKind::symbol) {
            unexpected();
        }
        expect_symbol(",");
        expr->args = {expression()};
        if (accept_symbol(",")) {
            expr->args.push_back(expression());
        }
    } else {
        expr->args = {expression()};
        expect("AS");
        expr->type = data_type();
    }
    // Without a length char, varchar, binary, … mean 30 here, not 1.
    const bool sized = peek().kind == TokenKind::symbol && at_ > 0 && tokens_[at_ - 1].text == ")";
    if (expr->type.length == 1 && !sized) {
        expr->type.length = convert && at_symbol(")") && expr->args.size() > 1 ? 1 : 30;
    }
    expect_symbol(")");
    return expr;
}

}  // namespace revsync::sim::tsql
