// Statements that direct the flow: declarations, conditions, loops, calls, transactions, options.
#include <algorithm>
#include <array>
#include <utility>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

ExprPtr text_literal(const Token& token) {
    auto expr = std::make_shared<Expr>();
    expr->kind = ExprKind::string;
    expr->line = token.line;
    expr->text = token.text;
    expr->flag = true;
    return expr;
}

}  // namespace

StatementPtr Parser::statement() {
    auto made = node<Statement>(peek().line);
    made->body = statement_body();
    accept_symbol(";");
    return made;
}

StatementBody Parser::statement_body() {
    if (at("WITH")) {
        return with_statement();
    }
    if (at_query()) {
        return Select{query()};
    }
    if (accept("INSERT")) {
        return insert({});
    }
    if (accept("UPDATE")) {
        if (accept("STATISTICS")) {
            dotted_name();
            return Nothing{};
        }
        return update({});
    }
    if (accept("DELETE")) {
        return delete_statement({});
    }
    if (accept("TRUNCATE")) {
        expect("TABLE");
        return Truncate{dotted_name()};
    }
    if (at("CREATE")) {
        return create();
    }
    if (at("ALTER")) {
        return alter();
    }
    if (accept("DROP")) {
        return drop();
    }
    return procedural();
}

StatementBody Parser::with_statement() {
    auto tables = with_clause();
    if (accept("INSERT")) {
        return insert(std::move(tables));
    }
    if (accept("UPDATE")) {
        return update(std::move(tables));
    }
    if (accept("DELETE")) {
        return delete_statement(std::move(tables));
    }
    return Select{query_body(std::move(tables))};
}

StatementBody Parser::procedural() {
    if (accept("DECLARE")) {
        return declare();
    }
    if (accept("SET")) {
        return set();
    }
    if (accept("IF")) {
        return if_statement();
    }
    if (accept("WHILE")) {
        ExprPtr condition = expression();
        return While{std::move(condition), statement()};
    }
    if (accept("BEGIN")) {
        return begin();
    }
    if (accept("COMMIT")) {
        return transaction(TransactionAction::commit);
    }
    if (accept("ROLLBACK")) {
        return transaction(TransactionAction::rollback);
    }
    if (accept("SAVE")) {
        return transaction(TransactionAction::save);
    }
    if (accept("THROW")) {
        return throw_statement();
    }
    if (accept("RAISERROR")) {
        return raiserror();
    }
    if (accept("PRINT")) {
        return Print{expression()};
    }
    if (accept("RETURN")) {
        const bool bare = at_end() || at_symbol(";") || at("END") || at("ELSE") || peek().kind == TokenKind::name;
        return Return{bare && !at_identifier() ? nullptr : expression()};
    }
    if (at("BREAK") || at("CONTINUE")) {
        return LoopJump{take().keyword == "BREAK"};
    }
    if ((at("ENABLE") || at("DISABLE")) && at("TRIGGER", 1)) {
        return trigger_switch(take().keyword == "ENABLE");
    }
    if (at("EXEC") || at("EXECUTE") || at_identifier()) {
        return execute();
    }
    if (accept("USE")) {
        return Use{identifier()};
    }
    if (accept("WAITFOR")) {
        return waitfor();
    }
    unexpected();
}

StatementBody Parser::declare() {
    Declare declared;
    do {
        declared.items.push_back(declaration());
    } while (accept_symbol(","));
    return declared;
}

Declaration Parser::declaration() {
    Declaration item;
    item.name = variable();
    accept("AS");
    if (accept("TABLE")) {
        item.table = true;
        table_elements(item.columns, item.constraints);
        return item;
    }
    item.type = data_type();
    if (accept_symbol("=")) {
        item.value = expression();
    }
    return item;
}

