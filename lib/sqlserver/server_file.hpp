// The connection settings that db-lib takes from a file alone (freetds.conf): encryption, certificate checks,
// time-outs, named instances.
#pragma once

#include <string>

#include "core/error.hpp"
#include "sqlserver/connection_settings.hpp"

namespace revsync::sqlserver {

// One section of a freetds.conf, without its heading. It holds neither user nor password.
std::string server_section(const ConnectionSettings& settings);

// Adds a section for these settings to the process's own file (once for equal ones) and returns the section's
// name, to be given to dbopen(). The file lies in memory where the system can do that, otherwise in a temporary
// file that only this user can read and that goes away with the process. Any thread. Errors (configuration):
// a setting that cannot be written there, a certificate file that cannot be read.
Result<std::string> register_server(const ConnectionSettings& settings);

}  // namespace revsync::sqlserver
