#include "requests.hpp"

#include <array>

#include "unicode.hpp"
#include "value_framing.hpp"

namespace revsync::sim::tds {
namespace {

// By number of the procedure, counted from 1.
constexpr std::array<const char*, 15> system_procedures{
    "sp_cursor",          "sp_cursoropen",  "sp_cursorprepare", "sp_cursorexecute", "sp_cursorprepexec",
    "sp_cursorunprepare", "sp_cursorfetch", "sp_cursoroption",  "sp_cursorclose",   "sp_executesql",
    "sp_prepare",         "sp_execute",     "sp_prepexec",      "sp_prepexecrpc",   "sp_unprepare"};

// What ends one call of an RPC message: another one follows, with or without running this one.
constexpr std::uint8_t batch_flag_before_7_2 = 0x80;
constexpr std::uint8_t no_execute_flag = 0xFE;
constexpr std::uint8_t batch_flag = 0xFF;

// Transaction and tracing headers, which say nothing that the stand-in needs.
void skip_headers(ByteReader& in, Version version) {
    if (version < Version::v7_2) {
        return;
    }
    const std::uint32_t length = in.u32();
    if (length < sizeof length) {
        throw ProtocolError("the headers of a request are shorter than their length");
    }
    in.skip(length - sizeof length);
}

std::string read_text(ByteReader& in, std::size_t units) {
    return utf16_to_utf8(in.bytes(units * 2));
}

bool ends_call(std::uint8_t byte, Version version) {
    return version < Version::v7_2 ? byte == batch_flag_before_7_2 : byte == batch_flag || byte == no_execute_flag;
}

std::string read_procedure(ByteReader& in) {
    constexpr std::uint16_t by_number = 0xFFFF;
    const std::uint16_t length = in.u16();
    if (length != by_number) {
        return read_text(in, length);
    }
    const std::uint16_t number = in.u16();
    if (number < 1 || number > system_procedures.size()) {
        throw ProtocolError("a system procedure that does not exist is called by its number");
    }
    return system_procedures[number - 1U];
}

Parameter read_parameter(ByteReader& in) {
    constexpr std::uint8_t by_reference = 0x01;
    constexpr std::uint8_t default_value = 0x02;
    constexpr std::uint8_t encrypted = 0x08;
    Parameter parameter;
    parameter.name = read_text(in, in.u8());
    const std::uint8_t status = in.u8();
    if ((status & encrypted) != 0) {
        throw ProtocolError("encrypted parameters are not supported");
    }
    parameter.output = (status & by_reference) != 0;
    parameter.use_default = (status & default_value) != 0;
    const WireType type = read_wire_type(in);
    parameter.type = type.type;
    parameter.value = read_value(in, type, Context::parameter);
    return parameter;
}

std::string read_transaction_name(ByteReader& in) {
    return utf16_to_utf8(in.bytes(in.u8()));
}

}  // namespace

std::string read_batch(std::string_view body, Version version) {
    ByteReader in(body);
    skip_headers(in, version);
    return utf16_to_utf8(in.rest());
}

std::vector<Call> read_rpc(std::string_view body, Version version) {
    ByteReader in(body);
    skip_headers(in, version);
    std::vector<Call> calls;
    while (!in.at_end()) {
        Call call;
        call.procedure = read_procedure(in);
        in.skip(2);  // option flags: recompile, no metadata, reuse metadata
        while (!in.at_end() && !ends_call(in.peek(), version)) {
            call.parameters.push_back(read_parameter(in));
        }
        const bool runs = in.at_end() || in.u8() != no_execute_flag;
        if (runs) {
            calls.push_back(std::move(call));
        }
    }
    return calls;
}

TransactionRequest read_transaction_request(std::string_view body, Version version) {
    constexpr std::uint8_t begin_flag = 0x01;
    ByteReader in(body);
    skip_headers(in, version);
    TransactionRequest request;
    request.action = static_cast<TransactionAction>(in.u16());
    switch (request.action) {
        case TransactionAction::begin:
            request.isolation = in.u8();
            request.name = read_transaction_name(in);
            return request;
        case TransactionAction::commit:
        case TransactionAction::rollback:
            request.name = read_transaction_name(in);
            request.begins_next = (in.u8() & begin_flag) != 0;
            if (request.begins_next) {
                request.next_isolation = in.u8();
                request.next_name = read_transaction_name(in);
            }
            return request;
        case TransactionAction::save:
            request.name = read_transaction_name(in);
            return request;
    }
    throw ProtocolError("a transaction manager request is not supported");
}

BulkReader::BulkReader(std::string_view body, Version version) : in_(body) {
    constexpr std::uint8_t columns_token = 0x81;
    if (in_.u8() != columns_token) {
        throw ProtocolError("a bulk load does not begin with its columns");
    }
    const std::uint16_t count = in_.u16();
    for (std::uint16_t i = 0; i < count; ++i) {
        read_column(version);
    }
}

void BulkReader::read_column(Version version) {
    constexpr std::uint16_t nullable_flag = 0x01;
    in_.skip(version < Version::v7_2 ? 2 : 4);  // user type
    const std::uint16_t flags = in_.u16();
    types_.push_back(read_wire_type(in_));
    if (types_.back().framing == Framing::long_length) {
        in_.skip(in_.u16() * std::size_t{2});  // table name
    }
    Column column;
    column.nullable = (flags & nullable_flag) != 0;
    column.type = types_.back().type;
    column.name = read_text(in_, in_.u8());
    columns_.push_back(std::move(column));
}

bool BulkReader::next(std::vector<Value>& row) {
    constexpr std::uint8_t row_token = 0xD1;
    constexpr std::uint8_t null_compressed_row_token = 0xD2;
    constexpr std::uint8_t done_token = 0xFD;
    if (in_.at_end()) {
        return false;
    }
    switch (in_.u8()) {
        case row_token:
            read_values(row, {});
            return true;
        case null_compressed_row_token:
            read_values(row, in_.bytes((types_.size() + 7) / 8));
            return true;
        case done_token:
            return false;
        default:
            throw ProtocolError("something that is no row stands in a bulk load");
    }
}

void BulkReader::read_values(std::vector<Value>& row, std::string_view null_bitmap) {
    row.clear();
    for (std::size_t i = 0; i < types_.size(); ++i) {
        const unsigned nulls = null_bitmap.empty() ? 0U : static_cast<std::uint8_t>(null_bitmap[i / 8]);
        const bool is_null = (nulls >> i % 8 & 1U) != 0;
        row.push_back(is_null ? std::nullopt : read_value(in_, types_[i], Context::row));
    }
}

}  // namespace revsync::sim::tds
