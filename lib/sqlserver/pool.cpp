#include "sqlserver/pool.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <vector>

#include "runtime/event.hpp"
#include "sqlserver/dblib.hpp"

namespace revsync::sqlserver {

namespace asio = boost::asio;

struct Pool::State {
    const ConnectionSettings settings;
    const std::size_t size;
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<Worker*> idle;  // the last one used is taken first, so that quiet times need one connection
    std::deque<Waiter*> waiters;
    bool closed = false;
};

// A caller in the queue. It leaves the queue, or gives back what it was granted, however its wait ends.
struct Pool::Waiter {
    Waiter(State& owner, const asio::any_io_executor& executor) : state{owner}, ready{executor} {
        state.waiters.push_back(this);
    }
    ~Waiter() {
        std::erase(state.waiters, this);
        release(state, granted);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    State& state;
    Event ready;
    Worker* granted = nullptr;
};

Pool::Pool(ConnectionSettings settings, std::size_t size)
    : state_{std::make_shared<State>(State{.settings = std::move(settings),
                                           .size = std::clamp<std::size_t>(size, 1, pool_limit),
                                           .workers = {},
                                           .idle = {},
                                           .waiters = {}})} {
    initialise_dblib();  // a failure is reported by the first connection
}

Pool::~Pool() {
    close();
}

std::size_t Pool::open_connections() const {
    const auto open = [](const auto& worker) { return worker->connection().open(); };
    return static_cast<std::size_t>(std::ranges::count_if(state_->workers, open));
}

std::uint64_t Pool::opened() const {
    std::uint64_t sum = 0;
    for (const auto& worker : state_->workers) {
        sum += worker->connection().opened();
    }
    return sum;
}

std::string Pool::server() const {
    return address(state_->settings);
}

void Pool::close() {
    state_->closed = true;
    for (const auto& worker : state_->workers) {
        worker->cancel();
    }
    state_->idle.clear();
    state_->workers.clear();
    for (auto* waiter : state_->waiters) {
        waiter->ready.set();
    }
}

Error Pool::closed_error() {
    return {Disposition::stopped, "", "the connections to SQL Server are closed"};
}

asio::awaitable<Worker*> Pool::acquire(State& state) {
    if (state.closed) {
        co_return nullptr;
    }
    if (!state.idle.empty()) {
        Worker* worker = state.idle.back();
        state.idle.pop_back();
        co_return worker;
    }
    if (state.workers.size() < state.size) {
        co_return state.workers.emplace_back(std::make_unique<Worker>(state.settings)).get();
    }
    Waiter waiter{state, co_await asio::this_coro::executor};
    co_await waiter.ready.wait();
    co_return std::exchange(waiter.granted, nullptr);
}

void Pool::release(State& state, Worker* worker) {
    if (worker == nullptr || state.closed) {
        return;
    }
    if (state.waiters.empty()) {
        state.idle.push_back(worker);
        return;
    }
    Waiter* next = state.waiters.front();
    state.waiters.pop_front();
    next->granted = worker;
    next->ready.set();
}

}  // namespace revsync::sqlserver
