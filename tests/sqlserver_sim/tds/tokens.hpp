// The tokens of a response ([MS-TDS] 2.2.7), each appended to a message.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "byte_writer.hpp"
#include "version.hpp"
#include "wire_type.hpp"

namespace revsync::sim::tds {

// What the server says it is: SQL Server 2019.
inline constexpr std::uint8_t server_version_major = 15;
inline constexpr std::uint8_t server_version_minor = 0;
inline constexpr std::uint16_t server_version_build = 2000;
inline constexpr std::string_view server_name = "SIM";

enum class DoneKind : std::uint8_t { done = 0xFD, procedure = 0xFE, in_procedure = 0xFF };

namespace done_status {
inline constexpr std::uint16_t more = 0x01;
inline constexpr std::uint16_t error = 0x02;
inline constexpr std::uint16_t count = 0x10;
inline constexpr std::uint16_t attention = 0x20;
}  // namespace done_status

namespace current_command {
inline constexpr std::uint16_t unknown = 0;
inline constexpr std::uint16_t select = 0xC1;
inline constexpr std::uint16_t execute = 0xE0;
}  // namespace current_command

struct Done {
    DoneKind kind = DoneKind::done;
    std::uint16_t status = 0;
    std::uint16_t command = current_command::unknown;
    std::uint64_t row_count = 0;
};

void write_done(ByteWriter& out, const Done& done, Version version);

// ERROR above severity 10, INFO otherwise. Text longer than SQL Server's limit is cut.
void write_message(ByteWriter& out, const Message& message, Version version);

void write_login_ack(ByteWriter& out, Version version);
void write_feature_ack(ByteWriter& out, bool utf8_support);

void write_database_change(ByteWriter& out, std::string_view now, std::string_view before);
void write_language_change(ByteWriter& out, std::string_view now);
void write_packet_size_change(ByteWriter& out, std::size_t now, std::size_t before);
void write_collation_change(ByteWriter& out, const Collation& now);
void write_reset_acknowledgement(ByteWriter& out);

enum class TransactionChange : std::uint8_t { begun = 8, committed = 9, rolled_back = 10 };
// Clients before 7.2 know nothing of it and get nothing.
void write_transaction_change(ByteWriter& out, TransactionChange change, std::uint64_t descriptor, Version version);

// Returns how the columns' values are sent.
std::vector<WireType> write_columns(ByteWriter& out, const std::vector<Column>& columns, Version version);
void write_row(ByteWriter& out, const std::vector<WireType>& types, const std::vector<Value>& values, Version version);

void write_return_status(ByteWriter& out, std::int32_t status);
void write_return_value(ByteWriter& out, const Parameter& parameter, std::uint16_t ordinal, Version version);

}  // namespace revsync::sim::tds
