#include "service/windows_host.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace revsync {

namespace asio = boost::asio;

WindowsHost::WindowsHost(ServiceControlManager& scm, Logger::Write log, std::chrono::milliseconds progress_interval)
    : scm_{scm}, log_{std::move(log)}, progress_interval_{progress_interval} {
    enter({.state = ServiceState::start_pending, .wait_hint = start_wait_hint});
}

void WindowsHost::open(asio::io_context& io, HostRequests requests) {
    requests_ = std::move(requests);
    reporting_.emplace(io);
    status_.accepts_controls = pending();
    report_progress();
    keep_reporting();
    const std::scoped_lock lock{mutex_};
    io_ = &io;
    if (stop_wanted_) {
        post(&WindowsHost::ask_stop);
    }
}

void WindowsHost::close() {
    reporting_.reset();
    requests_ = {};
    const std::scoped_lock lock{mutex_};
    io_ = nullptr;
}

void WindowsHost::ready() {
    if (status_.state == ServiceState::start_pending) {
        enter({.state = ServiceState::running, .accepts_controls = true});
    }
}

void WindowsHost::stopping(std::chrono::seconds at_most) {
    if (status_.state == ServiceState::start_pending || status_.state == ServiceState::running) {
        enter({.state = ServiceState::stop_pending, .wait_hint = at_most});
        keep_reporting();
    }
}

void WindowsHost::stopped(int exit_code) {
    if (status_.state != ServiceState::stopped) {
        enter({.state = ServiceState::stopped, .exit_code = exit_code});
    }
}

void WindowsHost::exit_now(int exit_code) {
    stopped(exit_code);
    Host::exit_now(exit_code);
}

bool WindowsHost::pending() const {
    return status_.state == ServiceState::start_pending || status_.state == ServiceState::stop_pending;
}

void WindowsHost::enter(ServiceStatus status) {
    status_ = status;
    status_.checkpoint = pending() ? 1 : 0;
    scm_.report(status_);
}

void WindowsHost::report_progress() {
    if (pending()) {
        ++status_.checkpoint;
        scm_.report(status_);
    }
}

void WindowsHost::keep_reporting() {
    if (!reporting_) {
        return;
    }
    reporting_->expires_after(progress_interval_);
    reporting_->async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled && pending()) {
            report_progress();
            keep_reporting();
        }
    });
}

bool WindowsHost::control(ServiceControl control) {
    const std::scoped_lock lock{mutex_};
    switch (control) {
        case ServiceControl::interrogate:  // the SCM remembers what was reported last
            return true;
        case ServiceControl::stop:
        case ServiceControl::shutdown:
        case ServiceControl::preshutdown:
            stop_wanted_ = true;
            post(&WindowsHost::ask_stop);
            return true;
        case ServiceControl::parameters_changed:
            post(&WindowsHost::ask_reload);
            return true;
        case ServiceControl::catch_up:
            post(&WindowsHost::ask_catch_up);
            return true;
    }
    return false;
}

// With the mutex held.
void WindowsHost::post(void (WindowsHost::*request)()) {
    if (io_ != nullptr) {
        asio::post(*io_, [this, request] { (this->*request)(); });
    }
}

void WindowsHost::ask_stop() {
    if (requests_.stop && !std::exchange(stop_passed_on_, true)) {
        requests_.stop();
    }
}

void WindowsHost::ask_reload() {
    if (requests_.reload) {
        requests_.reload();
    }
}

void WindowsHost::ask_catch_up() {
    if (requests_.catch_up) {
        requests_.catch_up();
    }
}

}  // namespace revsync
