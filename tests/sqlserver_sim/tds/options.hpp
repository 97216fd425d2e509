// The command line of sqlserver-sim.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "server.hpp"

namespace revsync::sim::tds {

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Options {
    ServerOptions server;
    EngineOptions engine;
    std::string tls_certificate_file;  // both empty: a self-signed certificate is made
    std::string tls_key_file;
    std::optional<int> ready_descriptor;
    bool die_with_parent = false;
    bool show_help = false;
    bool show_version = false;
};

// The password may come from the environment variable SIM_PASSWORD, out of sight of other users' process lists.
// Throws UsageError.
Options parse_options(int argc, const char* const* argv);

std::string usage();

}  // namespace revsync::sim::tds
