// The five bytes that name a collation on the wire, and the code page they stand for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "byte_reader.hpp"
#include "byte_writer.hpp"

namespace revsync::sim::tds {

struct Collation {
    std::uint32_t info = 0;  // LCID in the low 20 bits, comparison flags above
    std::uint8_t sort_id = 0;

    friend bool operator==(const Collation&, const Collation&) = default;
};

// Arabic_CI_AS: LCID 0x0401, ignoring case, kana and width.
inline constexpr Collation server_collation{0x00D00401, 0};

Collation read_collation(ByteReader& in);
void write_collation(ByteWriter& out, const Collation& collation);

// char, varchar and text of this collation to UTF-8 and back. What the code page lacks becomes '?'.
std::string decode_text(std::string_view bytes, const Collation& collation);
std::string encode_text(std::string_view utf8, const Collation& collation);

}  // namespace revsync::sim::tds
