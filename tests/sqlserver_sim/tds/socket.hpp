// A connected TCP socket, blocking, with two ways to end it.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace revsync::sim::tds {

// The peer is gone, or this side has been told to stop.
struct ConnectionClosed : std::runtime_error {
    ConnectionClosed() : std::runtime_error("the connection is closed") {}
};

class Socket {
public:
    explicit Socket(int descriptor);  // takes ownership
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    // Waits up to `timeout_ms` (-1: without end) for something to read. False when the time is over.
    // Throws ConnectionClosed after wake().
    bool wait_readable(int timeout_ms) const;
    // At least one byte. Throws ConnectionClosed.
    std::size_t receive(char* buffer, std::size_t size) const;
    // Throws ConnectionClosed.
    void send(std::string_view bytes) const;

    // Ends every wait_readable, now and later. Any thread.
    void wake() const noexcept;
    // Makes send() on any thread fail and tells the peer that the connection is over.
    void shutdown() const noexcept;
    // Says that no more will be sent and reads what still comes, lest closing with unread bytes reset the connection
    // and take the last message away from the peer. Returns when the peer closes, or after `timeout_ms` of silence.
    void finish(int timeout_ms) const;
    // Nothing more is sent: closing the socket resets the connection.
    void reset_on_close() const noexcept;

private:
    int descriptor_;
    int wake_descriptor_;
};

}  // namespace revsync::sim::tds
