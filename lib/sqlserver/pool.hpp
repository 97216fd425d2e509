#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sqlserver/worker.hpp"

namespace revsync::sqlserver {

inline constexpr std::size_t pool_limit = 16;

// At most `size` connections, opened when they are needed and kept. Belongs to one thread; whoever comes when all
// are busy waits in order. The executor of the callers must outlive it; unfinished callers may.
class Pool {
public:
    // `size` from 1 to pool_limit. Nothing is connected yet. The first pool should be made before other threads
    // start (initialise_dblib).
    Pool(ConnectionSettings settings, std::size_t size);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Runs blocking work on a connection, off this thread, and resumes on the caller's executor. The work may be
    // done twice (Connection::use), and may refer to the caller's variables. Cancelling the caller cancels the
    // running call. After close(): disposition stopped.
    template <class T>
    boost::asio::awaitable<Result<T>> run(std::function<Result<T>(Session&)> work) {
        return run_on<T>(state_, std::move(work));
    }

    // Open connections, as far as is known.
    std::size_t open_connections() const;
    bool connected() const { return open_connections() > 0; }
    // How many connections have been opened so far: a change means that the server may have become another one.
    std::uint64_t opened() const;
    // Where it connects to, for errors.
    std::string server() const;

    // Cancels what runs and waits for it, at most about the query time-out; ends all connections and threads.
    void close();

private:
    // Shared with the callers' coroutines, which may be destroyed after the pool.
    struct State;
    struct Waiter;
    struct Lease {
        Lease(State* owner, Worker* held) : state{owner}, worker{held} {}
        ~Lease() { release(*state, worker); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        State* state;
        Worker* worker;
    };

    template <class T>
    static boost::asio::awaitable<Result<T>> run_on(std::shared_ptr<State> state,
                                                    std::function<Result<T>(Session&)> work) {
        const Lease lease{state.get(), co_await acquire(*state)};
        if (lease.worker == nullptr) {
            co_return closed_error();
        }
        std::optional<Result<T>> result;
        co_await lease.worker->perform([&](Connection& connection) { result.emplace(connection.use<T>(work)); });
        co_return std::move(*result);
    }

    static Error closed_error();
    // nullptr after close().
    static boost::asio::awaitable<Worker*> acquire(State& state);
    static void release(State& state, Worker* worker);

    const std::shared_ptr<State> state_;
};

}  // namespace revsync::sqlserver
