#include "login7.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "byte_reader.hpp"
#include "features.hpp"
#include "unicode.hpp"

namespace revsync::sim::tds {
namespace {

constexpr std::uint8_t integrated_security_flag = 0x80;
constexpr std::uint8_t extension_flag = 0x10;

// Variable fields stand behind the fixed part; each is found by an offset and a length.
class Fields {
public:
    Fields(std::string_view body, ByteReader& fixed) : body_(body), fixed_(fixed) {}

    std::string_view units() { return next(2); }
    std::string_view bytes() { return next(1); }
    std::string text() { return utf16_to_utf8(units()); }

private:
    std::string_view next(std::size_t unit) {
        const std::size_t offset = fixed_.u16();
        const std::size_t length = fixed_.u16() * unit;
        if (length == 0) {
            return {};
        }
        ByteReader value(body_);
        value.skip(offset);
        return value.bytes(length);
    }

    std::string_view body_;
    ByteReader& fixed_;
};

std::string unscramble(std::string_view scrambled) {
    std::string plain(scrambled);
    for (char& c : plain) {
        const unsigned byte = static_cast<std::uint8_t>(c) ^ 0xA5U;
        c = static_cast<char>((byte << 4U | byte >> 4U) & 0xFFU);
    }
    return utf16_to_utf8(plain);
}

void read_features(std::string_view body, std::string_view pointer, Login7& login) {
    ByteReader in(body);
    in.skip(ByteReader(pointer).u32());
    login.has_features = true;
    for (std::uint8_t feature = in.u8(); feature != feature_terminator; feature = in.u8()) {
        in.skip(in.u32());
        login.asks_utf8_support = login.asks_utf8_support || feature == feature_utf8_support;
    }
}

}  // namespace

Login7 read_login7(std::string_view body) {
    ByteReader in(body);
    Login7 login;
    if (in.u32() > body.size()) {
        throw ProtocolError("the login message is shorter than it says");
    }
    login.version = in.u32();
    login.packet_size = in.u32();
    in.skip(12);  // client program version, process id, connection id
    in.skip(1);   // option flags 1: byte order and number formats, always Intel's
    login.integrated_security = (in.u8() & integrated_security_flag) != 0;
    in.skip(1);  // type flags
    const bool has_extension = (in.u8() & extension_flag) != 0;
    in.skip(8);  // time zone and LCID

    Fields fields(body, in);
    login.login.host = fields.text();
    login.login.user = fields.text();
    login.login.password = unscramble(fields.units());
    login.login.application = fields.text();
    fields.units();  // server name
    const std::string_view extension = fields.bytes();
    fields.units();  // client interface
    fields.units();  // language
    login.login.database = fields.text();
    // Some clients set the flag at older versions, which have no extensions.
    if (has_extension && login.version >= static_cast<std::uint32_t>(Version::v7_4)) {
        read_features(body, extension, login);
    }
    return login;
}

std::optional<Version> agree_version(std::uint32_t client, Version newest) {
    constexpr std::array known{Version::v7_4, Version::v7_3b, Version::v7_3a, Version::v7_2, Version::v7_1};
    for (const Version version : known) {
        if (version <= newest && static_cast<std::uint32_t>(version) <= client) {
            return version;
        }
    }
    return std::nullopt;
}

}  // namespace revsync::sim::tds
