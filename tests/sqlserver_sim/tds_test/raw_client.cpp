#include "raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "byte_writer.hpp"
#include "value_framing.hpp"

namespace revsync::sim::tds::test {
namespace {

int connect_to(std::uint16_t port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::system_error(errno, std::generic_category(), "connect");
    }
    return descriptor;
}

std::string scramble(std::string_view password) {
    std::string bytes = utf8_to_utf16(password);
    for (char& c : bytes) {
        const unsigned byte = static_cast<std::uint8_t>(c);
        c = static_cast<char>(((byte << 4U | byte >> 4U) & 0xFFU) ^ 0xA5U);
    }
    return bytes;
}

void put_parameter(ByteWriter& out, const Parameter& parameter, Version version) {
    const WireType type = wire_type(parameter.type, true, version, Place::return_value);
    out.b_varchar(parameter.name);
    out.u8(parameter.output ? 1 : 0);
    write_wire_type(out, type);
    write_value(out, type, parameter.value, Context::parameter);
}

}  // namespace

std::string login_body(std::uint32_t version, const Login& login, std::uint32_t packet_size, bool with_features) {
    constexpr std::uint16_t fixed_size = 94;
    ByteWriter fixed;
    ByteWriter data;
    const auto field = [&](const std::string& bytes, std::size_t unit) {
        fixed.u16(static_cast<std::uint16_t>(fixed_size + data.size()));
        fixed.u16(static_cast<std::uint16_t>(bytes.size() / unit));
        data.bytes(bytes);
    };
    fixed.u32(version);
    fixed.u32(packet_size);
    fixed.bytes(std::string(12 + 3, '\0'));
    fixed.u8(with_features ? 0x10 : 0);
    fixed.bytes(std::string(8, '\0'));
    field(utf8_to_utf16(login.host), 2);
    field(utf8_to_utf16(login.user), 2);
    field(scramble(login.password), 2);
    field(utf8_to_utf16(login.application), 2);
    field(utf8_to_utf16("server"), 2);
    ByteWriter pointer;
    pointer.u32(
        static_cast<std::uint32_t>(fixed_size + data.size() + 4 + (with_features ? 2 * login.database.size() : 0)));
    field(with_features ? pointer.buffer() : std::string(), 1);
    field({}, 2);
    field({}, 2);
    field(utf8_to_utf16(login.database), 2);
    fixed.bytes(std::string(6, '\0'));
    for (int i = 0; i < 3; ++i) {
        field({}, 2);
    }
    fixed.u32(0);
    if (with_features) {
        data.bytes(std::string("\x0A\x01\x00\x00\x00\x01\xFF", 7));
    }
    ByteWriter message;
    message.u32(static_cast<std::uint32_t>(fixed.size() + data.size() + 4));
    message.bytes(fixed.buffer());
    message.bytes(data.buffer());
    return message.buffer();
}

std::string prelogin_body(std::uint8_t encryption) {
    ByteWriter out;
    out.bytes(std::string("\x00\x00\x0B\x00\x06\x01\x00\x11\x00\x01\xFF", 11));
    out.bytes(std::string(6, '\x09'));
    out.u8(encryption);
    return out.buffer();
}

std::string headers(Version version) {
    ByteWriter out;
    if (version >= Version::v7_2) {
        out.u32(22);
        out.u32(18);
        out.u16(2);
        out.u64(0);
        out.u32(1);
    }
    return out.buffer();
}

std::string batch_body(std::string_view sql, Version version) {
    return headers(version) + utf8_to_utf16(sql);
}

std::string rpc_body(const std::vector<Call>& calls, Version version) {
    ByteWriter out;
    out.bytes(headers(version));
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (i > 0) {
            out.u8(version < Version::v7_2 ? 0x80 : 0xFF);
        }
        if (calls[i].procedure == "sp_executesql") {
            out.u16(0xFFFF);
            out.u16(10);
        } else {
            out.us_varchar(calls[i].procedure);
        }
        out.u16(0);
        for (const Parameter& parameter : calls[i].parameters) {
            put_parameter(out, parameter, version);
        }
    }
    return out.buffer();
}

std::string bulk_body(const std::vector<Column>& columns, const std::vector<std::vector<Value>>& rows,
                      Version version) {
    ByteWriter out;
    std::vector<WireType> types;
    out.u8(0x81);
    out.u16(static_cast<std::uint16_t>(columns.size()));
    for (const Column& column : columns) {
        types.push_back(wire_type(column.type, true, version, Place::column));
        version < Version::v7_2 ? out.u16(0) : out.u32(0);
        out.u16(1);
        write_wire_type(out, types.back());
        if (types.back().framing == Framing::long_length) {
            out.us_varchar("t");
        }
        out.b_varchar(column.name);
    }
    for (const auto& row : rows) {
        out.u8(0xD1);
        for (std::size_t i = 0; i < row.size(); ++i) {
            write_value(out, types[i], row[i], Context::row);
        }
    }
    out.u8(0xFD);
    out.bytes(std::string(12, '\0'));
    return out.buffer();
}

RawClient::RawClient(std::uint16_t port, Version version)
    : version_(version), descriptor_(connect_to(port)), channel_(descriptor_, 0) {}

void RawClient::send(PacketType type, std::string_view body, std::uint8_t extra_status) {
    ByteWriter packet;
    packet.u8(static_cast<std::uint8_t>(type));
    packet.u8(static_cast<std::uint8_t>(packet_status::end_of_message | extra_status));
    packet.u16_be(static_cast<std::uint16_t>(body.size() + packet_header_size));
    packet.u32(0);
    packet.bytes(body);
    send_bytes(packet.buffer());
}

std::vector<std::string> RawClient::receive() {
    return transcript(channel_.read_message().body, version_);
}

std::string RawClient::receive_bytes() {
    return channel_.read_message().body;
}

std::vector<std::string> RawClient::ask(PacketType type, std::string_view body, std::uint8_t extra_status) {
    send(type, body, extra_status);
    return receive();
}

std::vector<std::string> RawClient::log_in(const Login& login) {
    return ask(PacketType::login, login_body(static_cast<std::uint32_t>(version_), login));
}

bool RawClient::was_reset() {
    std::array<char, 1> byte{};
    channel_.socket().wait_readable(5000);
    return recv(descriptor_, byte.data(), byte.size(), MSG_DONTWAIT) < 0 && errno == ECONNRESET;
}

}  // namespace revsync::sim::tds::test
