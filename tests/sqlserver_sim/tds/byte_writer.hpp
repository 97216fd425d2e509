// Builds a message out of little-endian fields.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "unicode.hpp"

namespace revsync::sim::tds {

class ByteWriter {
public:
    void u8(std::uint8_t value) { little_endian(value, 1); }
    void u16(std::uint16_t value) { little_endian(value, 2); }
    void u32(std::uint32_t value) { little_endian(value, 4); }
    void i32(std::int32_t value) { u32(static_cast<std::uint32_t>(value)); }
    void u64(std::uint64_t value) { little_endian(value, 8); }
    void u16_be(std::uint16_t value) {
        u8(static_cast<std::uint8_t>(value >> 8U));
        u8(static_cast<std::uint8_t>(value & 0xFFU));
    }
    void bytes(std::string_view bytes) { buffer_.append(bytes); }

    // UTF-16 text behind its length in units, of one byte (B_VARCHAR) or two (US_VARCHAR). Longer text is cut.
    void b_varchar(std::string_view utf8) { counted_text(utf8, 1, 0xFF); }
    void us_varchar(std::string_view utf8) { counted_text(utf8, 2, 0xFFFF); }

    // Leaves room for a two-byte length; end_length fills in how many bytes followed it.
    std::size_t begin_length() {
        u16(0);
        return buffer_.size();
    }
    void end_length(std::size_t start) {
        const std::size_t length = buffer_.size() - start;
        if (length > 0xFFFF) {
            throw std::length_error("a token is longer than 65535 bytes");
        }
        buffer_[start - 2] = static_cast<char>(length & 0xFFU);
        buffer_[start - 1] = static_cast<char>(length >> 8U);
    }

    std::string& buffer() { return buffer_; }
    std::size_t size() const { return buffer_.size(); }

private:
    void little_endian(std::uint64_t value, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i, value >>= 8U) {
            buffer_.push_back(static_cast<char>(value & 0xFFU));
        }
    }

    void counted_text(std::string_view utf8, std::size_t width, std::size_t limit) {
        const std::string units = utf8_to_utf16(utf8);
        const std::size_t count = std::min(units.size() / 2, limit);
        little_endian(count, width);
        bytes(std::string_view(units).substr(0, count * 2));
    }

    std::string buffer_;
};

}  // namespace revsync::sim::tds
