// Packets ([MS-TDS] 2.2.3) over a socket, in plain text or under TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "socket.hpp"
#include "tls.hpp"

namespace revsync::sim::tds {

enum class PacketType : std::uint8_t {
    sql_batch = 0x01,
    rpc = 0x03,
    response = 0x04,
    attention = 0x06,
    bulk_load = 0x07,
    transaction_manager = 0x0E,
    login = 0x10,
    prelogin = 0x12
};

namespace packet_status {
inline constexpr std::uint8_t end_of_message = 0x01;
inline constexpr std::uint8_t ignore = 0x02;
inline constexpr std::uint8_t reset_connection = 0x08;
inline constexpr std::uint8_t reset_connection_keep_transaction = 0x10;
}  // namespace packet_status

inline constexpr std::size_t packet_header_size = 8;
inline constexpr std::size_t default_packet_size = 4096;
inline constexpr std::size_t smallest_packet_size = 512;
inline constexpr std::size_t largest_packet_size = 32767;
inline constexpr std::size_t message_limit_bytes = 512U * 1024 * 1024;

struct Packet {
    PacketType type{};
    std::uint8_t status = 0;
    std::string payload;
};

// A whole message: the payloads of its packets joined.
struct ClientMessage {
    PacketType type{};
    bool ignored = false;  // the client changed its mind half-way
    bool reset_connection = false;
    std::string body;
};

// One thread may read while another writes; start_tls and stop_tls need both to be still.
class Channel {
public:
    Channel(int descriptor, std::uint16_t session_id) : socket_(descriptor), session_id_(session_id) {}

    // Throw ConnectionClosed when the client is gone and ProtocolError for packets that are none.
    Packet read_packet();
    ClientMessage read_message();
    // Waits for something to read; false when the time is over.
    bool wait_readable(int timeout_ms);

    // One packet, at most largest_packet_size with its header.
    void write_packet(PacketType type, std::string_view payload, std::uint8_t number, bool last);

    // Runs the handshake, whose bytes travel in pre-login packets; afterwards everything is encrypted.
    void start_tls(const TlsContext& context);
    void stop_tls() { tls_.reset(); }

    const Socket& socket() const { return socket_; }

private:
    std::string take(std::size_t count);

    Socket socket_;
    const std::uint16_t session_id_;
    std::unique_ptr<TlsSession> tls_;
    std::string arrived_;  // plain bytes not yet taken; the reading thread's
};

// Collects packets into a message.
class MessageAssembler {
public:
    // True when the message is complete. Throws ProtocolError when it grows past message_limit_bytes.
    bool add(Packet&& packet);
    ClientMessage take();

private:
    ClientMessage message_;
    bool started_ = false;
};

}  // namespace revsync::sim::tds
