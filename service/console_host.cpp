#include "service/console_host.hpp"

#include <csignal>
#ifdef _WIN32
#include <windows.h>

#include <boost/asio/post.hpp>
#include <mutex>
#else
#include <unistd.h>
#endif

namespace revsync {

SignalWatch::SignalWatch(boost::asio::io_context& io, std::initializer_list<int> signals, std::function<void()> handle)
    : signals_{io}, handle_{std::move(handle)} {
    for (const int signal : signals) {
        signals_.add(signal);
    }
    wait();
}

void SignalWatch::wait() {
    signals_.async_wait([this](boost::system::error_code cancelled, int) {
        if (!cancelled) {
            wait();
            handle_();
        }
    });
}

#ifdef _WIN32

namespace {

// Windows calls a function without an argument of ours, on a thread of its own.
struct Console {
    std::mutex mutex;
    boost::asio::io_context* io = nullptr;
    std::function<void()> stop;
};
Console& console() {
    static Console instance;
    return instance;
}

BOOL WINAPI handle_console_event(DWORD event) {
    {
        const std::scoped_lock lock{console().mutex};
        if (console().io == nullptr) {
            return FALSE;
        }
        boost::asio::post(*console().io, console().stop);
    }
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) {
        // The window is closed, or the session ends: Windows ends the process as soon as this function returns, and
        // some seconds later if it does not (https://learn.microsoft.com/windows/console/handlerroutine).
        ::Sleep(INFINITE);
    }
    return TRUE;
}

}  // namespace

void ConsoleHost::open(boost::asio::io_context& io, HostRequests requests) {
    const std::scoped_lock lock{console().mutex};
    console().io = &io;
    console().stop = std::move(requests.stop);
    ::SetConsoleCtrlHandler(handle_console_event, TRUE);
}

void ConsoleHost::close() {
    const std::scoped_lock lock{console().mutex};
    console().io = nullptr;
    ::SetConsoleCtrlHandler(handle_console_event, FALSE);
}

#else

void ConsoleHost::open(boost::asio::io_context& io, HostRequests requests) {
    if (requests.reload) {
        reload_.emplace(io, std::initializer_list<int>{SIGHUP},
                        ::isatty(STDIN_FILENO) == 1 ? requests.stop : std::move(requests.reload));
    }
    if (requests.catch_up) {
        catch_up_.emplace(io, std::initializer_list<int>{SIGUSR1}, std::move(requests.catch_up));
    }
    stop_.emplace(io, std::initializer_list<int>{SIGINT, SIGTERM}, std::move(requests.stop));
}

void ConsoleHost::close() {
    stop_.reset();
    reload_.reset();
    catch_up_.reset();
}

#endif

}  // namespace revsync
