#include "packet_writer.hpp"

namespace revsync::sim::tds {

void PacketWriter::send(std::string_view payload, bool last) {
    channel_.write_packet(PacketType::response, payload, ++number_, last);
}

// The last packet of a message must say so, and a full one may be the last: one packet's worth is held back.
void PacketWriter::send_full_packets() {
    std::string_view rest = out_.buffer();
    while (rest.size() > room()) {
        send(rest.substr(0, room()), false);
        rest.remove_prefix(room());
    }
    out_.buffer().erase(0, out_.size() - rest.size());
}

void PacketWriter::end_message() {
    send_full_packets();
    send(out_.buffer(), true);
    out_.buffer().clear();
    number_ = 0;
}

}  // namespace revsync::sim::tds
