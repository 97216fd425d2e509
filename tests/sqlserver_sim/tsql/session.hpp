// One session: the interpreter of T-SQL, with the state that outlives a request. Used by one thread at a time, except
// for cancel().
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ast.hpp"
#include "backend.hpp"
#include "catalog.hpp"
#include "errors.hpp"
#include "options.hpp"
#include "server.hpp"
#include "translator.hpp"

namespace revsync::sim::tsql {

struct Variable {
    Type type;
    Value value;
};

struct TemporaryTable {
    std::shared_ptr<TableInfo> info;
    std::string create;           // the statement that made it
    bool variable = false;        // DECLARE @t TABLE
    bool in_transaction = false;  // made in the transaction that is open
    std::string definition;       // name and columns, by which it can serve again; empty: it cannot
    int uses = 1;
};

// An empty temporary table that waits for the next one of its definition: to make and drop one costs milliseconds.
struct SpareTable {
    std::string pg;
    int uses = 0;
};

struct TriggerContext {
    TableInfoPtr inserted, deleted;
    std::vector<std::string> updated;
    std::string event;
};

// One running batch, procedure, trigger or sp_executesql text.
struct Frame {
    Frame* caller = nullptr;
    std::map<std::string, Variable> variables;
    std::map<std::string, TemporaryTable> tables;  // made here, dropped at the end
    std::string procedure;
    int line = 1;
    int return_status = 0;
    const TriggerContext* trigger = nullptr;
    std::optional<SqlError> caught;  // inside a CATCH block
};

enum class Flow { next, leave_loop, next_round, leave_module };

struct BatchEnd {};  // everything up to the batch ends; the client has been told why
struct Cancelled {};

// An argument of a call; outputs are written back.
struct CallArgument {
    std::string name;
    TypedValue value;
    bool output = false;
    bool use_default = false;
    std::string variable;  // the caller's, for an output
};

struct PreparedStatement {
    std::string declaration;
    std::string sql;
};

class SessionImpl final : public Session, private Environment {
public:
    SessionImpl(std::shared_ptr<Server> server, const Login& login);
    ~SessionImpl() override;

    void batch(std::string_view sql, Output& output) override;
    void call(const Call& call, Output& output) override;
    std::unique_ptr<BulkLoad> begin_bulk(const std::vector<Column>& columns) override;
    void reset() override;
    void clear_up() override;
    void begin_transaction(std::string_view name, std::uint8_t isolation, Output& output) override;
    void commit_transaction(std::string_view name, Output& output) override;
    void rollback_transaction(std::string_view name, Output& output) override;
    void save_transaction(std::string_view name, Output& output) override;
    void cancel() noexcept override;
    std::string database() const override;

    // For the bulk load.
    void bulk_insert(const TableInfo& table, const std::vector<Column>& columns, bool keep_identity,
                     const std::vector<std::vector<Value>>& rows, Output& output);

private:
    // Requests (session.cpp).
    void request(Output& output, const std::function<void()>& work);
    void transaction_request(Output& output, const std::function<void()>& work);
    void report(const SqlError& error);
    void finish_request();
    void bulk_rows(const TableInfo& table, const std::vector<Column>& columns, bool keep_identity,
                   const std::vector<std::vector<Value>>& rows);
    void set_up();

    // Flow (interpreter.cpp).
    Flow run_block(const Block& block);
    Flow run(const Statement& statement);
    Flow dispatch(const Statement& statement);
    Flow execute(const If& s);
    Flow execute(const While& s);
    Flow execute(const TryCatch& s);
    Flow execute(const Return& s);
    void execute(const Declare& s);
    void execute(const SetVariable& s);
    void execute(const SetOption& s);
    void execute(const Throw& s);
    void execute(const RaisError& s);
    void execute(const Print& s);
    void execute(const Use& s);
    void execute(const WaitFor& s);
    void failed(SqlError error);
    void set_option(const std::string& name, const SetOption& s);
    std::string raised_text(const RaisError& s);

    // Transactions (interpreter_transaction.cpp).
    void execute(const Transaction& s);
    void begin();
    void commit();
    void rollback_all();
    void rollback(const std::string& name);
    void save(const std::string& name);
    void commit_backend();
    bool needs_savepoint() const;
    void guarded(const std::function<void()>& work);
    void settle_counts(bool committed);
    void forget_temporary_tables();

