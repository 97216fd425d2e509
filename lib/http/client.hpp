// Asks a running daemon, as `reverse-syncd status` does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "http/message.hpp"

namespace revsync::http {

struct ClientSettings {
    std::string host = "127.0.0.1";  // where the daemon listens; "0.0.0.0" and "::" are asked on loopback
    std::uint16_t port = 3000;
    // Speak TLS, and only to who has this certificate (the daemon's own TLS_CERT_FILE; which name it is made out to
    // does not matter, since it is asked on this machine). None: plain HTTP.
    std::optional<std::filesystem::path> certificate;
    std::chrono::milliseconds timeout{10000};  // for all of it
    std::size_t body_limit = 4 * 1024 * 1024;  // bytes of the response
};

// One request on a connection of its own; blocks. `request` has method, target, body and fields such as Authorization;
// Host, length and version are filled in. Any response is a value, whatever its status. The error names HOST and PORT:
// retry when nobody answers there or not in time, configuration when the certificate is not the daemon's.
Result<Response> fetch(const ClientSettings& settings, Request request);

}  // namespace revsync::http
