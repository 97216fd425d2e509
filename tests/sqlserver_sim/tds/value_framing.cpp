#include "value_framing.hpp"

#include <stdexcept>

#include "value_codec.hpp"

namespace revsync::sim::tds {
namespace {

constexpr std::uint64_t chunks_null = 0xFFFFFFFFFFFFFFFF;
constexpr std::uint64_t chunks_unknown_length = 0xFFFFFFFFFFFFFFFE;
constexpr std::uint16_t short_null = 0xFFFF;
constexpr std::uint32_t long_null = 0xFFFFFFFF;

// SQL Server has sent these in place of real pointers since 2005.
constexpr std::string_view text_pointer("dummy textptr\0\0\0", 16);
constexpr std::string_view text_timestamp("dummyTS\0", 8);

std::optional<std::string> read_chunks(ByteReader& in) {
    const std::uint64_t total = in.u64();
    if (total == chunks_null) {
        return std::nullopt;
    }
    std::string bytes;
    for (std::uint32_t length = in.u32(); length != 0; length = in.u32()) {
        bytes += in.bytes(length);
    }
    if (total != chunks_unknown_length && total != bytes.size()) {
        throw ProtocolError("the chunks of a value do not add up to its length");
    }
    return bytes;
}

std::optional<std::string_view> read_bytes(ByteReader& in, const WireType& type, Context context) {
    switch (type.framing) {
        case Framing::none:
            return type.token == Token::null ? std::nullopt : std::optional(in.bytes(type.size));
        case Framing::byte_length: {
            const std::uint8_t length = in.u8();
            return length == 0 ? std::nullopt : std::optional(in.bytes(length));
        }
        case Framing::short_length: {
            const std::uint16_t length = in.u16();
            return length == short_null ? std::nullopt : std::optional(in.bytes(length));
        }
        default: {
            if (context == Context::row) {
                const std::uint8_t pointer_length = in.u8();
                if (pointer_length == 0) {
                    return std::nullopt;
                }
                in.skip(pointer_length + text_timestamp.size());
            }
            const std::uint32_t length = in.u32();
            return length == long_null ? std::nullopt : std::optional(in.bytes(length));
        }
    }
}

void write_null(ByteWriter& out, const WireType& type, Context context) {
    switch (type.framing) {
        case Framing::none:
            throw std::logic_error("the engine gave NULL for a column that it declared NOT NULL");
        case Framing::byte_length:
            out.u8(0);
            break;
        case Framing::short_length:
            out.u16(short_null);
            break;
        case Framing::long_length:
            context == Context::row ? out.u8(0) : out.u32(long_null);
            break;
        case Framing::chunks:
            out.u64(chunks_null);
            break;
    }
}

void write_chunks(ByteWriter& out, std::string_view bytes) {
    out.u64(bytes.size());
    if (!bytes.empty()) {
        out.u32(static_cast<std::uint32_t>(bytes.size()));
        out.bytes(bytes);
    }
    out.u32(0);
}

}  // namespace

Value read_value(ByteReader& in, const WireType& type, Context context) {
    if (type.framing == Framing::chunks) {
        const std::optional<std::string> bytes = read_chunks(in);
        return bytes ? Value(decode_value(*bytes, type)) : std::nullopt;
    }
    const std::optional<std::string_view> bytes = read_bytes(in, type, context);
    return bytes ? Value(decode_value(*bytes, type)) : std::nullopt;
}

void write_value(ByteWriter& out, const WireType& type, const Value& value, Context context) {
    if (!value) {
        write_null(out, type, context);
        return;
    }
    const std::string bytes = encode_value(*value, type);
    switch (type.framing) {
        case Framing::none:
            break;
        case Framing::byte_length:
            out.u8(static_cast<std::uint8_t>(bytes.size()));
            break;
        case Framing::short_length:
            out.u16(static_cast<std::uint16_t>(bytes.size()));
            break;
        case Framing::long_length:
            if (context == Context::row) {
                out.u8(static_cast<std::uint8_t>(text_pointer.size()));
                out.bytes(text_pointer);
                out.bytes(text_timestamp);
            }
            out.u32(static_cast<std::uint32_t>(bytes.size()));
            break;
        case Framing::chunks:
            write_chunks(out, bytes);
            return;
    }
    out.bytes(bytes);
}

}  // namespace revsync::sim::tds
