#include "backend.hpp"

#include <libpq-fe.h>

#include <cstdlib>
#include <stdexcept>

namespace revsync::sim::tsql {

namespace {

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
}

[[noreturn]] void refuse(const PGresult* result, pg_conn* connection) {
    BackendError error;
    error.sqlstate = field(result, PG_DIAG_SQLSTATE);
    error.text = field(result, PG_DIAG_MESSAGE_PRIMARY);
    error.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    error.schema = field(result, PG_DIAG_SCHEMA_NAME);
    error.table = field(result, PG_DIAG_TABLE_NAME);
    error.column = field(result, PG_DIAG_COLUMN_NAME);
    error.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    error.type = field(result, PG_DIAG_DATATYPE_NAME);
    if (error.sqlstate.empty()) {
        error.sqlstate = "08006";
        error.text = PQerrorMessage(connection);
    }
    throw error;
}

}  // namespace

Result::Result(pg_result* raw) noexcept : raw_(raw) {}

void Result::Clear::operator()(pg_result* raw) const noexcept {
    PQclear(raw);
}

int Result::rows() const noexcept {
    return PQntuples(raw_.get());
}

int Result::columns() const noexcept {
    return PQnfields(raw_.get());
}

bool Result::null(int row, int column) const noexcept {
    return PQgetisnull(raw_.get(), row, column) != 0;
}

std::string_view Result::text(int row, int column) const noexcept {
    return {PQgetvalue(raw_.get(), row, column), static_cast<std::size_t>(PQgetlength(raw_.get(), row, column))};
}

Value Result::value(int row, int column) const {
    return null(row, column) ? Value() : Value(std::string(text(row, column)));
}

std::uint64_t Result::affected() const noexcept {
    return std::strtoull(PQcmdTuples(raw_.get()), nullptr, 10);
}

Backend::Backend(const std::string& conninfo) {
    connection_ = PQconnectdb(conninfo.c_str());
    if (PQstatus(connection_) != CONNECTION_OK) {
        const std::string cause = PQerrorMessage(connection_);
        PQfinish(connection_);
        throw std::runtime_error("the backend does not answer: " + cause);
    }
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    cancel_ = PQgetCancel(connection_);
}

Backend::~Backend() {
    PQfreeCancel(cancel_);
    PQfinish(connection_);
}

const std::string& Backend::prepared(const std::string& sql, std::uint64_t schema) {
    constexpr std::size_t most = 300;
    constexpr std::size_t longest = 20'000;
    static const std::string none;
    if (PQtransactionStatus(connection_) == PQTRANS_INERROR || sql.size() > longest ||
        sql.compare(0, 7, "CREATE ") == 0) {
        return none;
    }
    if (schema != schema_ || prepared_.size() >= most) {
        script("DEALLOCATE ALL");
        prepared_.clear();
        schema_ = schema;
    }
    const auto [known, is_new] = prepared_.try_emplace(sql);
    if (!is_new && known->second.empty()) {
        const std::string name = "s" + std::to_string(++next_name_);
        PGresult* raw = PQprepare(connection_, name.c_str(), sql.c_str(), 0, nullptr);
        const Result result(raw);
        if (PQresultStatus(raw) != PGRES_COMMAND_OK) {
            refuse(raw, connection_);
        }
        known->second = name;
    }
    return known->second;
}

Result Backend::run(const std::string& sql, const std::vector<Value>& parameters, std::uint64_t schema) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const Value& value : parameters) {
        values.push_back(value ? value->c_str() : nullptr);
    }
    const std::string name = schema == 0 ? "" : prepared(sql, schema);
    const int count = static_cast<int>(values.size());
    PGresult* raw = name.empty()
                        ? PQexecParams(connection_, sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0)
                        : PQexecPrepared(connection_, name.c_str(), count, values.data(), nullptr, nullptr, 0);
    Result result(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        refuse(raw, connection_);
    }
    return result;
}

void Backend::script(const std::string& sql) {
    PGresult* raw = PQexec(connection_, sql.c_str());
    const Result result(raw);
    const ExecStatusType status = PQresultStatus(raw);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
        refuse(raw, connection_);
    }
}

bool Backend::in_transaction() const noexcept {
    const PGTransactionStatusType status = PQtransactionStatus(connection_);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

bool Backend::alive() const noexcept {
    return PQstatus(connection_) == CONNECTION_OK;
}

int Backend::process_id() const noexcept {
    return PQbackendPID(connection_);
}

void Backend::cancel() noexcept {
    char why[256];
    PQcancel(cancel_, why, sizeof why);
}

}  // namespace revsync::sim::tsql
