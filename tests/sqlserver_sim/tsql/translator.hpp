// T-SQL's queries and data changes as PostgreSQL statements. Types are inferred on the way, because T-SQL decides by
// them what "+" or "=" means, and because clients are told the type of every column.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ast.hpp"
#include "catalog.hpp"

namespace revsync::sim::tsql {

struct TypedValue {
    Type type;
    Value value;
};

// What the translation depends on beside the tree: objects, variables, session state and options.
class Environment {
public:
    virtual ~Environment() = default;
    // nullptr: no such object. Understands #temp, @table, inserted and deleted.
    virtual TableInfoPtr table(const Name& name) = 0;
    virtual const Type* variable(const std::string& name) = 0;
    // Session functions and @@globals: their present value. `args` are those given as literals.
    virtual std::optional<TypedValue> intrinsic(std::string_view name, const std::vector<Value>& args) = 0;
    // IF UPDATE(column) in a trigger; nullopt outside of one.
    virtual std::optional<bool> updated(std::string_view column) = 0;
    virtual bool option(std::string_view name) const = 0;
    virtual std::string database() const = 0;
    virtual std::shared_ptr<const ModuleInfo> function(const Name& name) = 0;
};

// One translated expression.
struct Sql {
    std::string text;
    Type type;
    bool nullable = true;
    bool null = false;    // the literal NULL
    bool column = false;  // a bare column reference
    bool identity = false;
    bool computed = false;
    bool json = false;      // JSON text: FOR JSON embeds it as it is
    bool constant = false;  // a string literal
    std::string literal;    // its value
    std::string collation;  // PostgreSQL's collation, empty: the default one
    bool collate = false;   // asked for by COLLATE
    std::string name;       // of the column it shows
};

struct OutputColumn {
    std::string name;
    std::string pg_name;
    Sql expr;
};

struct QuerySql {
    std::string text;
    std::vector<OutputColumn> columns;
    std::string condition;  // when it has a row, if an expression alone tells
};

struct Translated {
    std::string sql;
    std::vector<std::string> parameters;  // the variables behind $1, $2, …
    std::vector<Column> columns;          // of the rows it returns
    std::vector<std::string> locks;       // LOCK TABLE statements that TABLOCK hints ask for
    bool json = false;                    // one JSON text per row, to be cut in pieces
};

// What an INSERT, UPDATE or DELETE became.
struct TranslatedDml : Translated {
    TableInfoPtr target;
    bool returns_rows = false;     // OUTPUT without INTO
    bool counted = false;          // the one row returned holds row count and identity instead
    bool identity_column = false;  // the last column of each row is the identity
    std::vector<std::string> updated;
};

struct Source {
    std::string alias;  // as T-SQL and PostgreSQL name it here
    Name table;         // dotted name it was written with, for schema.table.column
    std::vector<ColumnInfo> columns;
};

struct TypeScope {
    const TypeScope* parent = nullptr;
    std::vector<Source> sources;
};

class Translator {
public:
    explicit Translator(Environment& environment) : env_(environment) {}

    Translated select(const Query& query);
    Translated value(const Expr& expr, const Type* type);  // SELECT expr, converted when a type is given
    Translated condition(const Expr& expr);
    // SELECT @a = x, …: one row with the values, already of the variables' types.
    Translated assignment(const Query& query, std::vector<std::string>& variables);
    // The rows of `query`, with the columns a SELECT … INTO creates.
    Translated select_into(const Query& query, std::vector<ColumnInfo>& columns);
    void insert_into(Translated& select, const TableInfo& target);

    TranslatedDml insert(const Insert& statement, bool identity_insert);
    TranslatedDml update(const Update& statement);
    TranslatedDml remove(const Delete& statement);

    // For the catalog: expressions over the columns of one table.
    Sql column_expression(const Expr& expr, const TableInfo& table);
    std::string column_predicate(const Expr& expr, const TableInfo& table);
    // A view's query; no variables.
    QuerySql view(const Query& query);
    // expr as it is stored in that column: rounded, padded, checked for length.
    std::string store(const Sql& value, const ColumnInfo& column, const TableInfo& table);
    Sql scalar(const Expr& expr);
    std::string convert(const Sql& from, const Type& to, int style = -1);

    static std::string pg_collation(std::string_view collation);

private:
    friend struct FunctionTable;

    // Expressions (translate_expression.cpp).
    Sql literal(const TypedValue& value) const;
    Sql column(const Expr& expr);
    Sql variable(const Expr& expr);
    Sql global(const Expr& expr);
    Sql unary(const Expr& expr);
    Sql arithmetic(const Expr& expr);
    Sql numeric(const std::string& op, Sql left, Sql right);
    Sql add_strings(const Sql& left, const Sql& right);
    Sql case_expression(const Expr& expr);
    Sql local_time(const Expr& expr);
    Sql cast(const Expr& expr);
    Sql at_time_zone(const Expr& expr);
    Sql subquery(const Query& query);
    Sql sequence_value(const Expr& expr);
    std::string attempt(const Sql& from, const Type& to, int style);
    Sql choose(std::vector<std::pair<std::string, Sql>> branches, std::optional<Sql> otherwise);

    // Predicates (translate_predicate.cpp).
    std::string predicate(const Expr& expr);
    std::string compare(const std::string& op, Sql left, Sql right);
    void align(Sql& left, Sql& right);
    std::string in_list(const Expr& expr);
    std::string in_query(const Expr& expr);
    std::string like(const Expr& expr);
    std::string comparable(const Sql& value) const;  // with its collation, for ORDER BY, GROUP BY, MIN

