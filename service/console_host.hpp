// Hosting on a console, and under anything that speaks signals.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <initializer_list>
#include <optional>

#include "service/host.hpp"

namespace revsync {

// Calls `handle` for each of these signals as long as it lives, which is longer than a call lasts.
class SignalWatch {
public:
    SignalWatch(boost::asio::io_context& io, std::initializer_list<int> signals, std::function<void()> handle);
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    void wait();

    boost::asio::signal_set signals_;
    std::function<void()> handle_;
};

// SIGTERM and SIGINT ask to stop, SIGHUP to reload, SIGUSR1 for a catch-up. At a terminal SIGHUP says that the terminal
// is gone, and asks to stop. Nobody is told anything.
//
// On Windows Ctrl-C, Ctrl-Break, closing the window, logging off and shutting down ask to stop; one such host at a
// time.
class ConsoleHost : public Host {
public:
    void open(boost::asio::io_context& io, HostRequests requests) override;
    void close() override;

private:
    std::optional<SignalWatch> stop_;
    std::optional<SignalWatch> reload_;
    std::optional<SignalWatch> catch_up_;
};

}  // namespace revsync
