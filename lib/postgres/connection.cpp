#include "postgres/connection.hpp"

#include <libpq-fe.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <new>
#include <vector>

#include "postgres/errors.hpp"
#include "postgres/lookup.hpp"
#include "postgres/socket_wait.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;
using Time = std::chrono::steady_clock::time_point;

namespace {

Time connect_deadline(const Conninfo& conninfo) {
    return std::chrono::steady_clock::now() + conninfo.connect_timeout;
}

// Notices may quote rows, and libpq would print them.
void ignore_notice(void*, const PGresult*) {}

PGconn* start(const Conninfo& conninfo, const Endpoint& endpoint) {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    const auto add = [&](const char* keyword, const std::string& value) {
        if (!value.empty()) {
            keywords.push_back(keyword);
            values.push_back(value.c_str());
        }
    };
    add("host", endpoint.host);
    add("hostaddr", endpoint.address);
    add("port", endpoint.port);
    for (const auto& [keyword, value] : conninfo.parameters) {
        add(keyword.c_str(), value);
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    PGconn* handle = PQconnectStartParams(keywords.data(), values.data(), 0);
    if (handle == nullptr) {
        throw std::bad_alloc{};
    }
    PQsetErrorVerbosity(handle, PQERRORS_SQLSTATE);
    PQsetNoticeReceiver(handle, ignore_notice, nullptr);
    return handle;
}

// Whether the hand-shake came to its end, good or bad, before the deadline.
asio::awaitable<bool> finish_handshake(PGconn* handle, Time deadline) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    PostgresPollingStatusType next = PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        {
            // libpq may have opened another socket since the last poll.
            SocketWatch watch{executor, PQsocket(handle)};
            const auto interest =
                next == PGRES_POLLING_READING ? SocketWatch::Interest::read : SocketWatch::Interest::write;
            if (!co_await watch.wait(interest, deadline)) {
                co_return false;
            }
        }
        next = PQconnectPoll(handle);
    }
    co_return true;
}

asio::awaitable<Result<std::shared_ptr<Connection>>> connect_to(const Conninfo& conninfo, Endpoint endpoint) {
    auto connection = std::make_shared<Connection>(start(conninfo, endpoint));
    CloseUnlessKept guard{connection};
    if (!co_await finish_handshake(connection->handle(), connect_deadline(conninfo))) {
        co_return connect_timeout_error(conninfo, endpoint);
    }
    if (PQstatus(connection->handle()) != CONNECTION_OK) {
        co_return connect_error(PQerrorMessage(connection->handle()), conninfo, endpoint);
    }
    PQsetnonblocking(connection->handle(), 1);
    guard.keep();
    co_return connection;
}

bool needs_lookup(const Endpoint& endpoint) {
    boost::system::error_code not_numeric;
    asio::ip::make_address(endpoint.host, not_numeric);
    return endpoint.address.empty() && !endpoint.is_local_socket() && not_numeric;
}

// The same endpoint once for each address of its host; none when the host is unknown.
asio::awaitable<std::vector<Endpoint>> addressed(const Conninfo& conninfo, Endpoint endpoint) {
    std::vector<Endpoint> all;
    if (!needs_lookup(endpoint)) {
        all.push_back(std::move(endpoint));
        co_return all;
    }
    for (std::string& address : co_await look_up(endpoint.host, connect_deadline(conninfo))) {
        all.push_back({endpoint.host, std::move(address), endpoint.port});
    }
    co_return all;
}

}  // namespace

void Connection::close() {
    if (handle_ != nullptr) {
        PQfinish(std::exchange(handle_, nullptr));
    }
}

asio::awaitable<Result<std::shared_ptr<Connection>>> connect(const Conninfo& conninfo) {
    Error failure;
    for (const Endpoint& endpoint : conninfo.endpoints) {
        const std::vector<Endpoint> candidates = co_await addressed(conninfo, endpoint);
        if (candidates.empty()) {
            failure = lookup_error(conninfo, endpoint);
        }
        for (const Endpoint& candidate : candidates) {
            auto connected = co_await connect_to(conninfo, candidate);
            if (connected) {
                co_return connected;
            }
            failure = connected.error();
            // A server that answers would refuse the same login at its other addresses.
            if (!failure.code.empty()) {
                break;
            }
        }
    }
    co_return failure;
}

}  // namespace revsync::postgres
