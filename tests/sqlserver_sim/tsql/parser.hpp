// T-SQL text to syntax tree, by recursive descent.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ast.hpp"
#include "lexer.hpp"

namespace revsync::sim::tsql {

// A whole batch. Throws SqlError 102, 105, 113, 156, … before anything of it is run.
Block parse_batch(std::string_view sql, bool quoted_identifier);

// The declaration list of sp_executesql: N'@a int, @b nvarchar(max) OUTPUT'.
std::vector<ParameterDefinition> parse_parameters(std::string_view sql);

// One expression, for instance a column default kept in the catalog.
ExprPtr parse_expression(std::string_view sql);

class Parser {
public:
    Parser(std::string_view sql, bool quoted_identifier) : sql_(sql), tokens_(tokenize(sql, quoted_identifier)) {}

    Block batch();
    std::vector<ParameterDefinition> parameters(bool in_brackets);
    ExprPtr expression();

    bool at_end() const { return peek().kind == TokenKind::end; }
    [[noreturn]] void unexpected() const;

private:
    // The token stream.
    const Token& peek(std::size_t ahead = 0) const;
    Token take();
    bool at(std::string_view keyword, std::size_t ahead = 0) const;
    bool at_symbol(std::string_view symbol, std::size_t ahead = 0) const;
    bool accept(std::string_view keyword);
    bool accept_all(std::initializer_list<std::string_view> keywords);
    bool accept_symbol(std::string_view symbol);
    void expect(std::string_view keyword);
    void expect_symbol(std::string_view symbol);
    std::string source(std::size_t from_offset) const;  // the text from there to the token before this one

    std::string identifier();
    bool at_identifier(std::size_t ahead = 0) const;
    Name dotted_name();
    std::string variable();
    std::string collation();
    Type data_type();
    std::int64_t signed_integer();
    std::vector<std::string> name_list();

    // Expressions, loosest binding first.
    ExprPtr and_expression();
    ExprPtr not_expression();
    ExprPtr predicate();
    ExprPtr predicate_tail(const ExprPtr& left, bool negated);
    ExprPtr comparison_tail(const ExprPtr& left);
    ExprPtr additive();
    ExprPtr multiplicative();
    ExprPtr unary();
    ExprPtr postfix();
    ExprPtr primary();
    ExprPtr name_or_function();
    ExprPtr function(Name name);
    ExprPtr case_expression();
    ExprPtr cast_expression(bool convert, bool attempt);
    ExprPtr parenthesized();
    void over_clause(Expr& call);
    std::string frame_clause();
    std::vector<ExprPtr> expression_list();
    std::vector<OrderItem> order_list();
    ExprPtr binary(ExprKind kind, std::string op, ExprPtr left, ExprPtr right) const;

    // Queries.
    std::vector<CommonTable> with_clause();
    QueryPtr query();
    QueryPtr query_body(std::vector<CommonTable> with);
    std::shared_ptr<Query> set_expression();
    std::shared_ptr<Query> intersect_expression();
    std::shared_ptr<Query> query_primary();
    void select_core(SelectCore& core);
    std::vector<SelectItem> select_items();
    SelectItem select_item();
    std::string optional_alias(bool items);
    std::vector<TablePtr> table_list();
    TablePtr table_expression();
    TablePtr table_primary();
    std::shared_ptr<TableRef> named_table();
    void openjson_columns(TableRef& table);
    void table_alias(TableRef& table);
    std::vector<std::string> table_hints();
    void order_and_paging(Query& query);
    void for_json(Query& query);
    void option_clause();
    ExprPtr top_clause(bool* percent, bool* ties);
    bool at_query() const;

    // Statements.
    StatementPtr statement();
    StatementBody statement_body();
    StatementBody procedural();
    StatementBody with_statement();
    StatementBody declare();
    Declaration declaration();
    StatementBody set();
    StatementBody set_option();
    StatementBody if_statement();
    StatementBody begin();
    StatementBody transaction(TransactionAction action);
    StatementBody throw_statement();
    StatementBody raiserror();
    StatementBody execute();
    Execute execute_call();
    StatementBody waitfor();
    Block block_until_end();
    StatementBody insert(std::vector<CommonTable> with);
    StatementBody insert_bulk();
    StatementBody update(std::vector<CommonTable> with);
    StatementBody delete_statement(std::vector<CommonTable> with);
    std::optional<OutputClause> output_clause();
    Name dml_target();
    StatementBody create();
    StatementBody create_table();
    void table_elements(std::vector<ColumnDefinition>& columns, std::vector<ConstraintDefinition>& constraints);
    ColumnDefinition column_definition(std::vector<ConstraintDefinition>& constraints);
    bool column_option(ColumnDefinition& column, std::vector<ConstraintDefinition>& constraints);
    bool at_constraint() const;
    ConstraintDefinition constraint_definition(const std::string& column);
    void key_options();
    void references(ConstraintDefinition& constraint);
    StatementBody alter();
    StatementBody alter_table();
    StatementBody create_index(bool unique);
    StatementBody drop();
    StatementBody create_module(std::size_t start, bool alter, bool or_alter);
    void procedure_body(CreateModule& module);
    void trigger_body(CreateModule& module);
    void view_body(CreateModule& module);
    void function_body(CreateModule& module);
    StatementBody create_sequence();
    StatementBody trigger_switch(bool enable);

    template <typename T>
    static std::shared_ptr<T> node(std::int32_t line) {
        auto made = std::make_shared<T>();
        made->line = line;
        return made;
    }

    std::string_view sql_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
};

}  // namespace revsync::sim::tsql
