#include "service/host.hpp"

#include <cstdlib>

#include "service/console_host.hpp"
#ifdef __linux__
#include "service/systemd_host.hpp"
#endif
#ifdef _WIN32
#include "service/windows_dispatcher.hpp"
#endif

namespace revsync {

void Host::exit_now(int exit_code) {
    std::_Exit(exit_code);
}

int run_hosted(const std::function<int(Host&)>& service) {
#ifdef __linux__
    if (const char* address = std::getenv("NOTIFY_SOCKET"); address != nullptr && *address != '\0') {
        SystemdHost host{address, watchdog_interval()};
        return service(host);
    }
#endif
#ifdef _WIN32
    if (const std::optional<int> exit_code = run_as_windows_service(service)) {
        return *exit_code;
    }
#endif
    ConsoleHost host;
    return service(host);
}

}  // namespace revsync
