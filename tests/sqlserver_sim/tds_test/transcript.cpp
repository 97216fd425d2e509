#include "transcript.hpp"

#include <fmt/format.h>

#include "byte_reader.hpp"
#include "tokens.hpp"
#include "unicode.hpp"
#include "value_framing.hpp"

namespace revsync::sim::tds::test {
namespace {

class Transcriber {
public:
    Transcriber(std::string_view body, Version version) : in_(body), version_(version) {}

    std::vector<std::string> run() {
        std::vector<std::string> lines;
        while (!in_.at_end()) {
            lines.push_back(token(in_.u8()));
        }
        return lines;
    }

private:
    bool is_7_2() const { return version_ >= Version::v7_2; }
    std::string b_varchar() { return utf16_to_utf8(in_.bytes(in_.u8() * std::size_t{2})); }
    std::string us_varchar() { return utf16_to_utf8(in_.bytes(in_.u16() * std::size_t{2})); }

    std::string token(std::uint8_t token) {
        switch (token) {
            case 0x79:
                return fmt::format("STATUS {}", static_cast<std::int32_t>(in_.u32()));
            case 0x81:
                return columns();
            case 0xAA:
                return message("ERROR");
            case 0xAB:
                return message("INFO");
            case 0xAC:
                return return_value();
            case 0xAD:
                return login_ack();
            case 0xAE:
                return features();
            case 0xD1:
                return row({});
            case 0xD2:
                return "NBC" + row(in_.bytes((types_.size() + 7) / 8));
            case 0xE3:
                return environment();
            case 0xFD:
                return done("DONE");
            case 0xFE:
                return done("DONEPROC");
            case 0xFF:
                return done("DONEINPROC");
            default:
                throw ProtocolError(fmt::format("unknown token 0x{:02X}", token));
        }
    }

    std::string columns() {
        types_.clear();
        std::string line = "COLUMNS";
        const std::uint16_t count = in_.u16();
        for (int i = 0; i < count; ++i) {
            in_.skip(is_7_2() ? 4 : 2);
            const std::uint16_t flags = in_.u16();
            types_.push_back(read_wire_type(in_));
            if (types_.back().framing == Framing::long_length) {
                for (int parts = is_7_2() ? in_.u8() : 1; parts > 0; --parts) {
                    us_varchar();
                }
            }
            const char* separator = i == 0 ? "" : ",";
            line += fmt::format("{} {} 0x{:02X}{}", separator, b_varchar(), static_cast<unsigned>(types_.back().token),
                                (flags & 1U) != 0 ? "" : " not null");
        }
        return line;
    }

    std::string row(std::string_view nulls) {
        std::string line = "ROW";
        for (std::size_t i = 0; i < types_.size(); ++i) {
            const unsigned bits = nulls.empty() ? 0U : static_cast<std::uint8_t>(nulls[i / 8]);
            const bool skipped = (bits >> i % 8 & 1U) != 0;
            const Value value = skipped ? std::nullopt : read_value(in_, types_[i], Context::row);
            line += (i == 0 ? " " : " | ") + value.value_or("NULL");
        }
        return line;
    }

    std::string message(const char* kind) {
        in_.u16();
        const auto number = static_cast<std::int32_t>(in_.u32());
        in_.u8();
        const unsigned severity = in_.u8();
        std::string text = us_varchar();
        b_varchar();
        b_varchar();
        in_.skip(is_7_2() ? 4 : 2);
        return fmt::format("{} {}/{} {}", kind, number, severity, text);
    }

    std::string return_value() {
        in_.u16();
        const std::string name = b_varchar();
        in_.skip(1U + (is_7_2() ? 4U : 2U) + 2U);
        const WireType type = read_wire_type(in_);
        return fmt::format("VALUE {} {}", name, read_value(in_, type, Context::parameter).value_or("NULL"));
    }

    std::string login_ack() {
        ByteReader in(in_.bytes(in_.u16()));
        in.u8();
        const unsigned high = in.u16_be();
        return fmt::format("LOGINACK {:08X}", high << 16U | in.u16_be());
    }

    std::string features() {
        std::string line = "FEATURES";
        for (std::uint8_t id = in_.u8(); id != 0xFF; id = in_.u8()) {
            line += fmt::format(" {}", id);
            in_.skip(in_.u32());
        }
        return line;
    }

    std::string environment() {
        ByteReader in(in_.bytes(in_.u16()));
        const unsigned type = in.u8();
        const bool is_text = type == 1 || type == 2 || type == 4;
        return fmt::format("ENVIRONMENT {}{}", type,
                           is_text ? " " + utf16_to_utf8(in.bytes(in.u8() * std::size_t{2})) : std::string());
    }

    std::string done(std::string line) {
        const unsigned status = in_.u16();
        in_.u16();
        const std::uint64_t count = is_7_2() ? in_.u64() : in_.u32();
        line += (status & done_status::more) != 0 ? " more" : "";
        line += (status & done_status::error) != 0 ? " error" : "";
        line += (status & done_status::attention) != 0 ? " attention" : "";
        return (status & done_status::count) != 0 ? fmt::format("{} count={}", line, count) : line;
    }

    ByteReader in_;
    const Version version_;
    std::vector<WireType> types_;
};

}  // namespace

std::vector<std::string> transcript(std::string_view body, Version version) {
    return Transcriber(body, version).run();
}

}  // namespace revsync::sim::tds::test
