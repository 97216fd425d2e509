#include "text.hpp"

#include <algorithm>

namespace revsync::sim::tsql {

namespace {

char lower_char(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (char c : text) {
        if (c == quote) {
            out += quote;
        }
        out += c;
    }
    return out += quote;
}

int digit(char c) noexcept {
    const char l = lower_char(c);
    return l >= 'a' ? l - 'a' + 10 : l - '0';
}

}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower_char);
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
    return out;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower_char(x) == lower_char(y); });
}

std::string quote_name(std::string_view name) {
    return quoted(name, '"');
}

std::string quote_text(std::string_view text) {
    return quoted(text, '\'');
}

std::size_t utf16_length(std::string_view utf8) noexcept {
    std::size_t units = 0;
    for (char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xC0U) != 0x80U ? 1U : 0U;
        units += byte >= 0xF0U ? 1U : 0U;
    }
    return units;
}

std::string_view utf16_prefix(std::string_view utf8, std::size_t units) noexcept {
    std::size_t taken = 0;
    std::size_t at = 0;
    while (at < utf8.size()) {
        const auto byte = static_cast<unsigned char>(utf8[at]);
        const std::size_t bytes = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        taken += bytes == 4 ? 2 : 1;
        if (taken > units) {
            break;
        }
        at += bytes;
    }
    return utf8.substr(0, at);
}

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

std::string unhex(std::string_view digits) {
    std::string out;
    out.reserve(digits.size() / 2 + 1);
    std::size_t at = 0;
    if (digits.size() % 2 == 1) {
        out += static_cast<char>(digit(digits[0]));
        at = 1;
    }
    for (; at + 1 < digits.size(); at += 2) {
        out += static_cast<char>(digit(digits[at]) * 16 + digit(digits[at + 1]));
    }
    return out;
}

}  // namespace revsync::sim::tsql
