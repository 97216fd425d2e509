#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "postgres/connection.hpp"
#include "postgres/statement.hpp"

namespace revsync::postgres {

struct SessionOptions {
    // How long the server may work on one statement. The wait for the answer ends a little later, so that the
    // server's own word comes first.
    std::chrono::milliseconds statement_timeout{60'000};
    // Every transaction is read-only.
    bool read_only = false;
};

// One connection to a PostgreSQL server, used by one coroutine at a time, on one thread. Nothing blocks: all
// waiting is done by Asio on the executor of the calling coroutine, and every wait has a deadline.
//
// Connects when first used and again after a loss; a loss closes the session. Rows that a row level security
// policy would hide are an error here, never silently absent (row_security = off). Behind a transaction pooler no
// session setting is made, since it would reach other clients.
//
// Cancelling a coroutine inside any of these throws system_error operation_aborted and closes the session;
// destroying the session while one is suspended is safe as long as it is not resumed.
class Session {
public:
    explicit Session(Conninfo conninfo, SessionOptions options = {});

    const Conninfo& conninfo() const { return conninfo_; }

    // Whether the connection is there; a connection that the server ended while it was idle is closed first.
    bool is_open();
    // Connects unless open.
    boost::asio::awaitable<Result<void>> open();
    // Runs the statements in their order, each in a transaction of its own, all sent at once (libpq's pipeline
    // mode): one round trip. One result per statement; a failed one leaves the others untouched. The outer
    // error: not connected, or lost on the way (then nothing is known of any statement). Opens first if need be.
    boost::asio::awaitable<Result<std::vector<Result<Rows>>>> exchange(std::vector<Statement> statements);
    // The same on the connection as it is: an error when it is gone. For what goes on with an open transaction.
    boost::asio::awaitable<Result<std::vector<Result<Rows>>>> resume(std::vector<Statement> statements);
    void close();

    // Whether TLS protects the connection; false when not open.
    bool is_encrypted() const;

private:
    boost::asio::awaitable<Result<std::vector<Result<Rows>>>> run(std::vector<Statement> statements);

    const Conninfo conninfo_;
    const SessionOptions options_;
    std::shared_ptr<Connection> connection_;
};

}  // namespace revsync::postgres
