// One connection, from its first byte to its last.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "http/body_budget.hpp"
#include "http/connections.hpp"
#include "http/gatekeeper.hpp"
#include "http/listener_settings.hpp"
#include "http/tls_files.hpp"
#include "runtime/clock.hpp"
#include "runtime/logger.hpp"

namespace revsync::http {

// What the sessions of one listener have in common. They own it together, since a session's coroutine may be destroyed
// after its listener; what it refers to is used only while the io_context runs.
struct Common {
    Common(const boost::asio::any_io_executor& executor, ListenerSettings limits, const RouteTable& table,
           Gatekeeper& keeper, Clock& time, const Logger& log)
        : settings{std::move(limits)},
          routes{table},
          gatekeeper{keeper},
          clock{time},
          logger{log},
          connections{executor, settings.connection_limit},
          bodies{settings.small_body, settings.shared_limit} {}

    ListenerSettings settings;
    const RouteTable& routes;
    Gatekeeper& gatekeeper;
    Clock& clock;
    const Logger& logger;
    ListenerCounts counts;  // but what `connections` counts
    Connections connections;
    BodyBudget bodies;
};

// Serves the connection on the socket's executor until either side ends it; requests one after the other, pipelined
// ones too. A handler that has begun always runs to its end, whether or not its client is still there.
void start_session(boost::asio::ip::tcp::socket socket, std::shared_ptr<Common> common, const TlsContext& tls);

// 503 without reading what the client wants, as far as that goes without waiting.
void turn_away(boost::asio::ip::tcp::socket socket, Common& common, bool encrypted);

}  // namespace revsync::http
