// Hosting on a console, and under anything that speaks signals: who asks the daemon to stop, and when it must have.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "runtime/logger.hpp"

namespace revsync {

// SIGTERM and SIGINT. The first asks to stop; the process is ended for good if it has not finished within
// `grace`, or at once by a second signal. Ending it then is safe: what was in hand is applied again at the next
// start. Keeps the io_context running until close() or the first signal has been dealt with.
class StopSignals {
public:
    static constexpr std::chrono::seconds grace{9};

    StopSignals(boost::asio::io_context& io, const Logger& logger, std::function<void()> request_stop);

    // Lets the io_context end.
    void close();

private:
    void wait();
    void arm_grace();

    boost::asio::signal_set signals_;
    boost::asio::steady_timer deadline_;
    const Logger& logger_;
    std::function<void()> request_stop_;
    bool stopping_ = false;
};

// SIGUSR1, where there is one: each asks for a catch-up.
class CatchUpSignal {
public:
    CatchUpSignal(boost::asio::io_context& io, std::function<void()> catch_up);
    void close();

private:
    void wait();

    boost::asio::signal_set signals_;
    std::function<void()> catch_up_;
};

}  // namespace revsync
