// The versions of TDS that the stand-in speaks, by their numbers in LOGIN7 and LOGINACK.
#pragma once

#include <cstdint>

namespace revsync::sim::tds {

enum class Version : std::uint32_t {
    v7_1 = 0x71000001,
    v7_2 = 0x72090002,
    v7_3a = 0x730A0003,
    v7_3b = 0x730B0003,
    v7_4 = 0x74000004
};

}  // namespace revsync::sim::tds