StatementBody Parser::set() {
    if (peek().kind != TokenKind::variable) {
        return set_option();
    }
    SetVariable made;
    made.name = variable();
    static constexpr std::array operators{"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};
    for (const std::string_view op : operators) {
        if (accept_symbol(op)) {
            made.op = op;
            made.value = expression();
            return made;
        }
    }
    unexpected();
}

StatementBody Parser::set_option() {
    SetOption option;
    if (accept_all({"TRANSACTION", "ISOLATION", "LEVEL"})) {
        option.names = {"ISOLATION"};
        option.value = take().keyword;
        if (option.value == "READ" || option.value == "REPEATABLE") {
            option.value += " " + take().keyword;
        }
        return option;
    }
    if (accept("IDENTITY_INSERT")) {
        option.names = {"IDENTITY_INSERT"};
        option.table = dotted_name();
        option.value = take().keyword;
        return option;
    }
    do {
        if (peek().kind != TokenKind::name) {
            unexpected();
        }
        option.names.push_back(take().keyword);
        if (option.names.back() == "STATISTICS") {
            take();
        }
    } while (accept_symbol(","));
    if (at("ON") || at("OFF")) {
        option.value = take().keyword;
    } else if (at_symbol("-") || at_symbol("+")) {
        option.value = std::to_string(signed_integer());
    } else if (peek().kind == TokenKind::variable) {
        option.expr = primary();
    } else if (at_end() || peek().kind == TokenKind::symbol) {
        unexpected();
    } else {
        option.value = take().text;
    }
    return option;
}

StatementBody Parser::if_statement() {
    If made;
    made.condition = expression();
    made.then = statement();
    std::size_t ahead = 0;
    while (at_symbol(";", ahead)) {
        ++ahead;
    }
    if (at("ELSE", ahead)) {
        at_ += ahead + 1;
        made.otherwise = statement();
    }
    return made;
}

Block Parser::block_until_end() {
    Block block;
    while (true) {
        while (accept_symbol(";")) {
        }
        if (accept("END")) {
            return block;
        }
        block.push_back(statement());
    }
}

StatementBody Parser::begin() {
    if (at("TRAN") || at("TRANSACTION")) {
        return transaction(TransactionAction::begin);
    }
    if (!accept("TRY")) {
        accept_all({"ATOMIC"});
        return Compound{block_until_end()};
    }
    TryCatch made;
    made.body = block_until_end();
    expect("TRY");
    accept_symbol(";");
    expect("BEGIN");
    expect("CATCH");
    made.handler = block_until_end();
    expect("CATCH");
    return made;
}

StatementBody Parser::transaction(TransactionAction action) {
    Transaction made;
    made.action = action;
    if (!accept("TRAN") && !accept("TRANSACTION") && !accept("WORK") && action == TransactionAction::save) {
        unexpected();
    }
    if (peek().kind == TokenKind::variable) {
        made.variable = variable();
    } else if (at_identifier() && !at("THROW")) {
        made.name = identifier();
    }
    if (at("WITH") && at_symbol("(", 1)) {
        take();
        option_clause();
        expect_symbol("(");
        while (!accept_symbol(")")) {
            take();
        }
    }
    return made;
}

StatementBody Parser::throw_statement() {
    Throw made;
    if (peek().kind == TokenKind::integer || peek().kind == TokenKind::variable) {
        made.number = primary();
        expect_symbol(",");
        made.text = primary();
        expect_symbol(",");
        made.state = primary();
    }
    return made;
}

StatementBody Parser::raiserror() {
    RaisError made;
    expect_symbol("(");
    made.text = additive();
    expect_symbol(",");
    made.severity = unary();
    expect_symbol(",");
    made.state = unary();
    while (accept_symbol(",")) {
        made.args.push_back(unary());
    }
    expect_symbol(")");
    if (accept("WITH")) {
        do {
            take();
        } while (accept_symbol(","));
    }
    return made;
}

StatementBody Parser::execute() {
    // A batch may call a procedure without EXEC only as its first statement.
    if (!accept("EXEC") && !accept("EXECUTE") && at_ != 0) {
        unexpected();
    }
    return execute_call();
}

Execute Parser::execute_call() {
    Execute call;
    if (accept_symbol("(")) {
        call.text = expression();
        expect_symbol(")");
        return call;
    }
    if (peek().kind == TokenKind::variable && at_symbol("=", 1)) {
        call.result = variable();
        take();
    }
    if (peek().kind == TokenKind::variable) {
        call.procedure_variable = variable();
    } else {
        call.procedure = dotted_name();
    }
    const auto more = [this] {
        const TokenKind kind = peek().kind;
        return kind == TokenKind::variable || kind == TokenKind::string || kind == TokenKind::integer ||
               kind == TokenKind::decimal || kind == TokenKind::floating || kind == TokenKind::binary || at("NULL") ||
               at("DEFAULT") || at_symbol("-") || at_symbol("+") || (at_identifier() && !at("THROW"));
    };
    if (!more()) {
        return call;
    }
    do {
        Argument argument;
        if (peek().kind == TokenKind::variable && at_symbol("=", 1)) {
            argument.name = variable();
            take();
        }
        if (!more()) {
            unexpected();
        }
        const bool word = at_identifier() && !at("NULL") && !at("DEFAULT");
        argument.value = word ? text_literal(take()) : unary();
        argument.output = accept("OUTPUT") || accept("OUT");
        call.arguments.push_back(std::move(argument));
    } while (accept_symbol(","));
    if (at("WITH") && at("RECOMPILE", 1)) {
        accept_all({"WITH", "RECOMPILE"});
    }
    return call;
}

StatementBody Parser::waitfor() {
    expect("DELAY");
    return WaitFor{primary()};
}

std::vector<ParameterDefinition> Parser::parameters(bool in_brackets) {
    std::vector<ParameterDefinition> list;
    if (at_end() || (in_brackets && at_symbol(")"))) {
        return list;
    }
    do {
        ParameterDefinition parameter;
        parameter.name = variable();
        accept("AS");
        parameter.type = data_type();
        if (accept_symbol("=")) {
            parameter.default_value = unary();
        }
        parameter.output = accept("OUTPUT") || accept("OUT");
        accept("READONLY");
        list.push_back(std::move(parameter));
    } while (accept_symbol(","));
    return list;
}

}  // namespace revsync::sim::tsql