    // Functions (translate_function*.cpp).
    Sql function(const Expr& expr);
    Sql aggregate(const Expr& expr);
    Sql window(const Expr& expr, Sql call, std::string_view cast = {});
    std::string over(const Window& window);
    Sql user_function(const Expr& expr, const ModuleInfo& module);
    Value literal_argument(const Expr& expr);

    // Queries (translate_query.cpp).
    QuerySql query(const Query& query, const std::vector<Type>* wanted = nullptr);
    QuerySql query_body(const Query& query, const std::vector<Type>* wanted);
    QuerySql set_operation(const Query& query, const std::vector<Type>* wanted);
    QuerySql block(const Query& query, const std::vector<Type>* wanted);
    QuerySql values(const SelectCore& core, const std::vector<Type>* wanted);
    std::vector<OutputColumn> select_list(const std::vector<SelectItem>& items);
    void expand_star(const Expr& star, std::vector<OutputColumn>& columns);
    std::string order_by(const Query& query, const std::vector<OutputColumn>& columns, bool positions_only);
    std::string limit(const Query& query);
    std::string lock_clause(const Query& query, bool aggregated);
    std::string with_clause(const std::vector<CommonTable>& tables);
    QuerySql for_json(const Query& query, QuerySql rows);
    std::string json_object(const std::vector<OutputColumn>& columns, const std::vector<std::size_t>& members,
                            std::size_t depth, bool nulls);
    std::string json_value(const OutputColumn& column);
    Translated finish(QuerySql rows);

    // FROM (translate_from.cpp).
    std::string from(const std::vector<TablePtr>& tables);
    std::string table(const TableRef& table);
    std::string named_table(const TableRef& table);
    std::string derived_table(const TableRef& table);
    std::string openjson(const TableRef& table);
    std::string json_column(const JsonColumn& column, bool member);
    std::string table_function(const TableRef& table);
    std::string join(const TableRef& table);
    Source source_of(const TableInfo& table, const std::string& alias, const Name& written) const;
    void collect_locks(const TableRef& table, bool nullable);

    // Data changes (translate_dml.cpp, translate_change.cpp).
    struct Target {
        TableInfoPtr table;
        std::string alias;
        bool direct = true;            // every join is an inner one: PostgreSQL's own FROM can say it
        std::vector<TablePtr> others;  // the tables beside the target, when direct
        std::vector<ExprPtr> conditions;
        std::vector<std::string> hints;
        QueryPtr through;  // the common table expression that stands for the target
    };
    struct Change {
        std::string verb;       // "UPDATE x SET …", "DELETE FROM x"
        std::string rest;       // FROM, WHERE
        std::string old_alias;  // where the values before the change are
        std::string new_alias;
        std::string old_prefix;
    };
    Target dml_target(const Name& name, const std::vector<TablePtr>& from, const std::vector<std::string>& hints,
                      const std::vector<CommonTable>& with, std::int32_t line);
    void flatten(const TablePtr& table, const std::string& alias, Target& target, bool& found);
    std::vector<std::pair<std::string, std::string>> set_list(const std::vector<SetItem>& sets, const Target& target);
    std::string direct_rest(const Target& target, const ExprPtr& where, std::string_view keyword);
    std::string self_join(const Target& target, const std::vector<TablePtr>& from, const ExprPtr& where,
                          const ExprPtr& top, const std::vector<std::pair<std::string, std::string>>& extra,
                          const std::vector<SetItem>* sets, std::vector<std::pair<std::string, std::string>>* assigned);
    void finish_change(const std::optional<OutputClause>& output, const std::string& with, const std::string& change,
                       const Source& inserted, const Source& deleted, const std::string& identity, TranslatedDml& out);
    std::string output_into(const OutputClause& clause, const std::vector<OutputColumn>& columns);
    void require_options(const TableInfo& table, std::string_view verb) const;
    std::vector<const ColumnInfo*> insert_columns(const Insert& statement, const TableInfo& table,
                                                  bool identity_insert);
    std::string insert_rows(const Insert& statement, const TableInfo& table,
                            const std::vector<const ColumnInfo*>& columns);

    TableInfoPtr require_table(const Name& name, std::int32_t line);
    std::string parameter(const std::string& name);
    std::string fresh_alias() { return "q" + std::to_string(++aliases_); }

    bool in_set_operation_ = false;

    template <typename F>
    auto nested(F&& work) {
        TypeScope scope;
        scope.parent = scope_;
        scope_ = &scope;
        struct Restore {
            Translator& self;
            ~Restore() { self.scope_ = const_cast<TypeScope*>(self.scope_->parent); }
        } restore{*this};
        return work();
    }

    struct Cte {
        std::string name;
        QueryPtr query;
        std::vector<ColumnInfo> columns;
    };
    struct Lock {
        std::string alias;
        bool skip = false;
    };

    Environment& env_;
    TypeScope* scope_ = nullptr;
    std::vector<Cte> ctes_;
    std::vector<Lock> locks_;
    std::vector<std::string> table_locks_;
    std::vector<std::string> parameters_;
    // Inside a scalar function that is expanded in place: its parameters.
    std::vector<std::pair<std::string, Sql>> bound_;
    int aliases_ = 0;
};

}  // namespace revsync::sim::tsql
