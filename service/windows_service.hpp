// What a Windows service and the service control manager (SCM) say to each other. These are the SCM's own terms and
// numbers (https://learn.microsoft.com/windows/win32/api/winsvc/ns-winsvc-service_status), without its headers, so that
// the talk can be tested on any system.
#pragma once

#include <chrono>
#include <cstdint>

namespace revsync {

// Names it to the SCM, in the registry and in the Event Log.
inline constexpr wchar_t windows_service_name[] = L"ReverseSync";

enum class ServiceState : std::uint32_t { stopped = 1, start_pending = 2, stop_pending = 3, running = 4 };

struct ServiceStatus {
    ServiceState state = ServiceState::stopped;
    bool accepts_controls = false;           // the others but interrogate, which is always sent
    std::uint32_t checkpoint = 0;            // grows for as long as a pending state makes progress; otherwise 0
    std::chrono::milliseconds wait_hint{0};  // at most this long until the next checkpoint or state
    int exit_code = 0;                       // stopped: the service's own, 0 good
    bool operator==(const ServiceStatus&) const = default;
};

// What the SCM asks. From 128 on the numbers are a service's own.
enum class ServiceControl : std::uint32_t {
    stop = 1,
    interrogate = 4,
    shutdown = 5,
    parameters_changed = 6,
    preshutdown = 15,
    catch_up = 128
};

// The SCM, to a service that it runs.
class ServiceControlManager {
public:
    virtual ~ServiceControlManager() = default;
    // Costs little and cannot fail: nobody could be told.
    virtual void report(const ServiceStatus& status) = 0;
};

}  // namespace revsync
