#include "postgres/session.hpp"

#include <libpq-fe.h>

#include "postgres/errors.hpp"
#include "postgres/pipeline.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds grace{5'000};  // for the server's own time-out to reach us

Statement set_up(const SessionOptions& options) {
    // One SELECT, so that it also passes where SET is filtered. A policy must not hide rows without a word.
    std::string text =
        "SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
        " set_config('IntervalStyle', 'iso_8601', false), set_config('extra_float_digits', '1', false),"
        " set_config('row_security', 'off', false), set_config('statement_timeout', $1, false)";
    if (options.read_only) {
        text += ", set_config('default_transaction_read_only', 'on', false)";
    }
    return {"set up the session", std::move(text), {std::to_string(options.statement_timeout.count())}};
}

}  // namespace

Session::Session(Conninfo conninfo, SessionOptions options) : conninfo_{std::move(conninfo)}, options_{options} {}

void Session::close() {
    if (connection_) {
        connection_->close();
        connection_.reset();
    }
}

bool Session::is_open() {
    if (!connection_ || connection_->handle() == nullptr) {
        return false;
    }
    // The server's last words and the end of the stream are two reads.
    PGconn* const handle = connection_->handle();
    bool alive = PQconsumeInput(handle) == 1;
    alive = alive && PQconsumeInput(handle) == 1;
    if (!alive || PQstatus(handle) == CONNECTION_BAD) {
        close();
        return false;
    }
    return true;
}

bool Session::is_encrypted() const {
    return connection_ && connection_->handle() != nullptr && PQsslInUse(connection_->handle()) != 0;
}

asio::awaitable<Result<void>> Session::open() {
    if (is_open()) {
        co_return Result<void>{};
    }
    auto connected = co_await connect(conninfo_);
    if (!connected) {
        co_return connected.error();
    }
    connection_ = std::move(*connected);
    if (conninfo_.is_transaction_pooler()) {
        co_return Result<void>{};
    }
    std::vector<Statement> statements;
    statements.push_back(set_up(options_));
    auto answers = co_await run(std::move(statements));
    if (!answers) {
        co_return answers.error();
    }
    if (const auto& settings = answers->front(); !settings) {
        close();
        co_return settings.error();
    }
    co_return Result<void>{};
}

asio::awaitable<Result<std::vector<Result<Rows>>>> Session::exchange(std::vector<Statement> statements) {
    if (auto opened = co_await open(); !opened) {
        co_return opened.error();
    }
    co_return co_await run(std::move(statements));
}

asio::awaitable<Result<std::vector<Result<Rows>>>> Session::resume(std::vector<Statement> statements) {
    if (!is_open()) {
        co_return lost_error({}, conninfo_, statements.empty() ? "go on" : statements.front().purpose);
    }
    co_return co_await run(std::move(statements));
}

asio::awaitable<Result<std::vector<Result<Rows>>>> Session::run(std::vector<Statement> statements) {
    co_return co_await run_pipeline(connection_, conninfo_, std::move(statements), options_.statement_timeout + grace);
}

}  // namespace revsync::postgres
