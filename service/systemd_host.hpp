// Hosting under systemd, as a unit of Type=notify.
//
// The messages are those of https://www.freedesktop.org/software/systemd/man/sd_notify.html, sent as one datagram each
// to the socket that NOTIFY_SOCKET names. That page promises that the protocol stays, and shows how to speak it without
// libsystemd: the library, and the compression libraries that it brings into the process, would be there for one
// sendmsg(2).
#pragma once

#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "service/console_host.hpp"

namespace revsync {

// How often systemd wants to hear that the service lives (WATCHDOG_USEC): nullopt when it does not, or when another
// process is meant (WATCHDOG_PID).
std::optional<std::chrono::microseconds> watchdog_interval();

// Requests come as signals, as on a console. The watchdog is fed by a timer of the io_context at half its interval, so
// that systemd restarts a service whose loop is stuck. STATUS is sent when it reads otherwise than before, which is
// looked at every status_interval.
class SystemdHost final : public Host {
public:
    static constexpr std::chrono::seconds status_interval{15};

    // `address` is a path, or an abstract name that begins with @.
    SystemdHost(std::string address, std::optional<std::chrono::microseconds> watchdog);

    void open(boost::asio::io_context& io, HostRequests requests) override;
    void close() override;
    void ready() override;
    void changed() override;
    void reloading() override;
    void stopping(std::chrono::seconds at_most) override;

private:
    using Socket = boost::asio::local::datagram_protocol::socket;

    void feed_watchdog();
    void keep_status();
    std::string status() const;  // "STATUS=…"
    // Loses the message where systemd does not listen, or is so far behind that the socket is full.
    void notify(const std::string& message);

    boost::asio::local::datagram_protocol::endpoint address_;
    std::optional<std::chrono::microseconds> watchdog_;
    ConsoleHost signals_;
    std::optional<Socket> socket_;
    std::optional<boost::asio::steady_timer> feeding_;
    std::optional<boost::asio::steady_timer> telling_;
    std::function<std::string()> describe_;
    std::string told_;
};

}  // namespace revsync
