// Decimal numbers of up to 38 digits between their text and a scaled integer.
#pragma once

#include <string>
#include <string_view>

namespace revsync::sim::tds {

__extension__ using Uint128 = unsigned __int128;

// (-1)^negative * magnitude / 10^scale, the scale being kept by its type.
struct Decimal {
    Uint128 magnitude = 0;
    bool negative = false;
};

inline constexpr Uint128 max_decimal_magnitude =
    Uint128{9'999'999'999'999'999'999U} * 10'000'000'000'000'000'000U + 9'999'999'999'999'999'999U;  // 38 digits

// Fraction digits beyond `scale` are rounded, half away from zero. Throws std::invalid_argument for text that
// is no decimal number and std::out_of_range for more than 38 digits.
Decimal parse_decimal(std::string_view text, unsigned scale);

std::string format_decimal(const Decimal& decimal, unsigned scale);

}  // namespace revsync::sim::tds
