#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#ifdef _WIN32
#include <boost/asio/windows/object_handle.hpp>
#include <cstdint>
#else
#include <boost/asio/posix/stream_descriptor.hpp>
#endif

namespace revsync::postgres {

// Watches a socket that libpq owns, for as long as this lives: the socket is lent to Asio and given back, open,
// at the end. libpq must not close it meanwhile.
class SocketWatch {
public:
    enum class Interest { read, write, read_or_write };

    SocketWatch(const boost::asio::any_io_executor& executor, int socket);
    ~SocketWatch();
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;

    // True once the socket is ready (or broken, which libpq then finds out), false at the deadline. Cancellation
    // of the awaiting coroutine throws system_error operation_aborted.
    boost::asio::awaitable<bool> wait(Interest interest, std::chrono::steady_clock::time_point deadline);

private:
#ifdef _WIN32
    std::uintptr_t socket_;
    boost::asio::windows::object_handle event_;  // WSAEventSelect's
#else
    boost::asio::posix::stream_descriptor socket_;
#endif
};

}  // namespace revsync::postgres
