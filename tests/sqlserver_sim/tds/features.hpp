// Feature extensions of LOGIN7 that the stand-in knows; it leaves the others unacknowledged.
#pragma once

#include <cstdint>

namespace revsync::sim::tds {

inline constexpr std::uint8_t feature_utf8_support = 0x0A;
inline constexpr std::uint8_t feature_terminator = 0xFF;

}  // namespace revsync::sim::tds
