#include "service/systemd_host.hpp"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace revsync {

namespace asio = boost::asio;

namespace {

std::optional<long long> number_in(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr) {
        return std::nullopt;
    }
    long long number = 0;
    const char* end = text + std::strlen(text);
    const auto [stopped, error] = std::from_chars(text, end, number);
    return error == std::errc{} && stopped == end ? std::optional{number} : std::nullopt;
}

// Linux: an abstract name begins with a zero byte in place of the @ (unix(7)).
std::string socket_name(std::string address) {
    if (address.starts_with('@')) {
        address.front() = '\0';
    }
    return address;
}

// CLOCK_MONOTONIC, which systemd compares with the time at which it asked for the reload.
long long monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
}

}  // namespace

std::optional<std::chrono::microseconds> watchdog_interval() {
    const auto interval = number_in("WATCHDOG_USEC");
    const auto process = number_in("WATCHDOG_PID");
    if (!interval || *interval <= 0 || (process && *process != ::getpid())) {
        return std::nullopt;
    }
    return std::chrono::microseconds{*interval};
}

SystemdHost::SystemdHost(std::string address, std::optional<std::chrono::microseconds> watchdog)
    : address_{socket_name(std::move(address))}, watchdog_{watchdog} {}

void SystemdHost::open(asio::io_context& io, HostRequests requests) {
    describe_ = std::move(requests.describe);
    signals_.open(io, std::move(requests));
    socket_.emplace(io);
    boost::system::error_code error;
    socket_->open({}, error);
    socket_->non_blocking(true, error);
    if (watchdog_) {
        feeding_.emplace(io);
        feed_watchdog();
    }
    if (describe_) {
        telling_.emplace(io);
        keep_status();
    }
}

void SystemdHost::close() {
    signals_.close();
    feeding_.reset();
    telling_.reset();
    socket_.reset();
}

void SystemdHost::ready() {
    notify("READY=1\n" + status());
}

void SystemdHost::changed() {
    const std::string message = status();
    if (message != told_) {
        notify(message);
        told_ = message;
    }
}

std::string SystemdHost::status() const {
    std::string text = describe_ ? describe_() : "";
    std::ranges::replace(text, '\n', ' ');  // which would begin another assignment
    return "STATUS=" + text;
}

void SystemdHost::reloading() {
    notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void SystemdHost::stopping(std::chrono::seconds at_most) {
    notify(fmt::format("STOPPING=1\nEXTEND_TIMEOUT_USEC={}\n{}", std::chrono::microseconds{at_most}.count(), status()));
}

void SystemdHost::feed_watchdog() {
    notify("WATCHDOG=1");
    feeding_->expires_after(*watchdog_ / 2);
    feeding_->async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) {
            feed_watchdog();
        }
    });
}

void SystemdHost::keep_status() {
    telling_->expires_after(status_interval);
    telling_->async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) {
            changed();
            keep_status();
        }
    });
}

void SystemdHost::notify(const std::string& message) {
    if (socket_) {
        boost::system::error_code lost;
        socket_->send_to(asio::buffer(message), address_, 0, lost);
    }
}

}  // namespace revsync
