#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "runtime/logger.hpp"

namespace revsync {

using ListeningSockets = std::vector<boost::asio::ip::tcp::acceptor>;

// The daemon at work: the listener, the webhook inbox, the poller and the drainer on one executor, over the ends that
// are configured. Used on one thread. `logger` must outlive it.
class Server {
public:
    // Listens from then on, and answers once run() is called. The error (configuration): a URL, the state file, HOST
    // and PORT or the TLS files cannot be used. `inherited`: sockets() of a former server on the same HOST and PORT, or
    // none.
    static Result<std::unique_ptr<Server>> create(const Settings& settings, Mapping mapping, const Logger& logger,
                                                  const boost::asio::any_io_executor& executor,
                                                  ListeningSockets inherited);
    ~Server();

    // Returns after stop(), when the batch in hand is finished and the last response sent.
    boost::asio::awaitable<void> run();
    // Takes no more webhooks and begins nothing new.
    void stop();
    // A database still owes the answer to a question that nobody waits for; it may take longer than a stop should.
    bool asking() const;
    // After run(): until nothing refers to the server any more, so that it can go while the executor works on.
    boost::asio::awaitable<void> quiet();
    // For who comes after it and is not to miss a connection. Before stop().
    ListeningSockets sockets() const;

    // A catch-up in both directions at once, where there can be one.
    void catch_up();

    // Every configured database has been tried once since the start, and has answered or failed.
    bool contacted() const;
    // "in step, 12 s ago; 1 parked"
    std::string in_brief() const;
    // Called when one of these two may have changed; what webhooks do is not told.
    void on_change(std::function<void()> listener);

private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace revsync
