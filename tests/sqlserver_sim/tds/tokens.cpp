#include "tokens.hpp"

#include <stdexcept>

#include "features.hpp"
#include "value_framing.hpp"

namespace revsync::sim::tds {
namespace {

constexpr std::uint8_t return_status_token = 0x79;
constexpr std::uint8_t columns_token = 0x81;
constexpr std::uint8_t error_token = 0xAA;
constexpr std::uint8_t info_token = 0xAB;
constexpr std::uint8_t return_value_token = 0xAC;
constexpr std::uint8_t login_ack_token = 0xAD;
constexpr std::uint8_t feature_ack_token = 0xAE;
constexpr std::uint8_t row_token = 0xD1;
constexpr std::uint8_t null_compressed_row_token = 0xD2;
constexpr std::uint8_t environment_token = 0xE3;

constexpr std::uint16_t nullable_flag = 0x01;
constexpr std::uint16_t updatable_unknown_flag = 0x08;
constexpr std::uint16_t identity_flag = 0x10;
constexpr std::uint16_t computed_flag = 0x20;

constexpr std::size_t message_text_limit_bytes = 8000;

enum class Environment : std::uint8_t { database = 1, language = 2, packet_size = 4, collation = 7, reset = 18 };

// ENVCHANGE around what `body` writes.
template <typename Body>
void write_environment(ByteWriter& out, std::uint8_t type, Body&& body) {
    out.u8(environment_token);
    const std::size_t start = out.begin_length();
    out.u8(type);
    body();
    out.end_length(start);
}

void write_text_change(ByteWriter& out, Environment type, std::string_view now, std::string_view before) {
    write_environment(out, static_cast<std::uint8_t>(type), [&] {
        out.b_varchar(now);
        out.b_varchar(before);
    });
}

void write_user_type(ByteWriter& out, Version version) {
    version < Version::v7_2 ? out.u16(0) : out.u32(0);
}

void write_column(ByteWriter& out, const Column& column, const WireType& type, Version version) {
    write_user_type(out, version);
    unsigned flags = updatable_unknown_flag;
    flags |= column.nullable ? nullable_flag : 0U;
    flags |= column.identity ? identity_flag : 0U;
    flags |= column.computed ? computed_flag : 0U;
    out.u16(static_cast<std::uint16_t>(flags));
    write_wire_type(out, type);
    if (type.framing == Framing::long_length) {
        if (version >= Version::v7_2) {
            out.u8(0);  // a table name of no parts
        } else {
            out.u16(0);
        }
    }
    out.b_varchar(column.name);
}

std::string_view cut_at_character(std::string_view utf8, std::size_t limit) {
    if (utf8.size() <= limit) {
        return utf8;
    }
    while (limit > 0 && (static_cast<std::uint8_t>(utf8[limit]) & 0xC0U) == 0x80U) {
        --limit;
    }
    return utf8.substr(0, limit);
}

std::string null_bitmap(const std::vector<Value>& values) {
    std::string bitmap((values.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!values[i]) {
            bitmap[i / 8] = static_cast<char>(static_cast<std::uint8_t>(bitmap[i / 8]) | 1U << i % 8);
        }
    }
    return bitmap;
}

}  // namespace

void write_done(ByteWriter& out, const Done& done, Version version) {
    out.u8(static_cast<std::uint8_t>(done.kind));
    out.u16(done.status);
    out.u16(done.command);
    if (version >= Version::v7_2) {
        out.u64(done.row_count);
    } else {
        out.u32(static_cast<std::uint32_t>(done.row_count));
    }
}

void write_message(ByteWriter& out, const Message& message, Version version) {
    constexpr std::uint8_t highest_informational = 10;
    out.u8(message.severity > highest_informational ? error_token : info_token);
    const std::size_t start = out.begin_length();
    out.i32(message.number);
    out.u8(message.state);
    out.u8(message.severity);
    out.us_varchar(cut_at_character(message.text, message_text_limit_bytes));
    out.b_varchar(server_name);
    out.b_varchar(message.procedure);
    if (version >= Version::v7_2) {
        out.i32(message.line);
    } else {
        out.u16(static_cast<std::uint16_t>(message.line));
    }
    out.end_length(start);
}

void write_login_ack(ByteWriter& out, Version version) {
    out.u8(login_ack_token);
    const std::size_t start = out.begin_length();
    out.u8(1);  // the interface: T-SQL
    const auto number = static_cast<std::uint32_t>(version);
    out.u16_be(static_cast<std::uint16_t>(number >> 16U));
    out.u16_be(static_cast<std::uint16_t>(number & 0xFFFFU));
    out.b_varchar("Microsoft SQL Server");
    out.u8(server_version_major);
    out.u8(server_version_minor);
    out.u16_be(server_version_build);
    out.end_length(start);
}

void write_feature_ack(ByteWriter& out, bool utf8_support) {
    out.u8(feature_ack_token);
    if (utf8_support) {
        out.u8(feature_utf8_support);
        out.u32(1);
        out.u8(1);
    }
    out.u8(feature_terminator);
}

void write_database_change(ByteWriter& out, std::string_view now, std::string_view before) {
    write_text_change(out, Environment::database, now, before);
}

void write_language_change(ByteWriter& out, std::string_view now) {
    write_text_change(out, Environment::language, now, {});
}

void write_packet_size_change(ByteWriter& out, std::size_t now, std::size_t before) {
    write_text_change(out, Environment::packet_size, std::to_string(now), std::to_string(before));
}

void write_collation_change(ByteWriter& out, const Collation& now) {
    write_environment(out, static_cast<std::uint8_t>(Environment::collation), [&] {
        out.u8(5);
        write_collation(out, now);
        out.u8(0);
    });
}

void write_reset_acknowledgement(ByteWriter& out) {
    write_environment(out, static_cast<std::uint8_t>(Environment::reset), [&] { out.u16(0); });
}

void write_transaction_change(ByteWriter& out, TransactionChange change, std::uint64_t descriptor, Version version) {
    if (version < Version::v7_2) {
        return;
    }
    write_environment(out, static_cast<std::uint8_t>(change), [&] {
        if (change != TransactionChange::begun) {
            out.u8(0);
        }
        out.u8(sizeof descriptor);
        out.u64(descriptor);
        if (change == TransactionChange::begun) {
            out.u8(0);
        }
    });
}

std::vector<WireType> write_columns(ByteWriter& out, const std::vector<Column>& columns, Version version) {
    std::vector<WireType> types;
    types.reserve(columns.size());
    out.u8(columns_token);
    out.u16(static_cast<std::uint16_t>(columns.size()));
    for (const Column& column : columns) {
        types.push_back(wire_type(column.type, column.nullable, version, Place::column));
        write_column(out, column, types.back(), version);
    }
    return types;
}

void write_row(ByteWriter& out, const std::vector<WireType>& types, const std::vector<Value>& values, Version version) {
    if (types.size() != values.size()) {
        throw std::logic_error("the engine gave a row that does not match its columns");
    }
    std::size_t nulls = 0;
    for (const Value& value : values) {
        nulls += value ? 0U : 1U;
    }
    const bool compressed = nulls > 0 && version >= Version::v7_3b;
    out.u8(compressed ? null_compressed_row_token : row_token);
    if (compressed) {
        out.bytes(null_bitmap(values));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] || !compressed) {
            write_value(out, types[i], values[i], Context::row);
        }
    }
}

void write_return_status(ByteWriter& out, std::int32_t status) {
    out.u8(return_status_token);
    out.i32(status);
}

void write_return_value(ByteWriter& out, const Parameter& parameter, std::uint16_t ordinal, Version version) {
    constexpr std::uint8_t output_parameter = 1;
    const WireType type = wire_type(parameter.type, true, version, Place::return_value);
    out.u8(return_value_token);
    out.u16(ordinal);
    out.b_varchar(parameter.name);
    out.u8(output_parameter);
    write_user_type(out, version);
    out.u16(nullable_flag);
    write_wire_type(out, type);
    write_value(out, type, parameter.value, version < Version::v7_2 ? Context::row : Context::parameter);
}

}  // namespace revsync::sim::tds
