// Sockets that listen where the settings say.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace revsync::http {

// One socket for each address of `host`, all on the same port: "localhost" is 127.0.0.1 and ::1, where the machine has
// both; "::" takes IPv4 too. Port 0 is any free one. An IPv6 address may stand in brackets. Resolves names, blocking.
// The error (configuration) names HOST and PORT and the next step.
Result<std::vector<boost::asio::ip::tcp::acceptor>> bind_listeners(const boost::asio::any_io_executor& executor,
                                                                   const std::string& host, std::uint16_t port);

// A second handle of each (dup(2)); none of those that are closed, and none on Windows.
std::vector<boost::asio::ip::tcp::acceptor> duplicates(std::vector<boost::asio::ip::tcp::acceptor>& acceptors);

}  // namespace revsync::http
