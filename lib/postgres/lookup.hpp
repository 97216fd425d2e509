#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace revsync::postgres {

// The numeric addresses of `host`, in the order the system prefers; empty when the name is unknown or the
// deadline passed. libpq's own look-up would block. Cancellation throws system_error operation_aborted.
boost::asio::awaitable<std::vector<std::string>> look_up(std::string host,
                                                         std::chrono::steady_clock::time_point deadline);

}  // namespace revsync::postgres