    // Queries and data changes (interpreter_dml.cpp).
    void execute(const Select& s);
    void execute(const Insert& s);
    void execute(const Update& s);
    void execute(const Delete& s);
    void execute(const Truncate& s);
    void execute(const InsertBulk& s);
    void select_into(const Query& query);
    void insert_executed(const Insert& s);
    void change(const char* event, const std::function<TranslatedDml()>& translate);
    void run_change(const char* event, const TranslatedDml& dml);
    int trigger_depth() const;  // how many triggers the statement in hand runs inside
    void fire_triggers(const char* event, const TranslatedDml& dml, std::uint64_t rows);
    void fire(const TriggerInfo& trigger, const TriggerContext& context, std::uint64_t rows);
    void change_faults();
    Result run(const Translated& translated);
    Result query(const std::string& sql, const std::vector<Value>& parameters = {});
    void send_rows(const Translated& translated, const Result& rows, bool skip_first = false);
    void send_json(const Translated& translated, const Result& rows);
    void done(std::optional<std::uint64_t> rows, bool error = false);
    Value from_backend(const Type& type, const Value& value) const;

    // Values (interpreter_values.cpp).
    Value evaluate(const Expr& expr, const Type& type);
    TypedValue evaluate(const Expr& expr);
    bool holds(const Expr& condition);
    std::optional<TypedValue> constant(const Expr& expr);
    std::optional<int> decide(const Expr& condition);
    std::optional<Value> fit_constant(const TypedValue& value, const Type& type) const;
    Variable* find_variable(const std::string& name);
    Variable& require_variable(const std::string& name);
    std::string text_of(const Expr& expr);

    // Definitions (interpreter_ddl.cpp, interpreter_module.cpp).
    void execute(const CreateTable& s);
    void execute(const AlterTable& s);
    void execute(const CreateIndex& s);
    void execute(const Drop& s);
    void execute(const CreateModule& s);
    void execute(const CreateSchema& s);
    void execute(const CreateSequence& s);
    void create_temporary(const std::string& name, const std::vector<ColumnDefinition>& columns,
                          const std::vector<ConstraintDefinition>& constraints, bool variable);
    void drop_temporary(const std::string& name);
    void drop_one(const Drop& s, const Name& name);
    void alter_table(const AlterTable& s, const TableInfo& target);
    void add_columns(const AlterTable& s, const TableInfo& target);
    void alter_column(const AlterTable& s, const TableInfo& target);
    void drop_parts(const AlterTable& s, const TableInfo& target);
    void switch_constraints(const AlterTable& s, const TableInfo& target);
    void create_view(const CreateModule& s, const std::string& schema, const std::string& name,
                     const std::string& object_id);
    static std::string joined(const std::vector<std::string>& names);
    void schema_changed();
    void in_transaction(const std::function<void()>& work);
    std::pair<std::string, std::string> schema_and_name(const Name& name) const;

    // Calls (interpreter_call.cpp, system_procedures.cpp, application_lock.cpp).
    void execute(const Execute& s);
    int call_procedure(const Name& name, std::vector<CallArgument>& arguments);
    int run_module(const ModuleInfo& module, std::vector<CallArgument>& arguments);
    int execute_sql(std::vector<CallArgument>& arguments);
    int run_text(const std::string& sql, const std::vector<ParameterDefinition>& parameters,
                 std::vector<CallArgument>& arguments, std::size_t first);
    int in_frame(const std::string& procedure, const std::function<void(Frame&)>& prepare,
                 const std::function<void()>& body, const std::function<void(Frame&)>& collect);
    void bind_arguments(Frame& frame, const std::vector<ParameterDefinition>& parameters,
                        std::vector<CallArgument>& arguments, std::size_t first, const std::string& procedure);
    void drop_frame_tables(Frame& frame);
    void collect_garbage();
    using SystemProcedure = int (SessionImpl::*)(std::vector<CallArgument>&);
    static const std::map<std::string, SystemProcedure>& system_procedures();
    int sp_prepare(std::vector<CallArgument>& arguments);
    int sp_prepexec(std::vector<CallArgument>& arguments);
    int sp_execute(std::vector<CallArgument>& arguments);
    int sp_unprepare(std::vector<CallArgument>& arguments);
    int sp_set_session_context(std::vector<CallArgument>& arguments);
    int sp_getapplock(std::vector<CallArgument>& arguments);
    int sp_releaseapplock(std::vector<CallArgument>& arguments);
    int sp_sim_fault(std::vector<CallArgument>& arguments);
    int sp_sim_counts(std::vector<CallArgument>& arguments);
    struct PropertyOwner {
        std::string major, minor;  // ids
    };
    PropertyOwner property_owner(const std::vector<CallArgument>& arguments, std::size_t first_level);
    int sp_addextendedproperty(std::vector<CallArgument>& arguments);
    int sp_dropextendedproperty(std::vector<CallArgument>& arguments);
    int sp_reset_connection(std::vector<CallArgument>& arguments);
    int sp_tables(std::vector<CallArgument>& arguments);
    int sp_columns(std::vector<CallArgument>& arguments);
    int wait_for_lock(const std::string& sql, int timeout_ms);
    void release_transaction_locks();
    // APPLOCK_MODE: of the locks that this session holds.
    std::string application_lock_mode(std::string_view resource, std::string_view owner) const;
    void pause(int milliseconds);
    TypedValue converted(const TypedValue& value, const Type& type);

