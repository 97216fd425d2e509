// A TCP proxy on the loopback that makes a connection as slow, and as unreliable, as a test wants it.
#pragma once

#include <boost/asio.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relay.hpp"

namespace revsync::test {

class Proxy {
public:
    using tcp = boost::asio::ip::tcp;

    // Listens at once; port 0 takes a free one. Throws boost::system::system_error.
    Proxy(boost::asio::io_context& context, const tcp::endpoint& listen, const tcp::endpoint& control,
          tcp::endpoint target, std::chrono::milliseconds one_way);
    ~Proxy();

    std::uint16_t port() const { return endpoint_.port(); }
    std::uint16_t control_port() const { return control_port_; }

    // Carries out one line of the control port and returns its answer:
    //   stats                      counts and settings as one line of JSON
    //   reset                      counts back to 0
    //   delay N                    milliseconds each way, for what arrives from now on
    //   cut                        resets all connections now
    //   cut-after-client-bytes N   resets all connections once N more bytes have gone to the server
    //   refuse on|off              new connections are refused
    //   hold on|off                nothing goes from server to client; it waits
    //   hold-requests on|off       nothing goes from client to server; it waits
    // "ok" where nothing is asked, "error: …" for anything else.
    std::string command(std::string_view line);

private:
    void listen();
    void refuse(bool on);
    boost::asio::awaitable<void> accept_clients();
    boost::asio::awaitable<void> accept_controllers();
    boost::asio::awaitable<void> control(tcp::socket socket);
    void cut();
    void wake();
    std::string statistics() const;
    template <typename Action>
    void for_each_relay(Action action);

    const tcp::endpoint target_;
    tcp::endpoint endpoint_;
    std::uint16_t control_port_ = 0;
    tcp::acceptor acceptor_;
    tcp::acceptor control_acceptor_;
    ProxyState state_;
    std::vector<std::weak_ptr<Relay>> relays_;
};

}  // namespace revsync::test
