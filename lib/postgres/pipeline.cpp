#include "postgres/pipeline.hpp"

#include <libpq-fe.h>
#include <openssl/ssl.h>

#include <boost/asio/this_coro.hpp>

#include "postgres/errors.hpp"
#include "postgres/socket_wait.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;

namespace {

enum class Progress { done, late, lost };

// The state of one conversation; lives in run_pipeline's frame.
struct Conversation {
    PGconn* handle;
    SocketWatch watch;
    std::chrono::milliseconds answer_timeout;
    std::string last_state;  // SQLSTATE of what ended the connection, when the server said so

    std::chrono::steady_clock::time_point deadline() const { return std::chrono::steady_clock::now() + answer_timeout; }
};

// Takes all that has arrived. Input that TLS holds back decrypted never makes the socket readable again.
bool consume(PGconn* handle) {
    auto* tls = static_cast<SSL*>(PQsslStruct(handle, "OpenSSL"));
    do {
        if (PQconsumeInput(handle) == 0) {
            return false;
        }
        // Parse, or the buffer grows with all that is there.
        PQisBusy(handle);
    } while (tls != nullptr && PQstatus(handle) != CONNECTION_BAD && SSL_pending(tls) > 0);
    return true;
}

bool enqueue(PGconn* handle, const Statement& statement) {
    std::vector<const char*> values;
    values.reserve(statement.parameters.size());
    for (const auto& parameter : statement.parameters) {
        values.push_back(parameter ? parameter->c_str() : nullptr);
    }
    return PQsendQueryParams(handle, statement.text.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                             nullptr, nullptr, 0) == 1 &&
           PQpipelineSync(handle) == 1;
}

asio::awaitable<Progress> flush(Conversation& conversation) {
    const auto deadline = conversation.deadline();
    for (;;) {
        const int left = PQflush(conversation.handle);
        if (left < 0) {
            co_return Progress::lost;
        }
        if (left == 0) {
            co_return Progress::done;
        }
        // A server that cannot get rid of its answers stops reading our requests: take them meanwhile.
        if (!co_await conversation.watch.wait(SocketWatch::Interest::read_or_write, deadline)) {
            co_return Progress::late;
        }
        if (!consume(conversation.handle)) {
            co_return Progress::lost;
        }
    }
}

asio::awaitable<Progress> await_result(Conversation& conversation) {
    const auto deadline = conversation.deadline();
    while (PQisBusy(conversation.handle) != 0) {
        if (!co_await conversation.watch.wait(SocketWatch::Interest::read, deadline)) {
            co_return Progress::late;
        }
        if (!consume(conversation.handle)) {
            co_return Progress::lost;
        }
    }
    co_return Progress::done;
}

std::string_view field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text != nullptr ? text : "";
}

bool ends_connection(const PGresult* result) {
    const std::string_view severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC";
}

bool has_succeeded(const PGresult* result) {
    return PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK;
}

// Everything that answers one statement, up to and including its sync.
asio::awaitable<Progress> receive(Conversation& conversation, const Statement& statement,
                                  std::vector<Result<Rows>>& answers) {
    for (;;) {
        if (const Progress progress = co_await await_result(conversation); progress != Progress::done) {
            co_return progress;
        }
        PGresult* const result = PQgetResult(conversation.handle);
        if (result == nullptr) {
            if (PQstatus(conversation.handle) == CONNECTION_BAD) {
                co_return Progress::lost;
            }
            continue;  // the end of the statement's results; its sync is still to come
        }
        Rows rows{result};
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            co_return Progress::done;
        }
        if (has_succeeded(result)) {
            answers.emplace_back(std::move(rows));
            continue;
        }
        const std::string_view state = field(result, PG_DIAG_SQLSTATE);
        if (ends_connection(result) || PQstatus(conversation.handle) == CONNECTION_BAD) {
            conversation.last_state = state;
            co_return Progress::lost;
        }
        const std::string_view constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
        const std::string_view object = constraint.empty() ? field(result, PG_DIAG_COLUMN_NAME) : constraint;
        answers.emplace_back(statement_error(state, field(result, PG_DIAG_MESSAGE_PRIMARY), statement.purpose, object));
    }
}

Error broken_off(const Conversation& conversation, Progress progress, const Conninfo& conninfo,
                 std::string_view purpose) {
    return progress == Progress::late ? answer_timeout_error(conninfo, purpose)
                                      : lost_error(conversation.last_state, conninfo, purpose);
}

}  // namespace

asio::awaitable<Result<std::vector<Result<Rows>>>> run_pipeline(std::shared_ptr<Connection> connection,
                                                                const Conninfo& conninfo,
                                                                std::vector<Statement> statements,
                                                                std::chrono::milliseconds answer_timeout) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    PGconn* const handle = connection->handle();
    CloseUnlessKept guard{std::move(connection)};
    std::vector<Result<Rows>> answers;
    answers.reserve(statements.size());

    Conversation conversation{handle, {executor, PQsocket(handle)}, answer_timeout, {}};
    bool sent = PQenterPipelineMode(handle) == 1;
    for (const Statement& statement : statements) {
        sent = sent && enqueue(handle, statement);
    }
    Progress progress = sent ? co_await flush(conversation) : Progress::lost;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        if (progress == Progress::done) {
            progress = co_await receive(conversation, statements[i], answers);
        }
        if (progress != Progress::done) {
            co_return broken_off(conversation, progress, conninfo, statements[i].purpose);
        }
    }
    if (PQexitPipelineMode(handle) == 1) {
        guard.keep();
    }
    co_return answers;
}

}  // namespace revsync::postgres
