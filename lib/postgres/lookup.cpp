#include "postgres/lookup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace revsync::postgres {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// The system's look-up cannot be interrupted: whoever gave up waiting leaves this behind.
struct Lookup {
    tcp::resolver resolver;
    asio::steady_timer timer;
    std::vector<std::string> addresses;
    bool done = false;
};

}  // namespace

asio::awaitable<std::vector<std::string>> look_up(std::string host, std::chrono::steady_clock::time_point deadline) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(Lookup{tcp::resolver{executor}, {executor, deadline}, {}, false});
    lookup->resolver.async_resolve(host, "",
                                   [lookup](boost::system::error_code, const tcp::resolver::results_type& results) {
                                       for (const auto& entry : results) {
                                           lookup->addresses.push_back(entry.endpoint().address().to_string());
                                       }
                                       lookup->done = true;
                                       lookup->timer.cancel();
                                   });
    co_await lookup->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (!lookup->done && cancelled != asio::cancellation_type::none) {
        throw boost::system::system_error{asio::error::operation_aborted};
    }
    lookup->resolver.cancel();
    co_return std::move(lookup->addresses);
}

}  // namespace revsync::postgres
