// Types as they stand on the wire ([MS-TDS] 2.2.5.4, 2.2.5.6) and their meaning for the engine.
#pragma once

#include <cstdint>

#include "../engine.hpp"
#include "collation.hpp"
#include "version.hpp"

namespace revsync::sim::tds {

enum class Token : std::uint8_t {
    null = 0x1F,
    image = 0x22,
    text = 0x23,
    guid = 0x24,
    legacy_varbinary = 0x25,
    int_n = 0x26,
    legacy_varchar = 0x27,
    date_n = 0x28,
    time_n = 0x29,
    datetime2_n = 0x2A,
    datetimeoffset_n = 0x2B,
    legacy_binary = 0x2D,
    legacy_char = 0x2F,
    int1 = 0x30,
    bit = 0x32,
    int2 = 0x34,
    legacy_decimal = 0x37,
    int4 = 0x38,
    datetime4 = 0x3A,
    float4 = 0x3B,
    money = 0x3C,
    datetime = 0x3D,
    float8 = 0x3E,
    legacy_numeric = 0x3F,
    ntext = 0x63,
    bit_n = 0x68,
    decimal_n = 0x6A,
    numeric_n = 0x6C,
    float_n = 0x6D,
    money_n = 0x6E,
    datetime_n = 0x6F,
    money4 = 0x7A,
    int8 = 0x7F,
    varbinary = 0xA5,
    varchar = 0xA7,
    binary = 0xAD,
    char_ = 0xAF,
    nvarchar = 0xE7,
    nchar = 0xEF
};

// How the length of a value is told.
enum class Framing {
    none,          // the type fixes it
    byte_length,   // one byte, 0 for NULL
    short_length,  // two bytes, 0xFFFF for NULL
    long_length,   // four bytes, 0xFFFFFFFF for NULL; in rows behind a text pointer
    chunks         // partially length-prefixed: the (max) types
};

struct WireType {
    Token token = Token::int4;
    Framing framing = Framing::none;
    std::uint32_t size = 4;  // in bytes, of the longest value
    std::uint8_t precision = 0;
    std::uint8_t scale = 0;
    Collation collation;
    Type type;  // what it means
};

// Where a type stands decides whether it may be sent as text, ntext or image.
enum class Place { column, return_value };

// How a type of the engine is sent. Before 7.3 the newer temporal types travel as nvarchar, before 7.2 the
// (max) types as text, ntext and image, as SQL Server does for such clients.
WireType wire_type(const Type& type, bool nullable, Version version, Place place);

// Throws ProtocolError for types that the stand-in does not take (XML, UDT, table-valued, sql_variant).
WireType read_wire_type(ByteReader& in);
void write_wire_type(ByteWriter& out, const WireType& type);

}  // namespace revsync::sim::tds
