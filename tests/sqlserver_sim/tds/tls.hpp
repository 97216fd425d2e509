// TLS as TDS carries it: encrypted bytes are handed in and out, the caller moves them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace revsync::sim::tds {

// Certificate and key. Immutable, shared by all connections.
class TlsContext {
public:
    // Makes a self-signed certificate in memory, as SQL Server does when it has none.
    static TlsContext self_signed();
    // PEM files; throws std::runtime_error naming the file.
    static TlsContext from_files(const std::string& certificate_file, const std::string& key_file);

private:
    friend class TlsSession;
    struct Delete {
        void operator()(ssl_ctx_st* context) const;
    };
    TlsContext();
    std::unique_ptr<ssl_ctx_st, Delete> context_;
};

// The server's end of one encrypted connection. One thread may read while another writes.
class TlsSession {
public:
    explicit TlsSession(const TlsContext& context);

    // Takes bytes that arrived and goes on with the handshake. True once it is complete. Throws ConnectionClosed.
    bool handshake(std::string_view arrived);
    // Decrypts what arrived; empty while a record is incomplete. Throws ConnectionClosed.
    std::string decrypt(std::string_view arrived);
    std::string encrypt(std::string_view plain);
    // Encrypted bytes that must be sent now (handshake messages).
    std::string take_output();

private:
    struct Delete {
        void operator()(ssl_st* session) const;
    };
    void feed(std::string_view arrived);
    std::string drain_output();

    std::mutex mutex_;
    std::unique_ptr<ssl_st, Delete> session_;  // guarded by mutex_
};

}  // namespace revsync::sim::tds
