#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>

#include "calendar.hpp"
#include "decimal.hpp"
#include "value_codec.hpp"

namespace revsync::sim::tds {
namespace {

std::int64_t signed_integer(ByteReader& in, std::size_t width) {
    switch (width) {
        case 1:
            return in.u8();  // tinyint has no sign
        case 2:
            return static_cast<std::int16_t>(in.u16());
        case 4:
            return static_cast<std::int32_t>(in.u32());
        default:
            return static_cast<std::int64_t>(in.u64());
    }
}

std::string scaled(std::int64_t value, unsigned scale) {
    const auto bits = static_cast<std::uint64_t>(value);
    return format_decimal({value < 0 ? Uint128{0 - bits} : Uint128{bits}, value < 0}, scale);
}

std::string decode_money(ByteReader& in, std::size_t width) {
    if (width == 4) {
        return scaled(signed_integer(in, 4), 4);
    }
    const std::uint64_t high = in.u32();
    return scaled(static_cast<std::int64_t>(high << 32U | in.u32()), 4);
}

template <typename Number>
std::string decode_float(Number number) {
    if (!std::isfinite(number)) {
        throw ProtocolError("a floating point parameter is not a finite number");
    }
    char text[64];
    const auto end = std::to_chars(std::begin(text), std::end(text), number).ptr;
    return {text, end};
}

std::string decode_decimal(ByteReader& in, unsigned scale) {
    Decimal decimal;
    decimal.negative = in.u8() == 0;
    const std::string_view magnitude = in.rest();
    if (magnitude.size() > 16) {
        throw ProtocolError("a decimal parameter is too long");
    }
    for (std::size_t i = magnitude.size(); i-- > 0;) {
        decimal.magnitude = decimal.magnitude << 8U | static_cast<std::uint8_t>(magnitude[i]);
    }
    if (decimal.magnitude > max_decimal_magnitude) {
        throw ProtocolError("a decimal parameter has more than 38 digits");
    }
    decimal.negative = decimal.negative && decimal.magnitude != 0;
    return format_decimal(decimal, scale);
}

std::string decode_datetime(ByteReader& in, std::size_t width) {
    if (width == 4) {
        const std::int32_t day = day_1900 + in.u16();
        const std::int64_t minutes = in.u16();
        return format_date(day) + ' ' + format_time(minutes * 60 * ticks_per_second, 0);
    }
    const std::int64_t day = day_1900 + std::int64_t{static_cast<std::int32_t>(in.u32())};
    const std::int64_t three_hundredths = in.u32();
    const std::int64_t milliseconds = (three_hundredths * 10 + 1) / 3;
    return format_date(day) + ' ' + format_time(milliseconds * (ticks_per_second / 1000), 3);
}

std::int64_t little_endian(std::string_view bytes) {
    std::int64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        value = value << 8U | static_cast<std::uint8_t>(bytes[i]);
    }
    return value;
}

std::int64_t read_ticks(ByteReader& in, std::size_t width, unsigned scale) {
    std::int64_t ticks = little_endian(in.bytes(width));
    for (unsigned i = scale; i < 7; ++i) {
        ticks *= 10;
    }
    if (ticks >= ticks_per_day) {
        throw ProtocolError("a time of day is out of range");
    }
    return ticks;
}

std::string decode_temporal(ByteReader& in, const WireType& type) {
    if (type.token == Token::date_n) {
        return format_date(little_endian(in.bytes(3)));
    }
    const std::size_t tail = type.token == Token::time_n ? 0U : type.token == Token::datetime2_n ? 3U : 5U;
    Moment moment;
    moment.ticks = read_ticks(in, in.remaining() - std::min(tail, in.remaining()), type.scale);
    if (type.token == Token::time_n) {
        return format_time(moment.ticks, type.scale);
    }
    moment.day = static_cast<std::int32_t>(little_endian(in.bytes(3)));
    if (type.token == Token::datetime2_n) {
        return format_date(moment.day) + ' ' + format_time(moment.ticks, type.scale);
    }
    const std::int32_t offset = static_cast<std::int16_t>(in.u16());
    if (offset < -14 * 60 || offset > 14 * 60) {
        throw ProtocolError("a time zone offset is out of range");
    }
    moment.add_ticks(offset * 60 * ticks_per_second);
    return format_date(moment.day) + ' ' + format_time(moment.ticks, type.scale) + ' ' + format_offset(offset);
}

std::string decode_guid(ByteReader& in) {
    const std::uint32_t first = in.u32();
    const std::uint16_t second = in.u16();
    const std::uint16_t third = in.u16();
    std::string text = fmt::format("{:08X}-{:04X}-{:04X}-", first, second, third);
    for (int i = 0; i < 8; ++i) {
        text += i == 2 ? "-" : "";
        text += fmt::format("{:02X}", in.u8());
    }
    return text;
}

// Values of types with a length of one byte may be shorter than declared only where the type says so.
void check_width(std::size_t width, const WireType& type) {
    const TypeKind kind = type.type.kind;
    const bool any = kind == TypeKind::decimal || kind >= TypeKind::char_;
    if (!any && width != type.size) {
        throw ProtocolError("a parameter's length does not fit its type");
    }
}

}  // namespace

std::string decode_value(std::string_view bytes, const WireType& type) {
    if (type.type.kind != TypeKind::uniqueidentifier) {
        check_width(bytes.size(), type);
    }
    ByteReader in(bytes);
    switch (type.type.kind) {
        case TypeKind::bit:
            return in.u8() != 0 ? "1" : "0";
        case TypeKind::tinyint:
        case TypeKind::smallint:
        case TypeKind::integer:
        case TypeKind::bigint:
            return std::to_string(signed_integer(in, bytes.size()));
        case TypeKind::money:
        case TypeKind::smallmoney:
            return decode_money(in, bytes.size());
        case TypeKind::real:
            return decode_float(std::bit_cast<float>(in.u32()));
        case TypeKind::float_:
            return decode_float(std::bit_cast<double>(in.u64()));
        case TypeKind::decimal:
            return decode_decimal(in, type.scale);
        case TypeKind::datetime:
        case TypeKind::smalldatetime:
            return decode_datetime(in, bytes.size());
        case TypeKind::date:
        case TypeKind::time:
        case TypeKind::datetime2:
        case TypeKind::datetimeoffset:
            return decode_temporal(in, type);
        case TypeKind::uniqueidentifier:
            return decode_guid(in);
        case TypeKind::char_:
        case TypeKind::varchar:
        case TypeKind::text:
            return decode_text(bytes, type.collation);
        case TypeKind::nchar:
        case TypeKind::nvarchar:
        case TypeKind::ntext:
            return utf16_to_utf8(bytes);
        case TypeKind::binary:
        case TypeKind::varbinary:
        case TypeKind::image:
            break;
    }
    return std::string(bytes);
}

}  // namespace revsync::sim::tds
