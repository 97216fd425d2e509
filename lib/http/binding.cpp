#include "http/binding.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/v6_only.hpp>
#include <set>
#ifndef _WIN32
#include <fcntl.h>
#endif

namespace revsync::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

Error cannot_listen(const std::string& host, std::uint16_t port, const error_code& error) {
    std::string_view next = "check HOST and PORT";
    if (error == asio::error::address_in_use) {
        next = "another program has this port: stop it, or choose another PORT";
    } else if (error == asio::error::access_denied) {
        next = "this user may not: choose a PORT of 1024 or above";
    } else if (error == boost::system::errc::address_not_available) {
        next = "this machine has no such address: set HOST to 127.0.0.1, to 0.0.0.0, or to one that it has";
    }
    return {Disposition::configuration, fmt::format("errno {}", error.value()),
            fmt::format("cannot listen on HOST {} PORT {}: {}; {}", host, port, error.message(), next)};
}

bool is_absent(const error_code& error) {
    return error == boost::system::errc::address_not_available || error == asio::error::address_family_not_supported;
}

// On Linux an address is free again at once after a restart. On Windows that option would let two programs share a
// port, and this one keeps others out
// (https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse).
void claim(tcp::acceptor& acceptor, error_code& error) {
#ifdef _WIN32
    acceptor.set_option(asio::detail::socket_option::boolean<SOL_SOCKET, SO_EXCLUSIVEADDRUSE>{true}, error);
#else
    acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
#endif
}

error_code listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        claim(acceptor, error);
    }
    if (!error && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only{!endpoint.address().is_unspecified()}, error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(tcp::acceptor::max_listen_connections, error);
    }
    return error;
}

}  // namespace

Result<std::vector<tcp::acceptor>> bind_listeners(const asio::any_io_executor& executor, const std::string& host,
                                                  std::uint16_t port) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string name = bracketed ? host.substr(1, host.size() - 2) : host;
    error_code error;
    tcp::resolver resolver{executor};
    const auto resolved = resolver.resolve(name, std::to_string(port), tcp::resolver::passive, error);
    if (error) {
        return Error{
            Disposition::configuration,
            {},
            fmt::format("HOST {} cannot be resolved: {}; set it to an address of this machine", host, error.message())};
    }
    std::set<asio::ip::address> addresses;
    for (const auto& entry : resolved) {
        addresses.insert(entry.endpoint().address());
    }
    std::vector<tcp::acceptor> acceptors;
    error_code absent;
    std::uint16_t chosen = port;
    for (const auto& address : addresses) {
        tcp::acceptor acceptor{executor};
        error = listen(acceptor, {address, chosen});
        if (is_absent(error)) {
            absent = error;  // such as ::1 on a machine without IPv6
        } else if (error) {
            return cannot_listen(host, port, error);
        } else {
            chosen = acceptor.local_endpoint().port();
            acceptors.push_back(std::move(acceptor));
        }
    }
    if (acceptors.empty()) {
        return cannot_listen(host, port, absent);
    }
    return acceptors;
}

std::vector<tcp::acceptor> duplicates([[maybe_unused]] std::vector<tcp::acceptor>& acceptors) {
    std::vector<tcp::acceptor> copies;
#ifndef _WIN32
    for (tcp::acceptor& acceptor : acceptors) {
        const int copy = acceptor.is_open() ? ::fcntl(acceptor.native_handle(), F_DUPFD_CLOEXEC, 0) : -1;
        error_code error;
        if (copy >= 0) {
            const auto protocol = acceptor.local_endpoint(error).protocol();
            copies.emplace_back(acceptor.get_executor());
            copies.back().assign(protocol, copy, error);
        }
    }
#endif
    return copies;
}

}  // namespace revsync::http
