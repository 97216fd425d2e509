#include "relay.hpp"

#include <algorithm>

namespace revsync::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t read_size_bytes = 64UL * 1024;
constexpr std::size_t queue_limit_bytes = 64UL * 1024 * 1024;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto never = std::chrono::steady_clock::time_point::max();

// Ends early when the timer is cancelled: whoever waits looks again.
asio::awaitable<void> wait(asio::steady_timer& timer, std::chrono::steady_clock::time_point until) {
    timer.expires_at(until);
    co_await timer.async_wait(as_result);
}

void reset(Relay::tcp::socket& socket) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

}  // namespace

Relay::Relay(tcp::socket client, ProxyState& state)
    : state_(state),
      client_(std::move(client)),
      server_(client_.get_executor()),
      upstream_(client_, server_),
      downstream_(server_, client_) {}

void Relay::start(const tcp::endpoint& target) {
    spawn(run(target));
}

void Relay::spawn(asio::awaitable<void> part) {
    asio::co_spawn(client_.get_executor(), std::move(part),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                       if (error) {
                           self->cut();
                       }
                   });
}

void Relay::cut() {
    cut_ = true;
    reset(client_);
    reset(server_);
    wake();
}

void Relay::wake() {
    for (Direction* direction : {&upstream_, &downstream_}) {
        direction->changed.cancel();
        direction->drained.cancel();
    }
}

// A connection takes a round trip to open, and so does one through the proxy.
asio::awaitable<void> Relay::run(tcp::endpoint target) {
    asio::steady_timer handshake(client_.get_executor(), 2 * state_.one_way);
    co_await handshake.async_wait(asio::use_awaitable);
    co_await server_.async_connect(target, asio::use_awaitable);
    client_.set_option(tcp::no_delay(true));
    server_.set_option(tcp::no_delay(true));
    for (Direction* direction : {&upstream_, &downstream_}) {
        spawn(receive(*direction));
        spawn(deliver(*direction));
    }
}

asio::awaitable<void> Relay::receive(Direction& direction) {
    std::string buffer(read_size_bytes, '\0');
    while (!cut_) {
        const auto [error, count_read] = co_await direction.from.async_read_some(asio::buffer(buffer), as_result);
        if (error && error != asio::error::eof) {
            co_return cut();
        }
        count(direction, count_read);
        direction.queue.push_back({Clock::now() + state_.one_way, buffer.substr(0, count_read)});
        direction.queued_bytes += count_read;
        direction.changed.cancel();
        if (error) {
            co_return;
        }
        while (direction.queued_bytes > queue_limit_bytes && !cut_) {
            co_await wait(direction.drained, never);
        }
    }
}

void Relay::count(const Direction& direction, std::size_t bytes) {
    ProxyStatistics& statistics = state_.statistics;
    if (bytes == 0) {
        return;
    }
    if (is_from_client(direction)) {
        statistics.client_to_server_bytes += bytes;
        client_spoke_last_ = true;
    } else {
        statistics.server_to_client_bytes += bytes;
    }
}

asio::awaitable<void> Relay::deliver(Direction& direction) {
    while (!cut_) {
        const bool held = is_from_client(direction) ? state_.holds_requests : state_.holds;
        if (direction.queue.empty() || held) {
            co_await wait(direction.changed, never);
            continue;
        }
        if (direction.queue.front().due > Clock::now()) {
            co_await wait(direction.changed, direction.queue.front().due);
            continue;
        }
        std::string bytes = std::move(direction.queue.front().bytes);
        direction.queue.pop_front();
        direction.queued_bytes -= bytes.size();
        if (bytes.empty()) {
            error_code ignored;
            direction.to.shutdown(tcp::socket::shutdown_send, ignored);
            co_return;
        }
        if (!is_from_client(direction)) {
            state_.statistics.round_trips += std::exchange(client_spoke_last_, false) ? 1U : 0U;
        }
        if (!co_await write(direction, std::move(bytes))) {
            co_return cut();
        }
        direction.drained.cancel();
    }
}

asio::awaitable<bool> Relay::write(Direction& direction, std::string bytes) {
    const bool limited = is_from_client(direction) && state_.client_bytes_to_cut;
    if (limited) {
        bytes.resize(std::min<std::size_t>(bytes.size(), *state_.client_bytes_to_cut));
    }
    const auto [error, written] = co_await asio::async_write(direction.to, asio::buffer(bytes), as_result);
    if (limited && state_.client_bytes_to_cut) {
        *state_.client_bytes_to_cut -= std::min<std::uint64_t>(written, *state_.client_bytes_to_cut);
        if (*state_.client_bytes_to_cut == 0) {
            state_.client_bytes_to_cut.reset();
            state_.cut_all();
        }
    }
    co_return !error;
}

}  // namespace revsync::test
