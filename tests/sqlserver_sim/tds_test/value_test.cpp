// Every type, between its canonical text and the wire, in every version of TDS.
#include <gmock/gmock.h>

#include "calendar.hpp"
#include "decimal.hpp"
#include "unicode.hpp"
#include "value_codec.hpp"
#include "value_framing.hpp"

namespace revsync::sim::tds {
namespace {

constexpr Version every_version[] = {Version::v7_1, Version::v7_2, Version::v7_3a, Version::v7_3b, Version::v7_4};

Type type(TypeKind kind, std::int32_t length = 0, std::uint8_t precision = 0, std::uint8_t scale = 0) {
    return {kind, length, precision, scale};
}

struct Sample {
    Type type;
    std::string text;
};

const std::vector<Sample>& samples() {
    static const std::vector<Sample> all{
        {type(TypeKind::bit), "1"},
        {type(TypeKind::tinyint), "255"},
        {type(TypeKind::smallint), "-32768"},
        {type(TypeKind::integer), "-2147483648"},
        {type(TypeKind::bigint), "-9223372036854775808"},
        {type(TypeKind::bigint), "9007199254740993"},
        {type(TypeKind::decimal, 0, 10, 2), "-12345678.90"},
        {type(TypeKind::decimal, 0, 38, 0), "99999999999999999999999999999999999999"},
        {type(TypeKind::decimal, 0, 38, 38), "-0.99999999999999999999999999999999999999"},
        {type(TypeKind::decimal, 0, 5, 5), "0.00001"},
        {type(TypeKind::money), "-922337203685477.5808"},
        {type(TypeKind::money), "-12.3456"},
        {type(TypeKind::smallmoney), "214748.3647"},
        {type(TypeKind::real), "1.1754944e-38"},
        {type(TypeKind::float_), "0.1"},
        {type(TypeKind::float_), "1.7976931348623157e+308"},
        {type(TypeKind::datetime), "1753-01-01 00:00:00.003"},
        {type(TypeKind::datetime), "9999-12-31 23:59:59.997"},
        {type(TypeKind::smalldatetime), "2079-06-06 23:59:00"},
        {type(TypeKind::uniqueidentifier), "6F9619FF-8B86-D011-B42D-00C04FC964FF"},
        {type(TypeKind::char_, 3), "ab "},
        {type(TypeKind::varchar, 10), "سلام?"},
        {type(TypeKind::varchar, max_length), std::string(20'000, 'x')},
        {type(TypeKind::text), "سلام"},
        {type(TypeKind::nchar, 4), "گ😀 "},
        {type(TypeKind::nvarchar, 20), ""},
        {type(TypeKind::nvarchar, max_length), "گوڤار ئەندام 😀"},
        {type(TypeKind::nvarchar, max_length), ""},
        {type(TypeKind::ntext), "پزیشک"},
        {type(TypeKind::binary, 2), std::string("\0\xFF", 2)},
        {type(TypeKind::varbinary, 4), std::string("\0\x01\x02", 3)},
        {type(TypeKind::varbinary, max_length), std::string(70'000, '\xFE')},
        {type(TypeKind::image), "image"},
    };
    return all;
}

const std::vector<Sample>& newer_temporal_samples() {
    static const std::vector<Sample> all{
        {type(TypeKind::date), "0001-01-01"},
        {type(TypeKind::date), "9999-12-31"},
        {type(TypeKind::time, 0, 0, 0), "23:59:59"},
        {type(TypeKind::time, 0, 0, 7), "23:59:59.9999999"},
        {type(TypeKind::time, 0, 0, 3), "00:00:00.001"},
        {type(TypeKind::datetime2, 0, 0, 0), "2024-02-29 12:34:56"},
        {type(TypeKind::datetime2, 0, 0, 4), "2024-02-29 12:34:56.7891"},
        {type(TypeKind::datetime2, 0, 0, 7), "0001-01-01 00:00:00.0000001"},
        {type(TypeKind::datetimeoffset, 0, 0, 7), "2024-03-01 01:30:00.1234567 +03:00"},
        {type(TypeKind::datetimeoffset, 0, 0, 2), "2024-02-28 23:30:00.12 -08:30"},
        {type(TypeKind::datetimeoffset, 0, 0, 0), "2024-02-28 23:30:00 +00:00"},
    };
    return all;
}

Value there_and_back(const WireType& wire, const Value& value, Context context) {
    ByteWriter out;
    write_wire_type(out, wire);
    write_value(out, wire, value, context);
    ByteReader in(out.buffer());
    const WireType read = read_wire_type(in);
    Value result = read_value(in, read, context);
    EXPECT_TRUE(in.at_end());
    return result;
}

TEST(Value, KeepsItsTextThroughEveryVersion) {
    for (const Version version : every_version) {
        for (const Sample& sample : samples()) {
            for (const bool nullable : {true, false}) {
                const WireType wire = wire_type(sample.type, nullable, version, Place::column);
                EXPECT_EQ(there_and_back(wire, sample.text, Context::row), sample.text);
            }
        }
    }
}

TEST(Value, KeepsItsTextAsParameter) {
    for (const Sample& sample : samples()) {
        const WireType wire = wire_type(sample.type, true, Version::v7_4, Place::return_value);
        EXPECT_EQ(there_and_back(wire, sample.text, Context::parameter), sample.text);
    }
}

TEST(Value, KeepsNewerTemporalTypesExactlyAndSendsThemAsTextBefore73) {
    for (const Version version : every_version) {
        for (const Sample& sample : newer_temporal_samples()) {
            const WireType wire = wire_type(sample.type, true, version, Place::column);
            EXPECT_EQ(wire.token == Token::nvarchar, version < Version::v7_3a);
            EXPECT_EQ(there_and_back(wire, sample.text, Context::row), sample.text);
        }
    }
}

TEST(Value, KeepsNullInEveryNullableType) {
    for (const Version version : every_version) {
        for (const Sample& sample : samples()) {
            const WireType wire = wire_type(sample.type, true, version, Place::column);
            EXPECT_EQ(there_and_back(wire, std::nullopt, Context::row), std::nullopt);
        }
    }
}

TEST(Value, IsReadFromChunksOfUnknownTotalLength) {
    ByteWriter out;
    const WireType wire = wire_type(type(TypeKind::nvarchar, max_length), true, Version::v7_4, Place::column);
    out.u64(0xFFFFFFFFFFFFFFFE);
    for (const std::string& chunk : {std::string("a"), std::string("\0b\0c", 4), std::string("\0", 1)}) {
        out.u32(static_cast<std::uint32_t>(chunk.size()));
        out.bytes(chunk);
    }
    out.u32(0);
    ByteReader in(out.buffer());
    EXPECT_EQ(read_value(in, wire, Context::parameter), "abc");
}

TEST(Value, IsRefusedWhenItsChunksDoNotAddUp) {
    ByteWriter out;
    const WireType wire = wire_type(type(TypeKind::varbinary, max_length), true, Version::v7_4, Place::column);
    out.u64(5);
    out.u32(2);
    out.bytes("ab");
    out.u32(0);
    ByteReader in(out.buffer());
    EXPECT_THROW(read_value(in, wire, Context::parameter), ProtocolError);
}

TEST(Value, RefusesNullInATypeThatCannotHoldIt) {
    ByteWriter out;
    const WireType wire = wire_type(type(TypeKind::integer), false, Version::v7_4, Place::column);
    EXPECT_THROW(write_value(out, wire, std::nullopt, Context::row), std::logic_error);
}

TEST(Value, HasTheBytesOfTheSpecification) {
    const auto bytes = [](const Type& of, const std::string& text) {
        return encode_value(text, wire_type(of, true, Version::v7_4, Place::column));
    };
    EXPECT_EQ(bytes(type(TypeKind::integer), "-2"), "\xFE\xFF\xFF\xFF");
    EXPECT_EQ(bytes(type(TypeKind::money), "1"), std::string("\0\0\0\0\x10\x27\0\0", 8));
    EXPECT_EQ(bytes(type(TypeKind::decimal, 0, 5, 2), "-1.00"), std::string("\0\x64\0\0\0", 5));
    EXPECT_EQ(bytes(type(TypeKind::datetime), "1900-01-02 00:00:01.000"), std::string("\x01\0\0\0\x2C\x01\0\0", 8));
    EXPECT_EQ(bytes(type(TypeKind::datetime2, 0, 0, 0), "0001-01-02 00:00:01"), std::string("\x01\0\0\x01\0\0", 6));
    EXPECT_EQ(bytes(type(TypeKind::varchar, 4), "سلام"), "\xD3\xE1\xC7\xE3");
    EXPECT_EQ(bytes(type(TypeKind::nvarchar, 2), "😀"), std::string("\x3D\xD8\x00\xDE", 4));
}

TEST(Value, ReplacesWhatTheCodePageLacks) {
    EXPECT_EQ(encode_text("a😀ڕ", server_collation), "a??");
}

TEST(Value, RoundsDatetimeToItsThreeHundredths) {
    const WireType wire = wire_type(type(TypeKind::datetime), true, Version::v7_4, Place::column);
    EXPECT_EQ(there_and_back(wire, "2024-12-31 23:59:59.9999999", Context::row), "2025-01-01 00:00:00.000");
    EXPECT_EQ(there_and_back(wire, "2024-12-31 10:00:00.005", Context::row), "2024-12-31 10:00:00.007");
}

TEST(Value, RefusesTextThatIsTooLongForItsColumn) {
    const WireType wire = wire_type(type(TypeKind::nvarchar, 2), true, Version::v7_4, Place::column);
    EXPECT_THROW(encode_value("abc", wire), std::length_error);
}

TEST(Decimal, RoundsWhatItsScaleCannotHold) {
    EXPECT_EQ(format_decimal(parse_decimal("-1.005", 2), 2), "-1.01");
    EXPECT_EQ(format_decimal(parse_decimal("1.0049", 2), 2), "1.00");
    EXPECT_EQ(format_decimal(parse_decimal("-0.001", 2), 2), "0.00");
    EXPECT_THROW(parse_decimal("100000000000000000000000000000000000000", 0), std::out_of_range);
    EXPECT_THROW(parse_decimal("1e5", 0), std::invalid_argument);
}

TEST(Unicode, RefusesLoneSurrogatesAndBrokenUtf8) {
    EXPECT_THROW(utf16_to_utf8(std::string("\x3D\xD8", 2)), ProtocolError);
    EXPECT_THROW(utf16_to_utf8(std::string("\x00\xDE\x41\x00", 4)), ProtocolError);
    EXPECT_THROW(utf16_to_utf8("\x41"), ProtocolError);
    EXPECT_THROW(utf8_to_utf16("\xC0\x80"), std::invalid_argument);
    EXPECT_THROW(utf8_to_utf16("\xED\xA0\x80"), std::invalid_argument);
    EXPECT_THROW(utf8_to_utf16("\xF4\x90\x80\x80"), std::invalid_argument);
}

TEST(Calendar, RefusesDaysThatDoNotExist) {
    EXPECT_THROW(parse_moment("2023-02-29"), std::invalid_argument);
    EXPECT_THROW(parse_moment("0000-01-01"), std::invalid_argument);
    EXPECT_THROW(parse_moment("2023-01-01 24:00:00"), std::invalid_argument);
    EXPECT_THROW(format_date(last_day + 1), ProtocolError);
}

}  // namespace
}  // namespace revsync::sim::tds
