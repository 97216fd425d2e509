// How much a caller may ask of the listener, and what the listener counts.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace revsync::http {

struct TlsFilePaths {
    std::filesystem::path certificate;  // PEM: the server's certificate, then those between it and the root
    std::filesystem::path key;          // PEM, without a passphrase
};

struct ListenerSettings {
    std::string host = "127.0.0.1";   // an address, or a name: then all of its addresses
    std::uint16_t port = 3000;        // 0: any free one
    std::optional<TlsFilePaths> tls;  // none: plain HTTP

    std::size_t header_limit = 8 * 1024;         // bytes; more is 431
    std::size_t body_limit = 1024 * 1024;        // bytes; more is 413
    std::size_t small_body = 16 * 1024;          // bytes of each body that always find room …
    std::size_t shared_limit = 8 * 1024 * 1024;  // … and what all bodies may hold beyond that; more is 503
    std::size_t connection_limit = 512;          // beyond: whoever has kept us waiting longest goes

    // Totals, not pauses between two bytes: a client that sends one byte a second is cut like one that sends none.
    std::chrono::milliseconds handshake_timeout{5000};
    std::chrono::milliseconds header_timeout{5000};
    std::chrono::milliseconds body_timeout{10000};
    std::chrono::milliseconds write_timeout{10000};
    // Longer than reverse proxies keep theirs (Caddy 2 minutes, nginx 1), so that it is they who close and no request
    // meets a connection that closes at that moment.
    std::chrono::milliseconds idle_timeout{150000};
    // After the last response, for the client to read it: closing at once could destroy it (RFC 9112, 9.6).
    std::chrono::milliseconds linger_timeout{2000};
    std::size_t linger_limit = 4 * 1024 * 1024;  // bytes thrown away meanwhile

    // How often the TLS files are looked at, when connections come.
    std::chrono::milliseconds tls_check_interval{1000};
};

// Since the listener was made; `open` is now.
struct ListenerCounts {
    std::size_t open = 0;
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;                 // came when every connection was busy: 503
    std::uint64_t dropped = 0;                 // gave way to a newcomer
    std::uint64_t timed_out = 0;               // sent or read too slowly
    std::uint64_t failed_handshakes = 0;       // TLS
    std::array<std::uint64_t, 5> responses{};  // 1xx, 2xx … 5xx

    std::uint64_t answered(unsigned hundreds) const { return responses.at(hundreds - 1); }
};

}  // namespace revsync::http
