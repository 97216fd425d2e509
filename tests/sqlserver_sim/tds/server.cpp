#include "server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

namespace revsync::sim::tds {
namespace {

constexpr int reap_interval_ms = 1000;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int listen_on(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        throw std::invalid_argument("not an IPv4 address: " + host);
    }
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        fail("socket");
    }
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(descriptor, SOMAXCONN) != 0) {
        const int error = errno;
        close(descriptor);
        errno = error;
        fail("cannot listen");
    }
    return descriptor;
}

std::uint16_t bound_port(int descriptor) {
    sockaddr_in address{};
    socklen_t length = sizeof address;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.sin_port);
}

sim::Message too_many_connections(std::size_t limit) {
    sim::Message message;
    message.number = 17809;
    message.text = "Could not connect because the maximum number of '" + std::to_string(limit) +
                   "' user connections has already been reached.";
    return message;
}

}  // namespace

struct Server::Client {
    Connection connection;
    std::atomic<bool> finished = false;
    std::thread thread;

    template <typename... Arguments>
    explicit Client(Arguments&&... arguments) : connection(std::forward<Arguments>(arguments)...) {}
    ~Client() {
        connection.stop();
        thread.join();
    }
};

Server::Server(Engine& engine, TlsContext tls, ServerOptions options)
    : engine_(engine), tls_(std::move(tls)), options_(std::move(options)) {
    listener_ = listen_on(options_.host, options_.port);
    port_ = bound_port(listener_);
}

Server::~Server() {
    close(listener_);
    for (const auto& client : clients_) {
        client->connection.stop();
    }
    clients_.clear();
}

void Server::run(int stop_descriptor) {
    while (true) {
        std::array<pollfd, 2> waits{pollfd{listener_, POLLIN, 0}, pollfd{stop_descriptor, POLLIN, 0}};
        const int ready = poll(waits.data(), waits.size(), clients_.empty() ? -1 : reap_interval_ms);
        if (waits[1].revents != 0) {
            return;
        }
        forget_finished();
        if (ready > 0) {
            accept_client();
        }
    }
}

void Server::accept_client() {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) {
        return;
    }
    const bool full = clients_.size() >= options_.connection_limit;
    auto client =
        std::make_unique<Client>(descriptor, ++last_session_id_, engine_, tls_, options_.connection,
                                 full ? std::optional(too_many_connections(options_.connection_limit)) : std::nullopt);
    Client* const raw = client.get();
    raw->thread = std::thread([raw] {
        raw->connection.run();
        raw->finished = true;
    });
    clients_.push_back(std::move(client));
}

void Server::forget_finished() {
    std::erase_if(clients_, [](const auto& client) { return client->finished.load(); });
}

}  // namespace revsync::sim::tds
