#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "postgres/socket_wait.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;

namespace {

struct Signal {
    asio::steady_timer timer;
    bool ready = false;
};

}  // namespace

SocketWatch::SocketWatch(const asio::any_io_executor& executor, int socket) : socket_{executor, socket} {}

SocketWatch::~SocketWatch() {
    socket_.release();
}

asio::awaitable<bool> SocketWatch::wait(Interest interest, std::chrono::steady_clock::time_point deadline) {
    // Shared with the handlers, which may run after this coroutine is gone.
    const auto signal = std::make_shared<Signal>(Signal{asio::steady_timer{socket_.get_executor(), deadline}});
    const auto wake = [signal](boost::system::error_code outcome) {
        if (outcome != asio::error::operation_aborted) {
            signal->ready = true;
            signal->timer.cancel();
        }
    };
    if (interest != Interest::write) {
        socket_.async_wait(decltype(socket_)::wait_read, wake);
    }
    if (interest != Interest::read) {
        socket_.async_wait(decltype(socket_)::wait_write, wake);
    }
    co_await signal->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    socket_.cancel();
    if (signal->ready) {
        co_return true;
    }
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none) {
        throw boost::system::system_error{asio::error::operation_aborted};
    }
    co_return false;
}

}  // namespace revsync::postgres
