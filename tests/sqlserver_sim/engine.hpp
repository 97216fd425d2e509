// The seam of the SQL Server stand-in: the wire protocol on one side, T-SQL execution on the other.
//
// The protocol half (tds/) turns packets into calls on a Session and what the session answers into
// tokens. The execution half (tsql/) parses T-SQL, runs it on PostgreSQL and answers through Output.
// Neither half includes a header of the other; both include only this one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace revsync::sim {

enum class TypeKind {
    bit,
    tinyint,
    smallint,
    integer,
    bigint,
    decimal,  // precision, scale
    money,
    smallmoney,
    real,
    float_,
    date,
    time,
    datetime2,
    datetimeoffset,  // scale 0..7
    datetime,
    smalldatetime,
    char_,
    varchar,  // length in bytes, max_length for varchar(max)
    nchar,
    nvarchar,  // length in UTF-16 units, max_length for nvarchar(max)
    text,
    ntext,
    binary,
    varbinary,
    image,  // length in bytes, max_length for varbinary(max)
    uniqueidentifier
};

inline constexpr std::int32_t max_length = -1;

// A T-SQL type. Fields that a kind does not use are 0.
struct Type {
    TypeKind kind = TypeKind::integer;
    std::int32_t length = 0;
    std::uint8_t precision = 0;
    std::uint8_t scale = 0;
};

// A value in its canonical text, nullopt for NULL:
//   bit 0|1 · integers, decimal, money: plain decimal digits, '.', leading '-' · real, float: shortest round trip
//   date YYYY-MM-DD · time hh:mm:ss[.f…] · datetime, smalldatetime, datetime2 "YYYY-MM-DD hh:mm:ss[.f…]"
//   datetimeoffset "YYYY-MM-DD hh:mm:ss[.f…] ±hh:mm" (local time and its offset)
//   every character type: UTF-8 · every binary type: the raw bytes · uniqueidentifier: upper-case 8-4-4-4-12
using Value = std::optional<std::string>;

struct Column {
    std::string name;
    Type type;
    bool nullable = true;
    bool identity = false;
    bool computed = false;
};

// An error (severity above 10) or an informational message, with SQL Server's own numbers.
struct Message {
    std::int32_t number = 0;
    std::uint8_t severity = 16;
    std::uint8_t state = 1;
    std::int32_t line = 1;
    std::string text;
    std::string procedure;
};

enum class EnvironmentChange { database, begin_transaction, commit_transaction, rollback_transaction };

struct Parameter {
    std::string name;  // with its '@', empty when positional
    Type type;
    Value value;
    bool output = false;
    bool use_default = false;
};

// A remote procedure call; system procedures called by id arrive under their names
// (sp_executesql, sp_prepare, sp_prepexec, sp_execute, sp_unprepare, …).
struct Call {
    std::string procedure;
    std::vector<Parameter> parameters;
};

// What a client tells about itself at login.
struct Login {
    std::string user;
    std::string password;  // already unscrambled; never printed
    std::string database;
    std::string application;
    std::string host;
    bool ansi_defaults = false;  // the login asks for ODBC's settings (fODBC): the ANSI options start ON
};

// Thrown out of any Session function when an injected fault asks for the connection to be cut now,
// without another byte to the client.
struct ConnectionCut {};

// Receives what one request produces, in order. Called only on the thread that runs the request.
// Implementations throw std::exception when the client is gone; sessions let it pass.
class Output {
public:
    virtual ~Output() = default;
    virtual void columns(const std::vector<Column>& columns) = 0;
    virtual void row(const std::vector<Value>& values) = 0;
    // The end of one statement; row_count is absent under SET NOCOUNT ON and for statements that have none.
    // `error` tells that the statement failed.
    virtual void statement_done(std::optional<std::uint64_t> row_count, bool error) = 0;
    virtual void message(const Message& message) = 0;
    virtual void environment(EnvironmentChange change, std::string_view new_value) = 0;
    virtual void return_value(const Parameter& parameter) = 0;
    virtual void return_status(std::int32_t status) = 0;
};

// Rows of one INSERT BULK, in the order of the columns the client declared.
class BulkLoad {
public:
    virtual ~BulkLoad() = default;
    virtual void row(const std::vector<Value>& values) = 0;
    // Commits the load and reports the rows through Output::statement_done.
    virtual void finish(Output& output) = 0;
};

// One logged-in connection: one PostgreSQL connection beneath, used by one thread at a time.
class Session {
public:
    virtual ~Session() = default;
    // Runs a batch; parse errors, run-time errors and results all go to `output`.
    virtual void batch(std::string_view sql, Output& output) = 0;
    virtual void call(const Call& call, Output& output) = 0;
    // After a batch "INSERT BULK …" has been accepted; nullptr when there was none.
    virtual std::unique_ptr<BulkLoad> begin_bulk(const std::vector<Column>& columns) = 0;
    // sp_reset_connection: rolls back, drops temporary tables, restores SET options and session context.
    virtual void reset() = 0;
    // Transaction manager requests (tedious uses them): TM_BEGIN_XACT, TM_COMMIT_XACT, TM_ROLLBACK_XACT, TM_SAVE_XACT.
    virtual void begin_transaction(std::string_view name, std::uint8_t isolation, Output& output) = 0;
    virtual void commit_transaction(std::string_view name, Output& output) = 0;
    virtual void rollback_transaction(std::string_view name, Output& output) = 0;
    virtual void save_transaction(std::string_view name, Output& output) = 0;
    // Once the answer to a request is out: what the request leaves behind costs its client no time.
    virtual void clear_up() = 0;
    // Asks the running request to end soon (attention). The only function that any thread may call.
    virtual void cancel() noexcept = 0;
    virtual std::string database() const = 0;
};

struct LoginRefusal {
    Message message;  // 18456, 4060, …
};

// The server behind all sessions. Thread-safe.
class Engine {
public:
    virtual ~Engine() = default;
    // Checks user, password and database; the returned session is ready for use.
    virtual std::unique_ptr<Session> login(const Login& login, std::optional<LoginRefusal>& refusal) = 0;
};

struct EngineOptions {
    std::string backend;  // libpq conninfo of a PostgreSQL database that the engine may fill and own
    std::string user;     // the SQL Server login that is accepted
    std::string password;
    std::string database;  // the SQL Server database's name
};

// Prepares the backend (idempotent) and opens the engine. Throws std::runtime_error with a readable cause.
std::unique_ptr<Engine> open_engine(const EngineOptions& options);

}  // namespace revsync::sim
