#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <stdexcept>

#include "calendar.hpp"
#include "decimal.hpp"
#include "value_codec.hpp"

namespace revsync::sim::tds {
namespace {

template <typename Number>
Number parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw std::invalid_argument("the engine gave a number that its type cannot hold");
    }
    return number;
}

void put_bytes(ByteWriter& out, Uint128 value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i, value >>= 8U) {
        out.u8(static_cast<std::uint8_t>(value & 0xFFU));
    }
    if (value != 0) {
        throw std::out_of_range("the engine gave a number that its type cannot hold");
    }
}

void encode_money(ByteWriter& out, std::string_view text, std::size_t width) {
    const Decimal decimal = parse_decimal(text, 4);
    const Uint128 limit = Uint128{1} << (width * 8 - 1);
    if (decimal.magnitude > limit || (decimal.magnitude == limit && !decimal.negative)) {
        throw std::out_of_range("the engine gave an amount of money that its type cannot hold");
    }
    const auto magnitude = static_cast<std::uint64_t>(decimal.magnitude);
    const std::uint64_t bits = decimal.negative ? 0 - magnitude : magnitude;
    if (width == 8) {
        out.u32(static_cast<std::uint32_t>(bits >> 32U));
    }
    out.u32(static_cast<std::uint32_t>(bits & 0xFFFFFFFFU));
}

void encode_decimal(ByteWriter& out, std::string_view text, const WireType& type) {
    const Decimal decimal = parse_decimal(text, type.scale);
    out.u8(decimal.negative ? 0 : 1);
    put_bytes(out, decimal.magnitude, type.size - 1);
}

void encode_datetime(ByteWriter& out, std::string_view text, std::size_t width) {
    Moment moment = parse_moment(text);
    if (width == 4) {
        moment.add_ticks(30 * ticks_per_second);
        put_bytes(out, static_cast<std::uint32_t>(moment.day - day_1900), 2);
        out.u16(static_cast<std::uint16_t>(moment.ticks / (60 * ticks_per_second)));
        return;
    }
    std::int64_t three_hundredths = (moment.ticks * 3 + 50'000) / 100'000;
    if (three_hundredths == 300 * 86'400) {
        three_hundredths = 0;
        ++moment.day;
    }
    out.i32(moment.day - day_1900);
    out.u32(static_cast<std::uint32_t>(three_hundredths));
}

void encode_temporal(ByteWriter& out, std::string_view text, const WireType& type) {
    Moment moment = parse_moment(text);
    const std::int32_t offset = moment.offset_minutes;
    const std::size_t tail = type.token == Token::time_n ? 0U : type.token == Token::datetimeoffset_n ? 5U : 3U;
    if (type.token == Token::datetimeoffset_n) {
        moment.add_ticks(-offset * 60 * ticks_per_second);
    }
    if (type.token != Token::date_n) {
        std::int64_t ticks = moment.ticks;
        for (unsigned i = type.scale; i < 7; ++i) {
            ticks /= 10;
        }
        put_bytes(out, static_cast<std::uint64_t>(ticks), type.size - tail);
    }
    if (tail != 0) {
        put_bytes(out, static_cast<std::uint32_t>(moment.day), 3);
    }
    if (type.token == Token::datetimeoffset_n) {
        out.u16(static_cast<std::uint16_t>(offset));
    }
}

void encode_guid(ByteWriter& out, std::string_view text) {
    if (text.size() != 36) {
        throw std::invalid_argument("the engine gave a uniqueidentifier that is none");
    }
    const auto hex = [text](std::size_t position, std::size_t digits) {
        std::uint32_t value = 0;
        const char* end = text.data() + position + digits;
        if (std::from_chars(text.data() + position, end, value, 16).ptr != end) {
            throw std::invalid_argument("the engine gave a uniqueidentifier that is none");
        }
        return value;
    };
    out.u32(hex(0, 8));
    out.u16(static_cast<std::uint16_t>(hex(9, 4)));
    out.u16(static_cast<std::uint16_t>(hex(14, 4)));
    for (const std::size_t position : {19U, 21U, 24U, 26U, 28U, 30U, 32U, 34U}) {
        out.u8(static_cast<std::uint8_t>(hex(position, 2)));
    }
}

std::string encode_string(std::string_view canonical, const WireType& type) {
    std::string bytes;
    std::string_view padding;
    switch (type.token) {
        case Token::text:
        case Token::varchar:
        case Token::char_:
            bytes = encode_text(canonical, type.collation);
            padding = type.token == Token::char_ ? std::string_view(" ") : padding;
            break;
        case Token::ntext:
        case Token::nvarchar:
        case Token::nchar:
            bytes = utf8_to_utf16(canonical);
            padding = type.token == Token::nchar ? std::string_view(" \0", 2) : padding;
            break;
        default:
            bytes = canonical;
            padding = type.token == Token::binary ? std::string_view("\0", 1) : padding;
    }
    if (type.framing == Framing::short_length && bytes.size() > type.size) {
        throw std::length_error(
            fmt::format("the engine gave {} bytes for a column of at most {}", bytes.size(), type.size));
    }
    while (!padding.empty() && bytes.size() < type.size) {
        bytes += padding;
    }
    return bytes;
}

}  // namespace

std::string encode_value(std::string_view canonical, const WireType& type) {
    ByteWriter out;
    switch (type.type.kind) {
        case TypeKind::bit:
        case TypeKind::tinyint:
            out.u8(parse_number<std::uint8_t>(canonical));
            break;
        case TypeKind::smallint:
            out.u16(static_cast<std::uint16_t>(parse_number<std::int16_t>(canonical)));
            break;
        case TypeKind::integer:
            out.i32(parse_number<std::int32_t>(canonical));
            break;
        case TypeKind::bigint:
            out.u64(static_cast<std::uint64_t>(parse_number<std::int64_t>(canonical)));
            break;
        case TypeKind::money:
        case TypeKind::smallmoney:
            encode_money(out, canonical, type.size);
            break;
        case TypeKind::real:
            out.u32(std::bit_cast<std::uint32_t>(parse_number<float>(canonical)));
            break;
        case TypeKind::float_:
            out.u64(std::bit_cast<std::uint64_t>(parse_number<double>(canonical)));
            break;
        case TypeKind::decimal:
            encode_decimal(out, canonical, type);
            break;
        case TypeKind::datetime:
        case TypeKind::smalldatetime:
            encode_datetime(out, canonical, type.size);
            break;
        case TypeKind::date:
        case TypeKind::time:
        case TypeKind::datetime2:
        case TypeKind::datetimeoffset:
            encode_temporal(out, canonical, type);
            break;
        case TypeKind::uniqueidentifier:
            encode_guid(out, canonical);
            break;
        default:
            return encode_string(canonical, type);
    }
    return std::move(out.buffer());
}

}  // namespace revsync::sim::tds
