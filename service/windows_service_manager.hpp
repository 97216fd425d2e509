// The ServiceManager of a real Windows.
#pragma once

#include <memory>
#include <string>

#include "service/service_manager.hpp"

namespace revsync {

// Connects to this machine's service control manager. What needs an administrator is refused when it is asked for.
Result<std::unique_ptr<ServiceManager>> open_service_manager();

// A line typed at the console, without showing it, or read from standard input where that is no console. UTF-8.
Result<std::string> read_password(const std::string& prompt);

}  // namespace revsync
