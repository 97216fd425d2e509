// SELECT, its table expressions and what follows them.
#include <utility>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"

namespace revsync::sim::tsql {

bool Parser::at_query() const {
    std::size_t ahead = 0;
    while (at_symbol("(", ahead)) {
        ++ahead;
    }
    return at("SELECT", ahead) || (at("WITH", ahead) && ahead == 0) || (at("VALUES", ahead) && ahead == 0);
}

std::vector<CommonTable> Parser::with_clause() {
    std::vector<CommonTable> tables;
    if (!accept("WITH")) {
        return tables;
    }
    do {
        CommonTable table;
        table.name = identifier();
        if (at_symbol("(")) {
            table.columns = name_list();
        }
        expect("AS");
        expect_symbol("(");
        table.query = query();
        expect_symbol(")");
        tables.push_back(std::move(table));
    } while (accept_symbol(","));
    return tables;
}

QueryPtr Parser::query() {
    return query_body(with_clause());
}

QueryPtr Parser::query_body(std::vector<CommonTable> with) {
    auto result = set_expression();
    result->with = std::move(with);
    order_and_paging(*result);
    for_json(*result);
    option_clause();
    return result;
}

std::shared_ptr<Query> Parser::set_expression() {
    auto left = intersect_expression();
    while (at("UNION") || at("EXCEPT")) {
        auto combined = node<Query>(peek().line);
        combined->set_operator = take().keyword;
        if (combined->set_operator == "UNION" && accept("ALL")) {
            combined->set_operator += " ALL";
        }
        combined->left = left;
        combined->right = intersect_expression();
        left = combined;
    }
    return left;
}

std::shared_ptr<Query> Parser::intersect_expression() {
    auto left = query_primary();
    while (at("INTERSECT")) {
        auto combined = node<Query>(take().line);
        combined->set_operator = "INTERSECT";
        combined->left = left;
        combined->right = query_primary();
        left = combined;
    }
    return left;
}

std::shared_ptr<Query> Parser::query_primary() {
    auto result = node<Query>(peek().line);
    if (accept_symbol("(")) {
        result = set_expression();
        order_and_paging(*result);
        expect_symbol(")");
    } else if (accept("VALUES")) {
        do {
            expect_symbol("(");
            result->core.values.push_back(expression_list());
            expect_symbol(")");
        } while (accept_symbol(","));
    } else {
        expect("SELECT");
        select_core(result->core);
    }
    return result;
}

void Parser::select_core(SelectCore& core) {
    core.distinct = accept("DISTINCT");
    if (!core.distinct) {
        accept("ALL");
    }
    core.top = top_clause(&core.top_percent, &core.top_ties);
    core.items = select_items();
    if (accept("INTO")) {
        core.into = dotted_name();
    }
    if (accept("FROM")) {
        core.from = table_list();
    }
    if (accept("WHERE")) {
        core.where = expression();
    }
    if (accept("GROUP")) {
        expect("BY");
        core.group_by = expression_list();
    }
    if (accept("HAVING")) {
        core.having = expression();
    }
}

ExprPtr Parser::top_clause(bool* percent, bool* ties) {
    if (!accept("TOP")) {
        return nullptr;
    }
    ExprPtr count;
    if (accept_symbol("(")) {
        count = expression();
        expect_symbol(")");
    } else {
        count = primary();
    }
    if (accept("PERCENT")) {
        if (percent == nullptr) {
            unexpected();
        }
        *percent = true;
    }
    if (at("WITH") && at("TIES", 1)) {
        if (ties == nullptr) {
            unexpected();
        }
        *ties = accept_all({"WITH", "TIES"});
    }
    return count;
}

std::vector<SelectItem> Parser::select_items() {
    std::vector<SelectItem> items;
    do {
        items.push_back(select_item());
    } while (accept_symbol(","));
    return items;
}

SelectItem Parser::select_item() {
    SelectItem item;
    if (peek().kind == TokenKind::variable && at_symbol("=", 1) && peek().text.substr(0, 2) != "@@") {
        item.variable = variable();
        take();
        item.expr = expression();
        return item;
    }
    if ((at_identifier() || peek().kind == TokenKind::string) && at_symbol("=", 1)) {
        item.alias = take().text;
        take();
        item.expr = expression();
        return item;
    }
    item.expr = expression();
    item.alias = optional_alias(true);
    return item;
}

std::string Parser::optional_alias(bool items) {
    if (accept("AS")) {
        return peek().kind == TokenKind::string ? take().text : identifier();
    }
    if (items && peek().kind == TokenKind::string) {
        return take().text;
    }
    // Words that are not reserved but begin something else here.
    const bool other = at("THROW") || at("OFFSET") || at("OUTPUT") || at("WITHIN") || at("GO") || at("TRY") ||
                       at("OPENJSON") || at("ENABLE") || at("DISABLE") || at("APPLY");
    return at_identifier() && !other ? take().text : std::string();
}

std::vector<TablePtr> Parser::table_list() {
    std::vector<TablePtr> tables;
    do {
        tables.push_back(table_expression());
    } while (accept_symbol(","));
    return tables;
}

TablePtr Parser::table_expression() {
    TablePtr left = table_primary();
    while (true) {
        auto joined = node<TableRef>(peek().line);
        joined->kind = TableKind::join;
        const bool apply = (at("CROSS") || at("OUTER")) && at("APPLY", 1);
        if (apply) {
            joined->kind = TableKind::apply;
            joined->join = take().keyword;
            take();
        } else if (accept_all({"CROSS", "JOIN"})) {
            joined->join = "CROSS";
        } else if (accept("JOIN") || accept_all({"INNER", "JOIN"}) || accept_all({"INNER", "HASH", "JOIN"}) ||
                   accept_all({"INNER", "LOOP", "JOIN"}) || accept_all({"INNER", "MERGE", "JOIN"})) {
            joined->join = "INNER";
        } else if (at("LEFT") || at("RIGHT") || at("FULL")) {
            joined->join = take().keyword;
            accept("OUTER");
            expect("JOIN");
        } else {
            return left;
        }
        joined->left = left;
        joined->right = joined->join == "CROSS" || apply ? table_primary() : table_expression();
        if (joined->kind == TableKind::join && joined->join != "CROSS") {
            expect("ON");
            joined->on = expression();
        }
        left = joined;
    }
}

TablePtr Parser::table_primary() {
    auto table = node<TableRef>(peek().line);
    if (accept_symbol("(")) {
        if (at_query()) {
            table->kind = TableKind::derived;
            table->query = query();
            expect_symbol(")");
            table_alias(*table);
            return table;
        }
        TablePtr inner = table_expression();
        expect_symbol(")");
        return inner;
    }
    if (peek().kind == TokenKind::variable) {
        table->kind = TableKind::variable;
        table->name = {variable()};
        table_alias(*table);
        return table;
    }
    return named_table();
}

std::shared_ptr<TableRef> Parser::named_table() {
    auto table = node<TableRef>(peek().line);
    table->name = dotted_name();
    if (at_symbol("(") && !at("NOLOCK", 1)) {
        take();
        table->kind = same_name(table->name.back(), "OPENJSON") ? TableKind::openjson : TableKind::function;
        if (!at_symbol(")")) {
            table->args = expression_list();
        }
        expect_symbol(")");
        if (table->kind == TableKind::openjson && at("WITH") && at_symbol("(", 1)) {
            openjson_columns(*table);
        }
    }
    table->hints = table_hints();
    table_alias(*table);
    for (auto& hint : table_hints()) {
        table->hints.push_back(std::move(hint));
    }
    return table;
}

void Parser::openjson_columns(TableRef& table) {
    take();
    expect_symbol("(");
    table.has_json_columns = true;
    do {
        JsonColumn column;
        column.name = identifier();
        column.type = data_type();
        if (accept("COLLATE")) {
            collation();
        }
        if (peek().kind == TokenKind::string) {
            column.path = take().text;
        }
        column.as_json = accept_all({"AS", "JSON"});
        table.json_columns.push_back(std::move(column));
    } while (accept_symbol(","));
    expect_symbol(")");
}

void Parser::table_alias(TableRef& table) {
    table.alias = optional_alias(false);
    if (!table.alias.empty() && at_symbol("(") && at_identifier(1) && (at_symbol(",", 2) || at_symbol(")", 2)) &&
        !at("NOLOCK", 1)) {
        table.columns = name_list();
    }
}

std::vector<std::string> Parser::table_hints() {
    std::vector<std::string> hints;
    const bool bare = at_symbol("(") && at("NOLOCK", 1);
    if (!bare && !(at("WITH") && at_symbol("(", 1))) {
        return hints;
    }
    accept("WITH");
    expect_symbol("(");
    while (!accept_symbol(")")) {
        if (peek().kind != TokenKind::name) {
            unexpected();
        }
        hints.push_back(upper(take().text));
        if (accept_symbol("(")) {
            while (!accept_symbol(")")) {
                if (at_end()) {
                    unexpected();
                }
                take();
            }
        }
        accept_symbol(",");
    }
    return hints;
}

void Parser::order_and_paging(Query& query) {
    if (!accept("ORDER")) {
        return;
    }
    expect("BY");
    query.order = order_list();
    if (accept("OFFSET")) {
        query.offset = additive();
        if (!accept("ROWS")) {
            expect("ROW");
        }
        if (accept("FETCH")) {
            if (!accept("NEXT") && !accept("FIRST")) {
                unexpected();
            }
            query.fetch = additive();
            if (!accept("ROWS")) {
                expect("ROW");
            }
            expect("ONLY");
        }
    }
}

void Parser::for_json(Query& query) {
    if (!at("FOR") || !(at("JSON", 1) || at("BROWSE", 1))) {
        return;
    }
    take();
    if (accept("BROWSE")) {
        return;
    }
    take();
    if (!accept("PATH")) {
        expect("AUTO");
        query.json = JsonStyle::automatic;
    } else {
        query.json = JsonStyle::path;
    }
    while (accept_symbol(",")) {
        if (accept("WITHOUT_ARRAY_WRAPPER")) {
            query.json_without_array = true;
        } else if (accept("INCLUDE_NULL_VALUES")) {
            query.json_nulls = true;
        } else {
            expect("ROOT");
            query.json_root = "root";
            if (accept_symbol("(")) {
                if (peek().kind != TokenKind::string) {
                    unexpected();
                }
                query.json_root = take().text;
                expect_symbol(")");
            }
        }
    }
}

void Parser::option_clause() {
    if (!accept("OPTION")) {
        return;
    }
    expect_symbol("(");
    int depth = 1;
    while (depth > 0) {
        if (at_end()) {
            unexpected();
        }
        depth += at_symbol("(") ? 1 : at_symbol(")") ? -1 : 0;
        take();
    }
}

}  // namespace revsync::sim::tsql
