// What the verbs of "reverse-syncd service" do to a Windows machine, as far as it cannot be done on another.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "service/windows_service.hpp"

namespace revsync {

struct ServiceReport {
    ServiceState state = ServiceState::stopped;
    std::uint32_t checkpoint = 0;
    std::chrono::milliseconds wait_hint{0};
    std::uint32_t process = 0;                            // 0: none
    std::uint32_t exit_code = 0;                          // of the last run, the service's own where it gave one
    static constexpr std::uint32_t never_started = 1077;  // ERROR_SERVICE_NEVER_STARTED, as exit_code
};

struct ServiceAccount {
    std::string name;
    std::string password;  // of built-in accounts: empty
};

// The service control manager, the Event Log's registry and the service's folder, for the service ReverseSync. All text
// is UTF-8. An error names what could not be done and the next step; its code is Windows' own ("windows 5").
class ServiceManager {
public:
    virtual ~ServiceManager() = default;

    // nullopt: it is not installed.
    virtual Result<std::optional<ServiceReport>> query() = 0;
    // Installs the service, or sets one that is there right: program, start, recovery, time-outs. Without an account
    // the one that it has stays (a new one: LocalService).
    virtual Result<void> install(const std::optional<ServiceAccount>& account) = 0;
    // %ProgramData%\ReverseSync, which nobody but administrators, the system and the service's account can open, and a
    // template of the .env in it where there is none. Returns the .env's path. After install().
    virtual Result<std::string> prepare_folder() = 0;
    virtual Result<void> remove_folder() = 0;
    virtual Result<void> register_events() = 0;
    // Of one that is not registered: nothing.
    virtual Result<void> unregister_events() = 0;
    // These ask, and do not wait for what was asked for.
    virtual Result<void> start() = 0;
    virtual Result<void> stop() = 0;
    virtual Result<void> remove() = 0;
    // Passes some time before the next query().
    static constexpr std::chrono::milliseconds pause_length{250};
    virtual void pause() = 0;
};

}  // namespace revsync
