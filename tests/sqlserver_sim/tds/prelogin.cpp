#include "prelogin.hpp"

#include <utility>
#include <vector>

#include "byte_reader.hpp"
#include "byte_writer.hpp"
#include "tokens.hpp"

namespace revsync::sim::tds {
namespace {

enum class Option : std::uint8_t {
    version = 0,
    encryption = 1,
    instance = 2,
    thread_id = 3,
    mars = 4,
    terminator = 0xFF
};

}  // namespace

EncryptionPlan plan_encryption(Encryption client, Encryption server) {
    if (server == Encryption::not_supported) {
        return {Encryption::not_supported, false, false, client == Encryption::on || client == Encryption::required};
    }
    const bool forced = server != Encryption::off;
    switch (client) {
        case Encryption::off:
            return {forced ? Encryption::required : Encryption::off, true, !forced, false};
        case Encryption::not_supported:
            return {forced ? Encryption::required : Encryption::not_supported, false, false, forced};
        default:
            return {Encryption::on, true, false, false};
    }
}

Encryption read_prelogin(std::string_view body) {
    ByteReader options(body);
    while (true) {
        const auto option = static_cast<Option>(options.u8());
        if (option == Option::terminator) {
            return Encryption::off;
        }
        const std::size_t offset = options.u16_be();
        const std::size_t length = options.u16_be();
        if (option == Option::encryption) {
            ByteReader value(body);
            value.skip(offset);
            const std::uint8_t asked = ByteReader(value.bytes(length)).u8();
            if (asked > static_cast<std::uint8_t>(Encryption::required)) {
                throw ProtocolError("the client asks for an encryption that does not exist");
            }
            return static_cast<Encryption>(asked);
        }
    }
}

std::string prelogin_answer(Encryption encryption) {
    ByteWriter version;
    version.u8(server_version_major);
    version.u8(server_version_minor);
    version.u16_be(server_version_build);
    version.u16(0);
    const std::vector<std::pair<Option, std::string>> options{
        {Option::version, version.buffer()},      {Option::encryption, std::string(1, static_cast<char>(encryption))},
        {Option::instance, std::string(1, '\0')}, {Option::thread_id, {}},
        {Option::mars, std::string(1, '\0')},
    };
    constexpr std::size_t option_size = 5;
    std::size_t offset = options.size() * option_size + 1;
    ByteWriter out;
    for (const auto& [option, value] : options) {
        out.u8(static_cast<std::uint8_t>(option));
        out.u16_be(static_cast<std::uint16_t>(offset));
        out.u16_be(static_cast<std::uint16_t>(value.size()));
        offset += value.size();
    }
    out.u8(static_cast<std::uint8_t>(Option::terminator));
    for (const auto& option : options) {
        out.bytes(option.second);
    }
    return std::move(out.buffer());
}

}  // namespace revsync::sim::tds