    // Environment (environment.cpp).
    TableInfoPtr table(const Name& name) override;
    const Type* variable(const std::string& name) override;
    std::optional<TypedValue> intrinsic(std::string_view name, const std::vector<Value>& args) override;
    std::optional<TypedValue> error_function(std::string_view name) const;
    std::optional<TypedValue> server_function(std::string_view name, const std::vector<Value>& args) const;
    std::optional<bool> updated(std::string_view column) override;
    bool option(std::string_view name) const override { return options_.get(name); }
    std::shared_ptr<const ModuleInfo> function(const Name& name) override;
    TemporaryTable* find_temporary(const std::string& name);
    SqlError translate_error(const BackendError& error);
    void throw_if_cancelled() const;
    Message conflict(const BackendError& error) const;
    Message not_null(const BackendError& error) const;
    Message duplicate(const BackendError& error);
    Message conversion(const BackendError& error) const;
    std::string dotted_table(const BackendError& error) const;

    std::shared_ptr<Server> server_;
    Login login_;
    Backend backend_;
    Catalog catalog_;
    int session_id_;
    std::string database_;
    Output* output_ = nullptr;

    Options options_;
    Options login_options_;
    Frame session_frame_;  // temporary tables of batches
    Frame* frame_ = &session_frame_;
    Frame* batch_frame_ = nullptr;
    int depth_ = 0;
    int try_depth_ = 0;
    TableInfoPtr changing_;        // the target of the running data change, for messages
    std::string verb_ = "INSERT";  // of the running data change, for messages

    int transactions_ = 0;     // @@TRANCOUNT
    bool autocommit_ = false;  // the open transaction is a single statement's own
    bool doomed_ = false;      // XACT_STATE() = -1
    bool wrote_ = false;
    bool first_change_ = true;  // no data change yet in this transaction
    bool schema_touched_ = false;
    std::uint64_t pending_inserted_ = 0, pending_updated_ = 0, pending_deleted_ = 0;

    std::uint64_t row_count_ = 0;
    int error_ = 0;
    Value scope_identity_, identity_;
    std::map<std::string, TypedValue> context_;
    std::set<std::string> read_only_context_;
    std::vector<TemporaryTable> garbage_;                  // of ended scopes, to be dropped or emptied
    std::multimap<std::string, SpareTable> spare_tables_;  // by definition
    bool restore_lock_timeout_ = false;
    std::map<int, PreparedStatement> prepared_;
    int next_handle_ = 1;
    std::uint64_t next_temporary_ = 1;
    std::uint64_t next_transaction_ = 1;
    struct ApplicationLock {
        std::string resource;
        std::int64_t key;
        bool shared;
    };
    std::vector<ApplicationLock> transaction_locks_, session_locks_;
    struct BulkTarget {
        TableInfoPtr table;
        bool keep_identity = false;
        std::vector<std::string> columns;
    };
    std::optional<BulkTarget> bulk_;
    std::atomic<bool> cancelled_{false};
    std::mutex pause_mutex_;
    std::condition_variable pause_;
};

}  // namespace revsync::sim::tsql
