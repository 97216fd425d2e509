#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "config/settings.hpp"
#include "core/error.hpp"
#include "runtime/logger.hpp"

namespace revsync {

// The daemon at work: the listener, the webhook inbox and the poller on one executor, over the ends that are
// configured. Used on one thread. `logger` must outlive it.
class Server {
public:
    // Listens from then on, and answers once run() is called. The error (configuration): the mapping file, a URL, the
    // state file, HOST and PORT or the TLS files cannot be used.
    static Result<std::unique_ptr<Server>> create(const Settings& settings, const Logger& logger,
                                                  const boost::asio::any_io_executor& executor);
    ~Server();

    // Returns after stop(), when the batch in hand is finished and the last response sent. False: a database still owes
    // the answer to a question that nobody waits for; it may take longer than a stop should.
    boost::asio::awaitable<bool> run();
    // Takes no more webhooks and begins nothing new.
    void stop();

    // A catch-up at once, where there can be one.
    void catch_up();

private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace revsync
