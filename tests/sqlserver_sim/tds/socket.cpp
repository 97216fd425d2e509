#include "socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace revsync::sim::tds {

Socket::Socket(int descriptor) : descriptor_(descriptor), wake_descriptor_(eventfd(0, EFD_CLOEXEC)) {
    if (wake_descriptor_ < 0) {
        const int error = errno;
        close(descriptor_);
        throw std::system_error(error, std::generic_category(), "eventfd");
    }
    const int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket::~Socket() {
    close(descriptor_);
    close(wake_descriptor_);
}

bool Socket::wait_readable(int timeout_ms) const {
    std::array<pollfd, 2> waits{pollfd{descriptor_, POLLIN, 0}, pollfd{wake_descriptor_, POLLIN, 0}};
    const int ready = poll(waits.data(), waits.size(), timeout_ms);
    if (waits[1].revents != 0 || (ready < 0 && errno != EINTR)) {
        throw ConnectionClosed();
    }
    return ready > 0;
}

std::size_t Socket::receive(char* buffer, std::size_t size) const {
    while (true) {
        wait_readable(-1);
        const ssize_t received = recv(descriptor_, buffer, size, MSG_DONTWAIT);
        if (received > 0) {
            return static_cast<std::size_t>(received);
        }
        if (received == 0 || (errno != EINTR && errno != EAGAIN)) {
            throw ConnectionClosed();
        }
    }
}

void Socket::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) {
            throw ConnectionClosed();
        }
        bytes.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    }
}

void Socket::wake() const noexcept {
    eventfd_write(wake_descriptor_, 1);
}

void Socket::shutdown() const noexcept {
    ::shutdown(descriptor_, SHUT_RDWR);
}

void Socket::finish(int timeout_ms) const {
    ::shutdown(descriptor_, SHUT_WR);
    std::array<char, 4096> ignored{};
    while (wait_readable(timeout_ms) && recv(descriptor_, ignored.data(), ignored.size(), MSG_DONTWAIT) > 0) {
    }
}

void Socket::reset_on_close() const noexcept {
    const linger discard{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &discard, sizeof discard);
}

}  // namespace revsync::sim::tds
