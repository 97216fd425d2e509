#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "postgres/conninfo.hpp"

struct pg_conn;  // libpq's PGconn

namespace revsync::postgres {

// Owns libpq's handle. Shared between a session and the coroutines that use it, so that either may end first.
class Connection {
public:
    explicit Connection(pg_conn* handle) : handle_{handle} {}
    ~Connection() { close(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Null once closed.
    pg_conn* handle() const { return handle_; }
    void close();

private:
    pg_conn* handle_;
};

// Closes the connection unless the scope is left by way of `keep()`: what remains after an exception, a
// cancellation or a destroyed coroutine is a connection in the middle of a conversation.
class CloseUnlessKept {
public:
    explicit CloseUnlessKept(std::shared_ptr<Connection> connection) : connection_{std::move(connection)} {}
    ~CloseUnlessKept() {
        if (connection_) {
            connection_->close();
        }
    }
    CloseUnlessKept(const CloseUnlessKept&) = delete;
    CloseUnlessKept& operator=(const CloseUnlessKept&) = delete;

    void keep() { connection_.reset(); }

private:
    std::shared_ptr<Connection> connection_;
};

// Connects without ever blocking: every address of every endpoint in turn, each for connect_timeout at most.
// The error is that of the last one tried. Cancellation throws system_error operation_aborted.
boost::asio::awaitable<Result<std::shared_ptr<Connection>>> connect(const Conninfo& conninfo);

}  // namespace revsync::postgres
