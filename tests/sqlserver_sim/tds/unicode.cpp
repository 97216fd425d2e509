#include "unicode.hpp"

#include <array>
#include <stdexcept>

#include "byte_reader.hpp"

namespace revsync::sim::tds {
namespace {

bool is_high_surrogate(char32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(char32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

// PostgreSQL's text cannot hold half of a surrogate pair, so NCHAR() makes a private character of it.
constexpr char32_t lone_halves = 0x100000;
bool is_lone_half(char32_t code_point) {
    return code_point >= lone_halves + 0xD800 && code_point <= lone_halves + 0xDFFF;
}

void append_unit(std::string& out, char32_t unit) {
    out.push_back(static_cast<char>(unit & 0xFFU));
    out.push_back(static_cast<char>(unit >> 8U & 0xFFU));
}

// How many bytes the sequence with this first byte has, 0 when no sequence starts so.
std::size_t sequence_length(std::uint8_t first) {
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return 2;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        return 3;
    }
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

// Up to four bytes; behind them.
char* put_utf8(char* at, char32_t code_point) {
    const auto put = [&at](char32_t byte) { *at++ = static_cast<char>(byte); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0U | code_point >> 6U);
        put(0x80U | (code_point & 0x3FU));
    } else if (code_point < 0x10000) {
        put(0xE0U | code_point >> 12U);
        put(0x80U | (code_point >> 6U & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    } else {
        put(0xF0U | code_point >> 18U);
        put(0x80U | (code_point >> 12U & 0x3FU));
        put(0x80U | (code_point >> 6U & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    }
    return at;
}

}  // namespace

void append_utf8(std::string& out, char32_t code_point) {
    char bytes[4];
    out.append(bytes, put_utf8(bytes, code_point));
}

char32_t take_code_point(std::string_view& utf8) {
    static constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const auto first = static_cast<std::uint8_t>(utf8.front());
    const std::size_t length = sequence_length(first);
    if (length == 0 || length > utf8.size()) {
        throw std::invalid_argument("text is not well-formed UTF-8");
    }
    char32_t code_point = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<std::uint8_t>(utf8[i]);
        if ((next & 0xC0U) != 0x80U) {
            throw std::invalid_argument("text is not well-formed UTF-8");
        }
        code_point = code_point << 6U | (next & 0x3FU);
    }
    if (code_point < smallest[length] || code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
        throw std::invalid_argument("text is not well-formed UTF-8");
    }
    utf8.remove_prefix(length);
    return code_point;
}

std::string utf16_to_utf8(std::string_view utf16) {
    if (utf16.size() % 2 != 0) {
        throw ProtocolError("Unicode data has an odd number of bytes");
    }
    constexpr std::size_t most_bytes = 3;  // for a unit; a pair of them needs four
    std::string out(utf16.size() / 2 * most_bytes, '\0');
    char* end = out.data();
    ByteReader units(utf16);
    while (!units.at_end()) {
        char32_t code_point = units.u16();
        if (is_high_surrogate(code_point)) {
            const char32_t low = units.at_end() ? 0 : units.u16();
            if (!is_low_surrogate(low)) {
                throw ProtocolError("Unicode data holds a surrogate without its other half");
            }
            code_point = 0x10000 + ((code_point - 0xD800) << 10U) + (low - 0xDC00);
        } else if (is_low_surrogate(code_point)) {
            throw ProtocolError("Unicode data holds a surrogate without its other half");
        }
        end = put_utf8(end, code_point);
    }
    out.resize(static_cast<std::size_t>(end - out.data()));
    return out;
}

std::string utf8_to_utf16(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size() * 2);
    while (!utf8.empty()) {
        const char32_t code_point = take_code_point(utf8);
        if (code_point < 0x10000) {
            append_unit(out, code_point);
        } else if (is_lone_half(code_point)) {
            append_unit(out, code_point - lone_halves);
        } else {
            append_unit(out, 0xD800 + ((code_point - 0x10000) >> 10U));
            append_unit(out, 0xDC00 + ((code_point - 0x10000) & 0x3FFU));
        }
    }
    return out;
}

}  // namespace revsync::sim::tds
