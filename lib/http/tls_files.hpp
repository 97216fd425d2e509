// The certificate and key that the listener shows, from two PEM files that somebody else renews.
#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "http/listener_settings.hpp"
#include "runtime/logger.hpp"

namespace revsync::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// TLS 1.2 and newer, with OpenSSL's own choice of ciphers. The error (configuration) names the variable whose file is
// missing, unreadable, not PEM, behind a passphrase, or does not go with the other.
Result<TlsContext> load_tls(const TlsFilePaths& paths);

// Keeps the context that new connections take. Renewal needs no restart: when one of the files has another size or
// modification time, both are read again. A pair that does not load is tried at every look, with one line in the log
// per reason, and the former stays: what makes it good need not show in size or time (chmod). Open connections keep
// what they began with. An expired certificate is taken, with a warning: callers that check will refuse it, but the
// daemon must not stay down for it.
class TlsFiles {
public:
    // `logger` must outlive it.
    TlsFiles(TlsFilePaths paths, std::chrono::milliseconds check_interval, const Logger& logger)
        : paths_{std::move(paths)}, interval_{check_interval}, logger_{logger} {}

    // Before anything else, once; the error is that of load_tls.
    Result<void> open(std::chrono::steady_clock::time_point now);
    // For a new connection. Looks at the files at most once per interval: two stat calls, and nothing when they rest.
    TlsContext context(std::chrono::steady_clock::time_point now);

private:
    struct Stamp {
        std::filesystem::file_time_type changed;
        std::uintmax_t size = 0;
        bool operator==(const Stamp&) const = default;
    };
    using Stamps = std::array<Stamp, 2>;
    Stamps stamps() const;
    void adopt(TlsContext context);

    TlsFilePaths paths_;
    std::chrono::milliseconds interval_;
    const Logger& logger_;
    TlsContext context_;
    Stamps loaded_;        // of context_
    std::string refused_;  // why the pair there now does not load, as the log has it
    std::chrono::steady_clock::time_point checked_;
};

}  // namespace revsync::http
