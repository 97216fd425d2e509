#include <winsock2.h>

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

HANDLE create_event() {
    const HANDLE event = ::CreateEventW(nullptr, TRUE, FALSE, nullptr);
    if (event == nullptr) {
        throw boost::system::system_error{static_cast<int>(::GetLastError()), boost::system::system_category()};
    }
    return event;
}

// FD_CONNECT tells how a connection attempt ended, well or not.
long events_of(SocketWatch::Interest interest) {
    constexpr long reading = FD_READ | FD_CLOSE;
    constexpr long writing = FD_WRITE | FD_CONNECT | FD_CLOSE;
    switch (interest) {
        case SocketWatch::Interest::read:
            return reading;
        case SocketWatch::Interest::write:
            return writing;
        case SocketWatch::Interest::read_or_write:
            return reading | writing;
    }
    return reading | writing;
}

}  // namespace

// An asio socket would bind libpq's to its completion port, which cannot be undone on every Windows; an event can.
// WSAEventSelect sets the event at once when the socket is ready already
// (https://learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-wsaeventselect).
SocketWatch::SocketWatch(const asio::any_io_executor& executor, int socket)
    : socket_{static_cast<std::uintptr_t>(socket)}, event_{executor, create_event()} {}

SocketWatch::~SocketWatch() {
    ::WSAEventSelect(socket_, nullptr, 0);
}

asio::awaitable<bool> SocketWatch::wait(Interest interest, std::chrono::steady_clock::time_point deadline) {
    ::ResetEvent(event_.native_handle());
    if (::WSAEventSelect(socket_, event_.native_handle(), events_of(interest)) != 0) {
        co_return true;  // broken, which libpq then finds out
    }
    // Shared with the handler, which may run after this coroutine is gone.
    const auto signal = std::make_shared<Signal>(Signal{asio::steady_timer{event_.get_executor(), deadline}});
    event_.async_wait([signal](boost::system::error_code outcome) {
        if (outcome != asio::error::operation_aborted) {
            signal->ready = true;
            signal->timer.cancel();
        }
    });
    co_await signal->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    boost::system::error_code ignored;
    event_.cancel(ignored);
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
