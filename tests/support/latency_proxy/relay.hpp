// One client's connection through the proxy.
#pragma once

#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace revsync::test {

// Counted over all connections since the start or the last reset. A round trip is an
// answer that reaches the client after the client spoke: with a delay, requests that await no answer make one together.
struct ProxyStatistics {
    std::uint64_t connections = 0;
    std::uint64_t client_to_server_bytes = 0;
    std::uint64_t server_to_client_bytes = 0;
    std::uint64_t round_trips = 0;
};

// Shared by all relays; changed by the control port. All of the proxy runs on one thread.
struct ProxyState {
    std::chrono::milliseconds one_way{0};
    bool holds = false;                                // nothing goes from server to client
    bool holds_requests = false;                       // nothing goes from client to server
    std::optional<std::uint64_t> client_bytes_to_cut;  // so many more bytes reach servers, then all is cut
    ProxyStatistics statistics;
    std::function<void()> cut_all;
};

class Relay : public std::enable_shared_from_this<Relay> {
public:
    using tcp = boost::asio::ip::tcp;

    Relay(tcp::socket client, ProxyState& state);

    // Connects to the target and carries bytes until both directions have ended; keeps itself alive meanwhile.
    void start(const tcp::endpoint& target);
    // Resets both connections. What is on its way is lost.
    void cut();
    // Makes the relay look at the changed state.
    void wake();

private:
    using Clock = std::chrono::steady_clock;

    struct Chunk {
        Clock::time_point due;
        std::string bytes;  // empty for the end of the stream
    };

    struct Direction {
        Direction(tcp::socket& source, tcp::socket& sink)
            : from(source), to(sink), changed(source.get_executor()), drained(source.get_executor()) {}
        tcp::socket& from;
        tcp::socket& to;
        boost::asio::steady_timer changed;  // cancelled for the delivering part: new chunks, or a new state
        boost::asio::steady_timer drained;  // cancelled for the receiving part: there is room again
        std::deque<Chunk> queue;
        std::size_t queued_bytes = 0;
    };

    boost::asio::awaitable<void> run(tcp::endpoint target);
    boost::asio::awaitable<void> receive(Direction& direction);
    boost::asio::awaitable<void> deliver(Direction& direction);
    boost::asio::awaitable<bool> write(Direction& direction, std::string bytes);
    void spawn(boost::asio::awaitable<void> part);
    void count(const Direction& direction, std::size_t bytes);
    bool is_from_client(const Direction& direction) const { return &direction == &upstream_; }

    ProxyState& state_;
    tcp::socket client_;
    tcp::socket server_;
    Direction upstream_;
    Direction downstream_;
    bool client_spoke_last_ = false;
    bool cut_ = false;
};

}  // namespace revsync::test
