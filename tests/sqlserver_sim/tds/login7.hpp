// The login message ([MS-TDS] 2.2.6.4).
#pragma once

#include <cstdint>
#include <string_view>

#include "../engine.hpp"
#include "version.hpp"

namespace revsync::sim::tds {

struct Login7 {
    Login login;
    std::uint32_t version = 0;  // as the client asks
    std::uint32_t packet_size = 0;
    bool integrated_security = false;
    bool asks_utf8_support = false;
    bool has_features = false;
};

// Throws ProtocolError.
Login7 read_login7(std::string_view body);

// The version that both sides speak: the client's, but no newer than `newest`; 0 when the client is too old.
std::optional<Version> agree_version(std::uint32_t client, Version newest);

}  // namespace revsync::sim::tds
