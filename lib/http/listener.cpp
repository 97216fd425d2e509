#include "http/listener.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "http/binding.hpp"
#include "http/session.hpp"
#include "http/tls_files.hpp"

namespace revsync::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::minutes complaint_pause{1};

}  // namespace

struct Listener::Parts {
    Parts(const asio::any_io_executor& executor, ListenerSettings settings, const RouteTable& routes,
          Gatekeeper& gatekeeper, Clock& clock, const Logger& logger)
        : common{std::make_shared<Common>(executor, std::move(settings), routes, gatekeeper, clock, logger)},
          accepting_ended{executor} {}

    bool stopping() const { return common->connections.stopping(); }

    asio::awaitable<void> accept(tcp::acceptor& acceptor) {
        while (!stopping()) {
            boost::system::error_code error;
            tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (!error) {
                take(std::move(socket));
            } else if (!stopping() && error != asio::error::connection_aborted) {
                co_await recover(acceptor, error);
            }
        }
    }

    void take(tcp::socket socket) {
        ++common->counts.accepted;
        if (!common->connections.make_room()) {
            complain("all connections are busy, callers are turned away");
            turn_away(std::move(socket), *common, tls.has_value());
            return;
        }
        try {
            start_session(std::move(socket), common, tls ? tls->context(common->clock.steady_now()) : nullptr);
        } catch (const std::exception& failure) {  // OpenSSL or the heap has no memory left for one more
            complain(failure.what());
        }
    }

    // Mostly it is file descriptors that have run out, which Linux says even when nobody has come. So somebody has to
    // be there before another connection goes for them; and with none to spare, no spinning until there are.
    asio::awaitable<void> recover(tcp::acceptor& acceptor, boost::system::error_code error) {
        const std::string reason = error.message();
        co_await acceptor.async_wait(tcp::acceptor::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (stopping()) {
            co_return;
        }
        complain(reason);
        if (!common->connections.drop_longest_waiting()) {
            asio::steady_timer pause{acceptor.get_executor(), accept_pause};
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        }
    }

    void complain(std::string_view why) {
        const auto now = common->clock.steady_now();
        if (!complained || now - *complained >= complaint_pause) {
            complained = now;
            common->logger.warning("⚠️  HTTP connections cannot be taken: {}", why);
        }
    }

    std::shared_ptr<Common> common;
    std::optional<TlsFiles> tls;
    std::vector<tcp::acceptor> acceptors;
    std::size_t accepting = 0;
    Event accepting_ended;
    std::optional<std::chrono::steady_clock::time_point> complained;
};

Listener::Listener(const asio::any_io_executor& executor, ListenerSettings settings, const RouteTable& routes,
                   Gatekeeper& gatekeeper, Clock& clock, const Logger& logger)
    : executor_{executor},
      parts_{std::make_unique<Parts>(executor, std::move(settings), routes, gatekeeper, clock, logger)} {}
Listener::~Listener() = default;

Result<void> Listener::open(std::vector<tcp::acceptor> inherited) {
    const Common& common = *parts_->common;
    if (common.settings.tls) {
        parts_->tls.emplace(*common.settings.tls, common.settings.tls_check_interval, common.logger);
        if (Result<void> opened = parts_->tls->open(common.clock.steady_now()); !opened) {
            return opened;
        }
    }
    if (!inherited.empty()) {
        parts_->acceptors = std::move(inherited);
        return {};
    }
    auto bound = bind_listeners(executor_, common.settings.host, common.settings.port);
    if (!bound) {
        return bound.error();
    }
    parts_->acceptors = std::move(*bound);
    return {};
}

std::vector<tcp::acceptor> Listener::sockets() const {
    return duplicates(parts_->acceptors);
}

asio::awaitable<void> Listener::run() {
    for (tcp::acceptor& acceptor : parts_->acceptors) {
        ++parts_->accepting;
        asio::co_spawn(executor_, parts_->accept(acceptor), [parts = parts_.get()](const std::exception_ptr& failure) {
            --parts->accepting;
            parts->accepting_ended.set();
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
    }
    while (parts_->accepting > 0) {
        co_await parts_->accepting_ended.wait();
    }
    co_await parts_->common->connections.all_gone();
}

void Listener::stop() {
    parts_->common->connections.stop();
    for (tcp::acceptor& acceptor : parts_->acceptors) {
        boost::system::error_code ignored;
        acceptor.close(ignored);
    }
}

std::uint16_t Listener::port() const {
    boost::system::error_code closed;
    return parts_->acceptors.empty() ? std::uint16_t{0} : parts_->acceptors.front().local_endpoint(closed).port();
}

ListenerCounts Listener::counts() const {
    ListenerCounts counts = parts_->common->counts;
    counts.open = parts_->common->connections.open();
    counts.dropped = parts_->common->connections.dropped();
    return counts;
}

}  // namespace revsync::http
