#include "channel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "byte_reader.hpp"
#include "byte_writer.hpp"

namespace revsync::sim::tds {

std::string Channel::take(std::size_t count) {
    std::array<char, 16384> buffer{};
    while (arrived_.size() < count) {
        const std::string_view bytes(buffer.data(), socket_.receive(buffer.data(), buffer.size()));
        if (tls_) {
            arrived_ += tls_->decrypt(bytes);
        } else {
            arrived_ += bytes;
        }
    }
    std::string taken = arrived_.substr(0, count);
    arrived_.erase(0, count);
    return taken;
}

Packet Channel::read_packet() {
    const std::string header = take(packet_header_size);
    ByteReader in(header);
    Packet packet;
    packet.type = static_cast<PacketType>(in.u8());
    packet.status = in.u8();
    const std::size_t length = in.u16_be();
    if (length < packet_header_size) {
        throw ProtocolError("a packet is shorter than its header");
    }
    packet.payload = take(length - packet_header_size);
    return packet;
}

ClientMessage Channel::read_message() {
    MessageAssembler assembler;
    while (!assembler.add(read_packet())) {
    }
    return assembler.take();
}

bool Channel::wait_readable(int timeout_ms) {
    return !arrived_.empty() || socket_.wait_readable(timeout_ms);
}

void Channel::write_packet(PacketType type, std::string_view payload, std::uint8_t number, bool last) {
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(type));
    out.u8(last ? packet_status::end_of_message : 0);
    out.u16_be(static_cast<std::uint16_t>(payload.size() + packet_header_size));
    out.u16_be(session_id_);
    out.u8(number);
    out.u8(0);
    out.bytes(payload);
    socket_.send(tls_ ? tls_->encrypt(out.buffer()) : out.buffer());
}

void Channel::start_tls(const TlsContext& context) {
    constexpr std::size_t room = default_packet_size - packet_header_size;
    auto session = std::make_unique<TlsSession>(context);
    bool done = false;
    while (!done) {
        const Packet packet = read_packet();
        if (packet.type != PacketType::prelogin) {
            throw ProtocolError("the client stopped in the middle of the TLS handshake");
        }
        done = session->handshake(packet.payload);
        const std::string output = session->take_output();
        std::uint8_t number = 0;
        for (std::string_view rest = output; !rest.empty();) {
            const std::string_view part = rest.substr(0, room);
            rest.remove_prefix(part.size());
            write_packet(PacketType::prelogin, part, ++number, rest.empty());
        }
    }
    tls_ = std::move(session);
}

bool MessageAssembler::add(Packet&& packet) {
    if (!started_) {
        started_ = true;
        constexpr auto reset = packet_status::reset_connection | packet_status::reset_connection_keep_transaction;
        message_.type = packet.type;
        message_.reset_connection = (packet.status & reset) != 0;
        message_.body = std::move(packet.payload);
    } else if (packet.type != message_.type) {
        throw ProtocolError("a packet of another type stands inside a message");
    } else {
        message_.body += packet.payload;
    }
    if (message_.body.size() > message_limit_bytes) {
        throw ProtocolError("a message is too long");
    }
    message_.ignored = (packet.status & packet_status::ignore) != 0;
    return (packet.status & packet_status::end_of_message) != 0;
}

ClientMessage MessageAssembler::take() {
    started_ = false;
    return std::exchange(message_, {});
}

}  // namespace revsync::sim::tds
