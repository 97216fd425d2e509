// Reads little-endian fields out of a message. Every read is checked against the end of the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace revsync::sim::tds {

// The client sent something that [MS-TDS] does not allow. The connection cannot go on.
struct ProtocolError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A view: the bytes must outlive the reader.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(little_endian(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(little_endian(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
    std::uint64_t u64() { return little_endian(8); }
    std::uint16_t u16_be() {
        const unsigned high = u8();
        return static_cast<std::uint16_t>(high << 8U | u8());
    }

    std::string_view bytes(std::size_t count) {
        if (count > remaining()) {
            throw ProtocolError("the message ends inside a field");
        }
        const std::string_view taken = bytes_.substr(position_, count);
        position_ += count;
        return taken;
    }

    void skip(std::size_t count) { bytes(count); }
    std::uint8_t peek() const {
        if (at_end()) {
            throw ProtocolError("the message ends before a field");
        }
        return static_cast<std::uint8_t>(bytes_[position_]);
    }
    std::string_view rest() { return bytes(remaining()); }
    std::size_t remaining() const { return bytes_.size() - position_; }
    bool at_end() const { return remaining() == 0; }

private:
    std::uint64_t little_endian(std::size_t width) {
        std::uint64_t value = 0;
        const std::string_view field = bytes(width);
        for (std::size_t i = width; i-- > 0;) {
            value = value << 8U | static_cast<std::uint8_t>(field[i]);
        }
        return value;
    }

    std::string_view bytes_;
    std::size_t position_ = 0;
};

}  // namespace revsync::sim::tds
