#include "support/harness/fault_proxy.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

std::string port_in(const std::string& line) {
    return line.substr(line.rfind(':') + 1);
}

int connect_to(const std::string& port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot reach the proxy's control port");
    }
    return socket;
}

}  // namespace

FaultProxy::FaultProxy(const std::string& target_port)
    : process_{{proxy_program(), {"--target", "127.0.0.1:" + target_port}, {{"PATH", "/usr/bin:/bin"}}}} {
    port_ = port_in(process_.wait_for("listening on "));
    control_ = connect_to(port_in(process_.wait_for("control on ")));
}

FaultProxy::~FaultProxy() {
    ::close(control_);
}

std::string FaultProxy::control(const std::string& line) {
    const std::string request = line + "\n";
    std::string answer;
    if (::send(control_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
        throw std::runtime_error("the proxy has ended");
    }
    for (char letter = 0; letter != '\n'; answer += letter) {
        if (::recv(control_, &letter, 1, 0) != 1) {
            throw std::runtime_error(fmt::format("the proxy gave no answer to '{}'", line));
        }
    }
    return answer;
}

long FaultProxy::statistic(const std::string& name) {
    const std::string statistics = control("stats");
    const std::size_t at = statistics.find('"' + name + '"');
    if (at == std::string::npos) {
        throw std::runtime_error(fmt::format("no '{}' in {}", name, statistics));
    }
    return std::stol(statistics.substr(statistics.find(':', at) + 1));
}

}  // namespace revsync::test
