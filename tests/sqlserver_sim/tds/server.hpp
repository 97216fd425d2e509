// Accepts clients and gives each a thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "../engine.hpp"
#include "connection.hpp"

namespace revsync::sim::tds {

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0 takes a free one
    std::size_t connection_limit = 100;
    ConnectionOptions connection;
};

class Server {
public:
    // Listens at once; the engine must outlive the server. Throws std::system_error.
    Server(Engine& engine, TlsContext tls, ServerOptions options);
    // Ends every connection and waits for their threads.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const { return port_; }
    // Serves until `stop_descriptor` becomes readable.
    void run(int stop_descriptor);

private:
    struct Client;

    void accept_client();
    void forget_finished();

    Engine& engine_;
    const TlsContext tls_;
    const ServerOptions options_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::uint16_t last_session_id_ = 50;  // SQL Server keeps the lower ones for itself
    std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace revsync::sim::tds
