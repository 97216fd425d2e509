// INSERT, UPDATE, DELETE, INSERT BULK.
#include <utility>

#include "parser.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

Name Parser::dml_target() {
    if (peek().kind == TokenKind::variable) {
        return {variable()};
    }
    return dotted_name();
}

std::optional<OutputClause> Parser::output_clause() {
    if (!accept("OUTPUT")) {
        return std::nullopt;
    }
    OutputClause clause;
    clause.items = select_items();
    if (accept("INTO")) {
        clause.into = dml_target();
        if (at_symbol("(")) {
            clause.into_columns = name_list();
        }
    }
    return clause;
}

StatementBody Parser::insert(std::vector<CommonTable> with) {
    Insert made;
    made.with = std::move(with);
    if (at("BULK")) {
        take();
        return insert_bulk();
    }
    made.top = top_clause(nullptr, nullptr);
    accept("INTO");
    made.table = dml_target();
    table_hints();
    if (at_symbol("(") && !at("SELECT", 1) && !at_symbol("(", 1)) {
        made.columns = name_list();
    }
    made.output = output_clause();
    if (accept("DEFAULT")) {
        expect("VALUES");
        made.default_values = true;
    } else if (at("EXEC") || at("EXECUTE")) {
        take();
        made.execute = std::make_shared<Execute>(execute_call());
    } else if (at_query()) {
        made.query = query();
    } else {
        unexpected();
    }
    return made;
}

StatementBody Parser::insert_bulk() {
    InsertBulk made;
    made.table = dotted_name();
    expect_symbol("(");
    do {
        ColumnDefinition column;
        column.name = identifier();
        column.type = data_type();
        if (accept("COLLATE")) {
            column.collation = collation();
        }
        made.columns.push_back(std::move(column));
    } while (accept_symbol(","));
    expect_symbol(")");
    if (accept("WITH")) {
        expect_symbol("(");
        while (!accept_symbol(")")) {
            if (at_end()) {
                unexpected();
            }
            const Token word = take();
            if (word.kind == TokenKind::name && word.keyword != "ORDER") {
                made.options.push_back(word.keyword);
            }
        }
    }
    return made;
}

StatementBody Parser::update(std::vector<CommonTable> with) {
    Update made;
    made.with = std::move(with);
    made.top = top_clause(nullptr, nullptr);
    made.table = dml_target();
    made.hints = table_hints();
    expect("SET");
    do {
        SetItem item;
        item.column = dotted_name();
        if (peek().kind != TokenKind::symbol || peek().text.back() != '=') {
            unexpected();
        }
        item.op = take().text;
        item.value = expression();
        made.sets.push_back(std::move(item));
    } while (accept_symbol(","));
    made.output = output_clause();
    if (accept("FROM")) {
        made.from = table_list();
    }
    if (accept("WHERE")) {
        made.where = expression();
    }
    option_clause();
    return made;
}

StatementBody Parser::delete_statement(std::vector<CommonTable> with) {
    Delete made;
    made.with = std::move(with);
    made.top = top_clause(nullptr, nullptr);
    accept("FROM");
    made.table = dml_target();
    made.hints = table_hints();
    made.output = output_clause();
    if (accept("FROM")) {
        made.from = table_list();
    }
    if (accept("WHERE")) {
        made.where = expression();
    }
    option_clause();
    return made;
}

}  // namespace revsync::sim::tsql
