#include "proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace revsync::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t command_limit_bytes = 1024;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<bool> on_or_off(std::string_view text) {
    if (text != "on" && text != "off") {
        return std::nullopt;
    }
    return text == "on";
}

}  // namespace

Proxy::Proxy(asio::io_context& context, const tcp::endpoint& listen_on, const tcp::endpoint& control,
             tcp::endpoint target, std::chrono::milliseconds one_way)
    : target_(std::move(target)), endpoint_(listen_on), acceptor_(context), control_acceptor_(context, control) {
    state_.one_way = one_way;
    state_.cut_all = [this] { cut(); };
    control_port_ = control_acceptor_.local_endpoint().port();
    listen();
    asio::co_spawn(context, accept_controllers(), asio::detached);
}

Proxy::~Proxy() {
    cut();
}

// Keeps the port that was taken first.
void Proxy::listen() {
    acceptor_.open(endpoint_.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint_);
    acceptor_.listen();
    endpoint_ = acceptor_.local_endpoint();
    asio::co_spawn(acceptor_.get_executor(), accept_clients(), asio::detached);
}

void Proxy::refuse(bool on) {
    if (on) {
        error_code ignored;
        acceptor_.close(ignored);
    } else if (!acceptor_.is_open()) {
        listen();
    }
}

asio::awaitable<void> Proxy::accept_clients() {
    while (true) {
        auto [error, socket] = co_await acceptor_.async_accept(as_result);
        if (error) {
            co_return;
        }
        ++state_.statistics.connections;
        std::erase_if(relays_, [](const auto& relay) { return relay.expired(); });
        const auto relay = std::make_shared<Relay>(std::move(socket), state_);
        relays_.push_back(relay);
        relay->start(target_);
    }
}

asio::awaitable<void> Proxy::accept_controllers() {
    while (true) {
        auto [error, socket] = co_await control_acceptor_.async_accept(as_result);
        if (error) {
            co_return;
        }
        asio::co_spawn(control_acceptor_.get_executor(), control(std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> Proxy::control(tcp::socket socket) {
    std::string buffer;
    while (true) {
        const auto [read_error, size] =
            co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer, command_limit_bytes), '\n', as_result);
        if (read_error) {
            co_return;
        }
        const std::string answer = command(std::string_view(buffer).substr(0, size - 1)) + '\n';
        buffer.erase(0, size);
        const auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(answer), as_result);
        if (write_error) {
            co_return;
        }
    }
}

std::string Proxy::command(std::string_view line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view name = line.substr(0, space);
    const std::string_view argument = line.substr(std::min(space + 1, line.size()));
    const std::optional<std::uint64_t> count = number(argument);
    const std::optional<bool> on = on_or_off(argument);
    if (name == "stats") {
        return statistics();
    }
    if (name == "reset") {
        state_.statistics = {};
    } else if (name == "cut") {
        cut();
    } else if (name == "delay" && count) {
        state_.one_way = std::chrono::milliseconds(*count);
    } else if (name == "cut-after-client-bytes" && count) {
        state_.client_bytes_to_cut = count;
    } else if (name == "refuse" && on) {
        refuse(*on);
    } else if (name == "hold" && on) {
        state_.holds = *on;
        wake();
    } else if (name == "hold-requests" && on) {
        state_.holds_requests = *on;
        wake();
    } else {
        return "error: unknown command";
    }
    return "ok";
}

template <typename Action>
void Proxy::for_each_relay(Action action) {
    for (const auto& weak : relays_) {
        if (const auto relay = weak.lock()) {
            action(*relay);
        }
    }
}

void Proxy::cut() {
    for_each_relay([](Relay& relay) { relay.cut(); });
}

void Proxy::wake() {
    for_each_relay([](Relay& relay) { relay.wake(); });
}

std::string Proxy::statistics() const {
    const auto open = std::count_if(relays_.begin(), relays_.end(), [](const auto& relay) { return !relay.expired(); });
    return fmt::format(
        R"({{"connections":{},"open_connections":{},"client_to_server_bytes":{},"server_to_client_bytes":{},)"
        R"("round_trips":{},"one_way_ms":{},"holding":{},"refusing":{}}})",
        state_.statistics.connections, open, state_.statistics.client_to_server_bytes,
        state_.statistics.server_to_client_bytes, state_.statistics.round_trips, state_.one_way.count(), state_.holds,
        !acceptor_.is_open());
}

}  // namespace revsync::test
