// Cuts a response into packets while it is being written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "byte_writer.hpp"
#include "channel.hpp"

namespace revsync::sim::tds {

class PacketWriter {
public:
    explicit PacketWriter(Channel& channel) : channel_(channel) {}

    // What is appended here goes out with the next send_full_packets or end_message.
    ByteWriter& out() { return out_; }
    std::size_t packet_size() const { return packet_size_; }
    void set_packet_size(std::size_t size) { packet_size_ = size; }

    // Throw ConnectionClosed.
    void send_full_packets();
    void end_message();

private:
    std::size_t room() const { return packet_size_ - packet_header_size; }
    void send(std::string_view payload, bool last);

    Channel& channel_;
    ByteWriter out_;
    std::size_t packet_size_ = default_packet_size;
    std::uint8_t number_ = 0;
};

}  // namespace revsync::sim::tds
