// The process's connection to the Windows service control manager.
#pragma once

#include <functional>
#include <optional>

#include "service/host.hpp"

namespace revsync {

// Runs `service` under a WindowsHost, on a thread that the SCM calls, and returns its exit code; at once nullopt, and
// nothing is run, where the SCM did not start this process. Once in a process.
std::optional<int> run_as_windows_service(const std::function<int(Host&)>& service);

}  // namespace revsync
