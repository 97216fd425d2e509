// The syntax tree of T-SQL. Built once per text, then shared by sessions: never changed after parsing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "../engine.hpp"

namespace revsync::sim::tsql {

struct Expr;
struct Query;
struct TableRef;
struct Statement;
using ExprPtr = std::shared_ptr<const Expr>;
using QueryPtr = std::shared_ptr<const Query>;
using TablePtr = std::shared_ptr<const TableRef>;
using StatementPtr = std::shared_ptr<const Statement>;
using Block = std::vector<StatementPtr>;
using Name = std::vector<std::string>;  // the parts of a dotted name, outermost first

struct OrderItem {
    ExprPtr expr;
    bool descending = false;
};

struct Window {
    std::vector<ExprPtr> partition;
    std::vector<OrderItem> order;
    std::string frame;  // PostgreSQL writes frames the same way
};

enum class ExprKind {
    integer,
    decimal,
    floating,
    string,
    binary_literal,
    null,
    variable,
    global,
    column,
    star,
    unary,
    binary,
    compare,
    logic,
    negate,
    is_null,
    between,
    in_list,
    in_query,
    quantified,
    like,
    exists,
    case_,
    cast,
    function,
    at_time_zone,
    collate,
    subquery,
    default_,
    next_value
};

struct Expr {
    ExprKind kind = ExprKind::null;
    std::int32_t line = 1;
    std::string text;           // literal, operator, variable, function name in upper case, collation
    Name name;                  // column, star (its qualifier), function as written, sequence
    std::vector<ExprPtr> args;  // operands; CASE: [operand or null] when then … [else or null]
    QueryPtr query;
    std::optional<Window> over;
    std::vector<OrderItem> within;  // WITHIN GROUP (ORDER BY …)
    Type type;                      // cast
    bool flag = false;              // NOT …, N'…', TRY_…, DISTINCT
};

enum class JsonStyle { none, path, automatic };

struct SelectItem {
    ExprPtr expr;
    std::string alias;
    std::string variable;  // SELECT @v = expr
};

struct SelectCore {
    bool distinct = false;
    ExprPtr top;
    bool top_ties = false;
    bool top_percent = false;
    std::vector<SelectItem> items;
    Name into;
    std::vector<TablePtr> from;
    ExprPtr where;
    std::vector<ExprPtr> group_by;
    ExprPtr having;
    std::vector<std::vector<ExprPtr>> values;  // a VALUES constructor instead of all the above
};

struct CommonTable {
    std::string name;
    std::vector<std::string> columns;
    QueryPtr query;
};

struct Query {
    std::int32_t line = 1;
    std::vector<CommonTable> with;
    std::string set_operator;  // UNION, UNION ALL, EXCEPT, INTERSECT; empty: `core`
    QueryPtr left, right;
    SelectCore core;
    std::vector<OrderItem> order;
    ExprPtr offset, fetch;
    JsonStyle json = JsonStyle::none;
    bool json_without_array = false;
    bool json_nulls = false;
    std::string json_root;
};

enum class TableKind { named, variable, derived, join, apply, openjson, function };

struct JsonColumn {
    std::string name;
    Type type;
    std::optional<std::string> path;
    bool as_json = false;
};

struct TableRef {
    TableKind kind = TableKind::named;
    std::int32_t line = 1;
    Name name;
    std::string alias;
    std::vector<std::string> columns;  // alias (a, b)
    std::vector<std::string> hints;    // upper case
    QueryPtr query;
    TablePtr left, right;
    std::string join;  // INNER, LEFT, RIGHT, FULL, CROSS; apply: CROSS, OUTER
    ExprPtr on;
    std::vector<ExprPtr> args;
    std::vector<JsonColumn> json_columns;
    bool has_json_columns = false;
};

struct OutputClause {
    std::vector<SelectItem> items;
    Name into;
    std::vector<std::string> into_columns;
};

struct SetItem {
    Name column;
    std::string op;  // =, +=, …
    ExprPtr value;
};

struct ColumnDefinition {
    std::int32_t line = 1;
    std::string name;
    Type type;
    std::string collation;
    std::optional<bool> nullable;
    bool identity = false;
    std::int64_t seed = 1, increment = 1;
    ExprPtr default_value;
    std::string default_text, default_name;
    ExprPtr computed;
    std::string computed_text;
    bool persisted = false;
};

enum class ConstraintKind { primary_key, unique, foreign_key, check, default_ };

struct ConstraintDefinition {
    ConstraintKind kind = ConstraintKind::check;
    std::string name;
    std::vector<std::string> columns;
    Name referenced;
    std::vector<std::string> referenced_columns;
    std::string on_delete, on_update;
    ExprPtr check;
    std::string text;
    bool clustered = false;
    bool unchecked = false;  // WITH NOCHECK
};

struct ParameterDefinition {
    std::string name;
    Type type;
    ExprPtr default_value;
    bool output = false;
};

struct Argument {
    std::string name;
    ExprPtr value;
    bool output = false;
};

// --- statements -----------------------------------------------------------------------------------------------------

struct Declaration {
    std::string name;
    Type type;
    ExprPtr value;
    bool table = false;
    std::vector<ColumnDefinition> columns;
    std::vector<ConstraintDefinition> constraints;
};
struct Declare {
    std::vector<Declaration> items;
};
struct SetVariable {
    std::string name;
    std::string op;
    ExprPtr value;
};
struct SetOption {
    std::vector<std::string> names;
    std::string value;
    ExprPtr expr;
    Name table;
};
struct If {
    ExprPtr condition;
    StatementPtr then, otherwise;
};
struct While {
    ExprPtr condition;
    StatementPtr body;
};
struct Compound {
    Block body;
};
struct TryCatch {
    Block body, handler;
};
struct Throw {
    ExprPtr number, text, state;
};
struct RaisError {
    ExprPtr text, severity, state;
    std::vector<ExprPtr> args;
};
struct Print {
    ExprPtr text;
};
struct Return {
    ExprPtr value;
};
struct LoopJump {
    bool leave = false;
};
struct Execute {
    std::string result;
    Name procedure;
    std::string procedure_variable;
    std::vector<Argument> arguments;
    ExprPtr text;
};
enum class TransactionAction { begin, commit, rollback, save };
struct Transaction {
    TransactionAction action = TransactionAction::begin;
    std::string name;
    std::string variable;
};
struct Use {
    std::string database;
};
struct WaitFor {
    ExprPtr delay;
};
struct Select {
    QueryPtr query;
};
struct Insert {
    std::vector<CommonTable> with;
    ExprPtr top;
    Name table;
    std::vector<std::string> columns;
    std::optional<OutputClause> output;
    QueryPtr query;
    std::shared_ptr<const Execute> execute;
    bool default_values = false;
};
struct Update {
    std::vector<CommonTable> with;
    ExprPtr top;
    Name table;
    std::vector<std::string> hints;
    std::vector<SetItem> sets;
    std::optional<OutputClause> output;
    std::vector<TablePtr> from;
    ExprPtr where;
};
struct Delete {
    std::vector<CommonTable> with;
    ExprPtr top;
    Name table;
    std::vector<std::string> hints;
    std::optional<OutputClause> output;
    std::vector<TablePtr> from;
    ExprPtr where;
};
struct Truncate {
    Name table;
};
struct InsertBulk {
    Name table;
    std::vector<ColumnDefinition> columns;
    std::vector<std::string> options;
};
struct CreateTable {
    Name table;
    std::vector<ColumnDefinition> columns;
    std::vector<ConstraintDefinition> constraints;
};
enum class AlterAction {
    add,
    drop_column,
    drop_constraint,
    alter_column,
    check,
    nocheck,
    enable_trigger,
    disable_trigger
};
struct AlterTable {
    Name table;
    AlterAction action = AlterAction::add;
    std::vector<ColumnDefinition> columns;
    std::vector<ConstraintDefinition> constraints;
    std::vector<std::string> names;  // empty: ALL
    bool if_exists = false;
};
struct CreateIndex {
    bool unique = false;
    bool clustered = false;
    std::string name;
    Name table;
    std::vector<OrderItem> columns;
    std::vector<std::string> include;
    ExprPtr where;
    bool drop_existing = false;
};
struct Drop {
    std::string kind;
    std::vector<Name> names;
    bool if_exists = false;
    Name on;
};
enum class ModuleKind { procedure, trigger, view, function };
struct CreateModule {
    ModuleKind kind = ModuleKind::procedure;
    bool alter = false, or_alter = false;
    Name name;
    std::string definition;
    std::vector<ParameterDefinition> parameters;
    Block body;
    Name table;
    std::vector<std::string> events;
    std::vector<std::string> columns;
    QueryPtr query;
    Type returns;
};
struct CreateSchema {
    std::string name;
};
struct CreateSequence {
    Name name;
    Type type;
    std::int64_t start = 1, increment = 1;
};
struct Nothing {};  // accepted, without effect

using StatementBody =
    std::variant<Declare, SetVariable, SetOption, If, While, Compound, TryCatch, Throw, RaisError, Print, Return,
                 LoopJump, Execute, Transaction, Use, WaitFor, Select, Insert, Update, Delete, Truncate, InsertBulk,
                 CreateTable, AlterTable, CreateIndex, Drop, CreateModule, CreateSchema, CreateSequence, Nothing>;

struct Statement {
    std::int32_t line = 1;
    StatementBody body;
};

}  // namespace revsync::sim::tsql
