// One client, from its first packet to its last.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "../engine.hpp"
#include "channel.hpp"
#include "inbox.hpp"
#include "login7.hpp"
#include "packet_writer.hpp"
#include "prelogin.hpp"
#include "requests.hpp"
#include "response.hpp"

namespace revsync::sim::tds {

struct ConnectionOptions {
    Encryption encryption = Encryption::off;
    Version newest_version = Version::v7_4;
};

class Connection {
public:
    // `engine`, `tls` and `options` must outlive the connection. With `refusal` set, the login is answered with it.
    Connection(int descriptor, std::uint16_t session_id, Engine& engine, const TlsContext& tls,
               const ConnectionOptions& options, std::optional<sim::Message> refusal);

    // Serves the client until it leaves, is cut off or breaks the protocol. Throws nothing.
    void run() noexcept;
    // Makes run() return soon. Any thread.
    void stop() noexcept;

private:
    bool log_in();
    void negotiate_encryption(EncryptionPlan& plan);
    void open_session(const Login7& login);
    void accept_login(const Login7& login);
    void refuse_login(const sim::Message& message);

    void serve();
    // False when the connection has to end after this message.
    bool answer(const ClientMessage& message, Inbox& inbox);
    void perform(const ClientMessage& message, Response& response);
    void perform_bulk_load(std::string_view body, Response& response);
    void perform_transaction_request(std::string_view body, Response& response);
    void report_protocol_error(const ProtocolError& error) noexcept;
    void close() noexcept;

    Engine& engine_;
    const TlsContext& tls_;
    const ConnectionOptions& options_;
    const std::optional<sim::Message> refusal_;
    SessionState state_;  // run()'s thread only

    // Used by run()'s thread without the mutex, by stop() with it; changed by run()'s thread with it.
    std::mutex mutex_;
    std::unique_ptr<Channel> channel_;
    std::unique_ptr<Session> session_;
    PacketWriter writer_;
};

}  // namespace revsync::sim::tds
