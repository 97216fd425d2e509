#include "decimal.hpp"

#include <algorithm>
#include <stdexcept>

namespace revsync::sim::tds {
namespace {

unsigned digit(char c) {
    if (c < '0' || c > '9') {
        throw std::invalid_argument("not a decimal number");
    }
    return static_cast<unsigned>(c - '0');
}

void append_digit(Uint128& magnitude, unsigned next) {
    if (magnitude > max_decimal_magnitude / 10) {
        throw std::out_of_range("a decimal number has more than 38 digits");
    }
    magnitude = magnitude * 10 + next;
}

}  // namespace

Decimal parse_decimal(std::string_view text, unsigned scale) {
    Decimal decimal;
    if (text.starts_with('-') || text.starts_with('+')) {
        decimal.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
    if (whole.empty() && fraction.empty()) {
        throw std::invalid_argument("not a decimal number");
    }
    for (const char c : whole) {
        append_digit(decimal.magnitude, digit(c));
    }
    for (unsigned i = 0; i < scale; ++i) {
        append_digit(decimal.magnitude, i < fraction.size() ? digit(fraction[i]) : 0);
    }
    for (std::size_t i = scale; i < fraction.size(); ++i) {
        const bool rounds_up = digit(fraction[i]) >= 5 && i == scale;
        decimal.magnitude += rounds_up ? 1 : 0;
    }
    decimal.negative = decimal.negative && decimal.magnitude != 0;
    return decimal;
}

std::string format_decimal(const Decimal& decimal, unsigned scale) {
    std::string digits;
    for (Uint128 rest = decimal.magnitude; rest != 0 || digits.size() <= scale; rest /= 10) {
        digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        if (digits.size() == scale && scale != 0) {
            digits.push_back('.');
            ++scale;
        }
    }
    if (decimal.negative) {
        digits.push_back('-');
    }
    std::reverse(digits.begin(), digits.end());
    return digits;
}

}  // namespace revsync::sim::tds
