// The verbs of "reverse-syncd service". Each says to `say`, line by line, what it does, and can be repeated.
#pragma once

#include <functional>
#include <string_view>

#include "service/service_manager.hpp"

namespace revsync {

using Say = std::function<void(std::string_view line)>;

// What Windows wants with an account (https://learn.microsoft.com/windows/win32/api/winsvc/nf-winsvc-createservicew):
//   system   NT AUTHORITY\…, LocalSystem     an empty password
//   service  NT SERVICE\…, a service's own   none
//   managed  DOMAIN\name$                    none, and the right to log on as a service
//   person   any other                       its password, and that right
enum class AccountKind { system, service, managed, person };
AccountKind account_kind(std::string_view account);

Result<void> install_service(ServiceManager& manager, const std::optional<ServiceAccount>& account, const Say& say);

// Stops the service first. With `purge` settings and state go, too.
Result<void> uninstall_service(ServiceManager& manager, bool purge, const Say& say);

// Return when the service runs or has stopped, respectively. The error when it does not: when it stopped instead, when
// its checkpoint has stood still for longer than its hint and half a minute, or after five minutes.
Result<void> start_service(ServiceManager& manager, const Say& say);
Result<void> stop_service(ServiceManager& manager, const Say& say);

// Whether it runs.
Result<bool> service_status(ServiceManager& manager, const Say& say);

}  // namespace revsync
