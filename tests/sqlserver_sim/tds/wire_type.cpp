#include "wire_type.hpp"

#include <fmt/format.h>

namespace revsync::sim::tds {
namespace {

constexpr std::uint32_t chunked_size = 0xFFFF;
constexpr std::uint32_t long_size = 0x7FFFFFFF;
constexpr std::uint32_t max_short_size = 8000;

struct Traits {
    Token token;
    Framing framing;
    std::uint32_t size;  // of the types whose size is not told
    TypeKind kind;       // of the widest, where the size decides
    bool has_collation = false;
};

constexpr Traits all_traits[] = {
    {Token::null, Framing::none, 0, TypeKind::nvarchar},
    {Token::bit, Framing::none, 1, TypeKind::bit},
    {Token::int1, Framing::none, 1, TypeKind::tinyint},
    {Token::int2, Framing::none, 2, TypeKind::smallint},
    {Token::int4, Framing::none, 4, TypeKind::integer},
    {Token::int8, Framing::none, 8, TypeKind::bigint},
    {Token::float4, Framing::none, 4, TypeKind::real},
    {Token::float8, Framing::none, 8, TypeKind::float_},
    {Token::money4, Framing::none, 4, TypeKind::smallmoney},
    {Token::money, Framing::none, 8, TypeKind::money},
    {Token::datetime4, Framing::none, 4, TypeKind::smalldatetime},
    {Token::datetime, Framing::none, 8, TypeKind::datetime},
    {Token::bit_n, Framing::byte_length, 0, TypeKind::bit},
    {Token::int_n, Framing::byte_length, 0, TypeKind::bigint},
    {Token::float_n, Framing::byte_length, 0, TypeKind::float_},
    {Token::money_n, Framing::byte_length, 0, TypeKind::money},
    {Token::datetime_n, Framing::byte_length, 0, TypeKind::datetime},
    {Token::decimal_n, Framing::byte_length, 0, TypeKind::decimal},
    {Token::numeric_n, Framing::byte_length, 0, TypeKind::decimal},
    {Token::legacy_decimal, Framing::byte_length, 0, TypeKind::decimal},
    {Token::legacy_numeric, Framing::byte_length, 0, TypeKind::decimal},
    {Token::guid, Framing::byte_length, 0, TypeKind::uniqueidentifier},
    {Token::date_n, Framing::byte_length, 3, TypeKind::date},
    {Token::time_n, Framing::byte_length, 0, TypeKind::time},
    {Token::datetime2_n, Framing::byte_length, 0, TypeKind::datetime2},
    {Token::datetimeoffset_n, Framing::byte_length, 0, TypeKind::datetimeoffset},
    {Token::legacy_char, Framing::byte_length, 0, TypeKind::char_},
    {Token::legacy_varchar, Framing::byte_length, 0, TypeKind::varchar},
    {Token::legacy_binary, Framing::byte_length, 0, TypeKind::binary},
    {Token::legacy_varbinary, Framing::byte_length, 0, TypeKind::varbinary},
    {Token::char_, Framing::short_length, 0, TypeKind::char_, true},
    {Token::varchar, Framing::short_length, 0, TypeKind::varchar, true},
    {Token::nchar, Framing::short_length, 0, TypeKind::nchar, true},
    {Token::nvarchar, Framing::short_length, 0, TypeKind::nvarchar, true},
    {Token::binary, Framing::short_length, 0, TypeKind::binary},
    {Token::varbinary, Framing::short_length, 0, TypeKind::varbinary},
    {Token::text, Framing::long_length, 0, TypeKind::text, true},
    {Token::ntext, Framing::long_length, 0, TypeKind::ntext, true},
    {Token::image, Framing::long_length, 0, TypeKind::image},
};

// Throws ProtocolError for tokens that the stand-in does not take.
const Traits& traits_of(Token token) {
    for (const Traits& traits : all_traits) {
        if (traits.token == token) {
            return traits;
        }
    }
    throw ProtocolError(fmt::format("data type 0x{:02X} is not supported", static_cast<unsigned>(token)));
}

bool is_exact_decimal(Token token) {
    return token == Token::decimal_n || token == Token::numeric_n || token == Token::legacy_decimal ||
           token == Token::legacy_numeric;
}

bool has_scale_only(Token token) {
    return token == Token::time_n || token == Token::datetime2_n || token == Token::datetimeoffset_n;
}

WireType plain(const Type& type, Token token, std::uint32_t size) {
    return {token, traits_of(token).framing, size, type.precision, type.scale, {}, type};
}

WireType either(const Type& type, bool nullable, Token nullable_token, Token fixed_token) {
    const std::uint32_t size = traits_of(fixed_token).size;
    return plain(type, nullable ? nullable_token : fixed_token, size);
}

WireType nvarchar_text(std::uint32_t characters) {
    WireType wire{Token::nvarchar, Framing::short_length, characters * 2, 0, 0, server_collation, {}};
    wire.type = {TypeKind::nvarchar, static_cast<std::int32_t>(characters), 0, 0};
    return wire;
}

std::uint32_t time_size(unsigned scale) {
    return scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
}

WireType temporal_type(const Type& type, Version version) {
    const bool as_text = version < Version::v7_3a;
    const std::uint32_t time = time_size(type.scale);
    switch (type.kind) {
        case TypeKind::date:
            return as_text ? nvarchar_text(10) : plain(type, Token::date_n, 3);
        case TypeKind::time:
            return as_text ? nvarchar_text(16) : plain(type, Token::time_n, time);
        case TypeKind::datetime2:
            return as_text ? nvarchar_text(27) : plain(type, Token::datetime2_n, time + 3);
        default:
            return as_text ? nvarchar_text(34) : plain(type, Token::datetimeoffset_n, time + 5);
    }
}

WireType decimal_type(const Type& type) {
    Type adjusted = type;
    adjusted.precision = type.precision == 0 ? std::uint8_t{38} : type.precision;
    const unsigned digits = adjusted.precision;
    return plain(adjusted, Token::decimal_n, digits <= 9 ? 5 : digits <= 19 ? 9 : digits <= 28 ? 13 : 17);
}

Token long_token(TypeKind kind) {
    if (kind == TypeKind::nchar || kind == TypeKind::nvarchar || kind == TypeKind::ntext) {
        return Token::ntext;
    }
    return kind == TypeKind::varbinary || kind == TypeKind::binary || kind == TypeKind::image ? Token::image
                                                                                              : Token::text;
}

Token short_token(TypeKind kind) {
    switch (kind) {
        case TypeKind::char_:
            return Token::char_;
        case TypeKind::nchar:
            return Token::nchar;
        case TypeKind::nvarchar:
        case TypeKind::ntext:
            return Token::nvarchar;
        case TypeKind::binary:
            return Token::binary;
        case TypeKind::varbinary:
        case TypeKind::image:
            return Token::varbinary;
        default:
            return Token::varchar;
    }
}

WireType string_type(const Type& type, Version version, Place place) {
    const bool long_kind = type.kind == TypeKind::text || type.kind == TypeKind::ntext || type.kind == TypeKind::image;
    const std::uint32_t unit = long_token(type.kind) == Token::ntext ? 2 : 1;
    const std::uint32_t bytes = type.length == 0  ? max_short_size
                                : type.length < 0 ? chunked_size
                                                  : static_cast<std::uint32_t>(type.length) * unit;
    const bool is_long = long_kind || bytes > max_short_size;
    WireType wire;
    if (!is_long) {
        wire = plain(type, short_token(type.kind), bytes);
    } else if (version < Version::v7_2 || (long_kind && place == Place::column)) {
        wire = plain(type, long_token(type.kind), long_size);
    } else {
        wire = plain(type, short_token(type.kind), chunked_size);
        wire.framing = Framing::chunks;
    }
    wire.collation = traits_of(wire.token).has_collation ? server_collation : Collation{};
    return wire;
}

TypeKind kind_of(const WireType& wire) {
    const TypeKind widest = traits_of(wire.token).kind;
    if (wire.framing != Framing::byte_length || wire.size == 8) {
        return widest;
    }
    switch (wire.token) {
        case Token::int_n:
            return wire.size == 1 ? TypeKind::tinyint : wire.size == 2 ? TypeKind::smallint : TypeKind::integer;
        case Token::float_n:
            return TypeKind::real;
        case Token::money_n:
            return TypeKind::smallmoney;
        case Token::datetime_n:
            return TypeKind::smalldatetime;
        default:
            return widest;
    }
}

bool size_is_valid(const WireType& wire) {
    const std::uint32_t size = wire.size;
    switch (wire.token) {
        case Token::int_n:
            return size == 1 || size == 2 || size == 4 || size == 8;
        case Token::float_n:
        case Token::money_n:
        case Token::datetime_n:
            return size == 4 || size == 8;
        case Token::bit_n:
            return size == 1;
        case Token::guid:
            return size == 16;
        case Token::decimal_n:
        case Token::numeric_n:
        case Token::legacy_decimal:
        case Token::legacy_numeric:
            return size <= 17 && wire.precision >= 1 && wire.precision <= 38 && wire.scale <= wire.precision;
        case Token::time_n:
        case Token::datetime2_n:
        case Token::datetimeoffset_n:
            return wire.scale <= 7;
        default:
            return true;
    }
}

Type meaning(const WireType& wire, TypeKind kind) {
    Type type{kind, 0, wire.precision, wire.scale};
    if (wire.framing == Framing::chunks || wire.framing == Framing::long_length) {
        type.length = max_length;
    } else if (wire.framing == Framing::short_length || kind == TypeKind::char_ || kind == TypeKind::varchar ||
               kind == TypeKind::binary || kind == TypeKind::varbinary) {
        const bool is_utf16 = kind == TypeKind::nchar || kind == TypeKind::nvarchar;
        type.length = static_cast<std::int32_t>(is_utf16 ? wire.size / 2 : wire.size);
    }
    return type;
}

void read_size(ByteReader& in, WireType& wire) {
    const Traits& traits = traits_of(wire.token);
    wire.framing = traits.framing;
    switch (wire.framing) {
        case Framing::none:
            wire.size = traits.size;
            break;
        case Framing::long_length:
            wire.size = in.u32();
            break;
        case Framing::short_length:
            wire.size = in.u16();
            wire.framing = wire.size == chunked_size ? Framing::chunks : Framing::short_length;
            break;
        default:
            if (has_scale_only(wire.token)) {
                wire.scale = in.u8();
                wire.size = time_size(wire.scale) + (wire.token == Token::time_n ? 0U : 3U) +
                            (wire.token == Token::datetimeoffset_n ? 2U : 0U);
            } else {
                wire.size = traits.size != 0 ? traits.size : in.u8();
            }
    }
}

}  // namespace

WireType wire_type(const Type& type, bool nullable, Version version, Place place) {
    switch (type.kind) {
        case TypeKind::bit:
            return either(type, nullable, Token::bit_n, Token::bit);
        case TypeKind::tinyint:
            return either(type, nullable, Token::int_n, Token::int1);
        case TypeKind::smallint:
            return either(type, nullable, Token::int_n, Token::int2);
        case TypeKind::integer:
            return either(type, nullable, Token::int_n, Token::int4);
        case TypeKind::bigint:
            return either(type, nullable, Token::int_n, Token::int8);
        case TypeKind::real:
            return either(type, nullable, Token::float_n, Token::float4);
        case TypeKind::float_:
            return either(type, nullable, Token::float_n, Token::float8);
        case TypeKind::money:
            return either(type, nullable, Token::money_n, Token::money);
        case TypeKind::smallmoney:
            return either(type, nullable, Token::money_n, Token::money4);
        case TypeKind::datetime:
            return either(type, nullable, Token::datetime_n, Token::datetime);
        case TypeKind::smalldatetime:
            return either(type, nullable, Token::datetime_n, Token::datetime4);
        case TypeKind::decimal:
            return decimal_type(type);
        case TypeKind::uniqueidentifier:
            return plain(type, Token::guid, 16);
        case TypeKind::date:
        case TypeKind::time:
        case TypeKind::datetime2:
        case TypeKind::datetimeoffset:
            return temporal_type(type, version);
        default:
            return string_type(type, version, place);
    }
}

WireType read_wire_type(ByteReader& in) {
    WireType wire;
    const std::uint8_t number = in.u8();
    wire.token = static_cast<Token>(number);
    read_size(in, wire);
    if (is_exact_decimal(wire.token)) {
        wire.precision = in.u8();
        wire.scale = in.u8();
    }
    wire.collation = traits_of(wire.token).has_collation ? read_collation(in) : server_collation;
    if (!size_is_valid(wire)) {
        throw ProtocolError(fmt::format("data type 0x{:02X} has an invalid length or scale", number));
    }
    wire.type = meaning(wire, kind_of(wire));
    return wire;
}

void write_wire_type(ByteWriter& out, const WireType& wire) {
    out.u8(static_cast<std::uint8_t>(wire.token));
    switch (wire.framing) {
        case Framing::none:
            break;
        case Framing::long_length:
            out.u32(wire.size);
            break;
        case Framing::short_length:
        case Framing::chunks:
            out.u16(static_cast<std::uint16_t>(wire.size));
            break;
        case Framing::byte_length:
            if (has_scale_only(wire.token)) {
                out.u8(wire.scale);
            } else if (wire.token != Token::date_n) {
                out.u8(static_cast<std::uint8_t>(wire.size));
            }
    }
    if (is_exact_decimal(wire.token)) {
        out.u8(wire.precision);
        out.u8(wire.scale);
    }
    if (traits_of(wire.token).has_collation) {
        write_collation(out, wire.collation);
    }
}

}  // namespace revsync::sim::tds
