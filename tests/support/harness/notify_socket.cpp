#include "support/harness/notify_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace revsync::test {

NotifySocket::NotifySocket(std::string address) : address_{std::move(address)} {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address_.size() >= sizeof name.sun_path) {
        throw std::runtime_error("the address is too long for a socket");
    }
    std::memcpy(name.sun_path, address_.c_str(), address_.size());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (address_.starts_with('@')) {
        name.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    if (socket_ < 0 || ::bind(socket_, reinterpret_cast<const sockaddr*>(&name), length) != 0) {
        throw std::runtime_error("cannot listen on " + address_);
    }
}

NotifySocket::~NotifySocket() {
    ::close(socket_);
}

bool NotifySocket::receive(std::chrono::milliseconds at_most) {
    pollfd wait{socket_, POLLIN, 0};
    char buffer[4096];
    if (::poll(&wait, 1, static_cast<int>(at_most.count())) <= 0) {
        return false;
    }
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count > 0) {
        messages_.emplace_back(buffer, static_cast<std::size_t>(count));
    }
    return count > 0;
}

std::string NotifySocket::wait_for(const std::string& text, std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    for (;;) {
        while (passed_ < messages_.size()) {
            const std::string& message = messages_[passed_++];
            if (message.find(text) != std::string::npos) {
                return message;
            }
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !receive(left)) {
            return "";
        }
    }
}

void NotifySocket::forget() {
    while (receive(std::chrono::milliseconds{0})) {
    }
    passed_ = messages_.size();
}

}  // namespace revsync::test
