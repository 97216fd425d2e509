#include "service/windows_dispatcher.hpp"

#include <windows.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <string>

#include "service/event_log.hpp"
#include "service/windows_host.hpp"

namespace revsync {
namespace {

class StatusHandle final : public ServiceControlManager {
public:
    explicit StatusHandle(SERVICE_STATUS_HANDLE handle) : handle_{handle} {}
    void report(const ServiceStatus& status) override {
        SERVICE_STATUS native{};
        native.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
        native.dwCurrentState = static_cast<DWORD>(status.state);
        if (status.accepts_controls) {
            native.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE;
        }
        if (status.exit_code != 0) {
            native.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
            native.dwServiceSpecificExitCode = static_cast<DWORD>(status.exit_code);
        }
        native.dwCheckPoint = status.checkpoint;
        native.dwWaitHint = static_cast<DWORD>(status.wait_hint.count());
        ::SetServiceStatus(handle_, &native);
    }

private:
    SERVICE_STATUS_HANDLE handle_;
};

// ServiceMain is called without an argument of ours.
struct Dispatch {
    const std::function<int(Host&)>* service = nullptr;
    int exit_code = EXIT_FAILURE;
};
Dispatch& dispatch() {
    static Dispatch instance;
    return instance;
}

using HostInUse = std::atomic<WindowsHost*>;

DWORD WINAPI handle_control(DWORD control, DWORD /*event*/, void* /*data*/, void* context) {
    WindowsHost* host = static_cast<HostInUse*>(context)->load();
    if (host == nullptr) {
        return control == SERVICE_CONTROL_INTERROGATE ? NO_ERROR : ERROR_SERVICE_CANNOT_ACCEPT_CTRL;
    }
    return host->control(static_cast<ServiceControl>(control)) ? NO_ERROR : ERROR_CALL_NOT_IMPLEMENTED;
}

int run(WindowsHost& host) try { return (*dispatch().service)(host); } catch (const std::exception& error) {
    host.log()(Level::error, std::string{"reverse-syncd: internal error: "} + error.what());
    return EXIT_FAILURE;
}

void WINAPI service_main(DWORD /*count*/, LPWSTR* /*arguments*/) {
    static HostInUse in_use;  // the SCM may ask for as long as the process lives
    const SERVICE_STATUS_HANDLE handle = ::RegisterServiceCtrlHandlerExW(windows_service_name, handle_control, &in_use);
    if (handle == nullptr) {
        return;
    }
    static StatusHandle scm{handle};
    static WindowsHost host{scm, write_events()};
    in_use = &host;
    dispatch().exit_code = run(host);
    host.stopped(dispatch().exit_code);
}

}  // namespace

std::optional<int> run_as_windows_service(const std::function<int(Host&)>& service) {
    dispatch().service = &service;
    std::wstring name{windows_service_name};
    const SERVICE_TABLE_ENTRYW services[]{{name.data(), service_main}, {nullptr, nullptr}};
    if (::StartServiceCtrlDispatcherW(services) == 0) {
        return std::nullopt;  // ERROR_FAILED_SERVICE_CONTROLLER_CONNECT: a console
    }
    return dispatch().exit_code;
}

}  // namespace revsync
