// Hosting under the Windows service control manager.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <optional>

#include "service/host.hpp"
#include "service/windows_service.hpp"

namespace revsync {

// Reports "start pending" from its construction on, "running" when the service is ready, "stop pending" when it has
// been asked to stop, and "stopped" last. The checkpoint of a pending state is moved on by a timer of the io_context,
// so that it stands still when the loop is stuck. The SCM itself restarts a service that ends, and none that is stuck.
//
// Stopping and the end of the session (shutdown, preshutdown) ask to stop, once; "parameters changed" to reload; 128
// for a catch-up.
class WindowsHost final : public Host {
public:
    static constexpr std::chrono::seconds start_wait_hint{10};

    // `scm` outlives the host. `log` takes the lines of the log. `progress_interval` lies between two checkpoints.
    WindowsHost(ServiceControlManager& scm, Logger::Write log,
                std::chrono::milliseconds progress_interval = std::chrono::seconds{1});

    void open(boost::asio::io_context& io, HostRequests requests) override;
    void close() override;
    void ready() override;
    void stopping(std::chrono::seconds at_most) override;
    Logger::Write log() const override { return log_; }
    [[noreturn]] void exit_now(int exit_code) override;

    // What the SCM asks, on a thread of its own: returns at once, and the request follows on the io_context's thread.
    // A stop that comes before open() is asked for then. False for what nobody here knows.
    bool control(ServiceControl control);

    // After close(), and last: the service has ended. The SCM may end the process at any time from now.
    void stopped(int exit_code);

private:
    bool pending() const;
    void enter(ServiceStatus status);
    void report_progress();
    void keep_reporting();
    void post(void (WindowsHost::*request)());
    void ask_stop();
    void ask_reload();
    void ask_catch_up();

    ServiceControlManager& scm_;
    const Logger::Write log_;
    const std::chrono::milliseconds progress_interval_;
    ServiceStatus status_;
    HostRequests requests_;
    std::optional<boost::asio::steady_timer> reporting_;
    bool stop_passed_on_ = false;

    std::mutex mutex_;  // for what control() shares with the rest
    boost::asio::io_context* io_ = nullptr;
    bool stop_wanted_ = false;
};

}  // namespace revsync
