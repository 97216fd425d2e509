// The HTTP server: takes connections, within limits, and gives their requests to the routes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <vector>

#include "core/error.hpp"
#include "http/gatekeeper.hpp"
#include "http/listener_settings.hpp"
#include "http/route.hpp"
#include "runtime/clock.hpp"
#include "runtime/logger.hpp"

namespace revsync::http {

// HTTP/1.1 (and 1.0), plain or over TLS, on one thread: that of the executor. What it refuses itself it answers with
// error_response, with the status that HTTP has for it; docs/http.md lists them. Everything it waits for has a limit in
// ListenerSettings, and what it holds in memory is bounded by them.
class Listener {
public:
    // What is referred to outlives the run of the io_context.
    Listener(const boost::asio::any_io_executor& executor, ListenerSettings settings, const RouteTable& routes,
             Gatekeeper& gatekeeper, Clock& clock, const Logger& logger);
    ~Listener();

    // Reads the TLS files and binds; once. From then on the system accepts connections, which wait for run(). The error
    // (configuration) names HOST and PORT, or the TLS file, and the next step. A name is resolved here, blocking.
    // `inherited`, unless empty, are sockets() of a former listener on the same HOST and PORT, and nothing is bound.
    Result<void> open(std::vector<boost::asio::ip::tcp::acceptor> inherited = {});

    // More handles of what it listens on: as long as they live, connections that come after stop() wait for a listener
    // that inherits them. Empty after stop(), and where the system has no such handles (Windows).
    std::vector<boost::asio::ip::tcp::acceptor> sockets() const;

    // Serves from open() until stop() and the last response. Failures to accept are logged and tried again.
    boost::asio::awaitable<void> run();

    // Accepts no more and closes the connections that wait for their client. Requests being worked on get their
    // response, with "Connection: close". At once; run() then returns when the last connection is gone. Again: nothing.
    void stop();

    std::uint16_t port() const;  // bound to; 0 before open() and after stop()
    ListenerCounts counts() const;

private:
    struct Parts;
    boost::asio::any_io_executor executor_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace revsync::http
