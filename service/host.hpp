// What an operating system wants to know of a service, and what it asks of it. The daemon speaks to this alone and
// does not know which of them it runs under.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "runtime/logger.hpp"

namespace revsync {

// What a service can be asked, on the thread of the io_context. The last three may be empty; then nobody asks.
struct HostRequests {
    std::function<void()> stop;             // finish the work in hand and end; asked again when somebody is impatient
    std::function<void()> reload;           // read the settings again
    std::function<void()> catch_up;         // at once
    std::function<std::string()> describe;  // how it stands: one line, without secrets
};

// Used on one thread. Telling it something costs little, never waits and never fails: a service works without anybody
// who listens.
class Host {
public:
    virtual ~Host() = default;

    // Passes on what is asked for from now until close(), and shows by the way that `io` is not stuck, where somebody
    // looks for that. Once. `io` is kept running until close(), and must live until then.
    virtual void open(boost::asio::io_context& io, HostRequests requests) = 0;
    // Not from within a request. Again: nothing.
    virtual void close() = 0;

    // The start is over, and so is a reload however it ended.
    virtual void ready() {}
    // It stands otherwise than before.
    virtual void changed() {}
    virtual void reloading() {}
    // The end comes within `at_most`.
    virtual void stopping(std::chrono::seconds /*at_most*/) {}

    // Takes the lines of the log, where the system keeps a log for its services; empty: they go to standard output.
    virtual Logger::Write log() const { return {}; }
    // Ends the process in the middle of its work, and lets nobody take that for a crash.
    [[noreturn]] virtual void exit_now(int exit_code);
};

// Runs `service` under whatever started this process, and returns what it returned: systemd where NOTIFY_SOCKET is set,
// the Windows service control manager where that is it, otherwise a console. That manager calls the service by itself:
// `service` may be run on another thread than the caller's.
int run_hosted(const std::function<int(Host&)>& service);

}  // namespace revsync
