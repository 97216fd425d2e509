#include "collation.hpp"

#include <iconv.h>

#include <array>
#include <map>
#include <stdexcept>

namespace revsync::sim::tds {
namespace {

constexpr std::uint32_t utf8_flag = 0x04000000;

// A single-byte code page, asked of iconv once.
class CodePage {
public:
    explicit CodePage(const char* iconv_name) {
        iconv_t converter = iconv_open("UTF-32LE", iconv_name);
        if (converter == reinterpret_cast<iconv_t>(-1)) {
            throw std::runtime_error(std::string("iconv does not know ") + iconv_name);
        }
        for (std::size_t byte = 0; byte < characters_.size(); ++byte) {
            characters_[byte] = character(converter, static_cast<char>(byte));
            bytes_.emplace(characters_[byte], static_cast<char>(byte));
        }
        iconv_close(converter);
    }

    std::string decode(std::string_view bytes) const {
        std::string out;
        out.reserve(bytes.size() * 2);
        for (const char byte : bytes) {
            append_utf8(out, characters_[static_cast<std::uint8_t>(byte)]);
        }
        return out;
    }

    std::string encode(std::string_view utf8) const {
        std::string out;
        out.reserve(utf8.size());
        while (!utf8.empty()) {
            const auto found = bytes_.find(take_code_point(utf8));
            out.push_back(found == bytes_.end() ? '?' : found->second);
        }
        return out;
    }

private:
    // A byte that the code page leaves undefined stands for the control character of its number, as on Windows.
    static char32_t character(iconv_t converter, char byte) {
        std::array<unsigned char, 4> utf32{};
        char* in = &byte;
        auto* out = reinterpret_cast<char*>(utf32.data());
        std::size_t in_left = 1;
        std::size_t out_left = utf32.size();
        iconv(converter, nullptr, nullptr, nullptr, nullptr);
        if (iconv(converter, &in, &in_left, &out, &out_left) == static_cast<std::size_t>(-1)) {
            return static_cast<std::uint8_t>(byte);
        }
        return utf32[0] | static_cast<char32_t>(utf32[1]) << 8U | static_cast<char32_t>(utf32[2]) << 16U;
    }

    std::array<char32_t, 256> characters_{};
    std::map<char32_t, char> bytes_;
};

// Arabic, Persian, Kurdish and Urdu share one code page; every other language is served the western one.
const CodePage& code_page(const Collation& collation) {
    static const CodePage arabic("WINDOWS-1256");
    static const CodePage western("WINDOWS-1252");
    const std::uint32_t language = collation.info & 0x3FFU;
    const bool is_arabic = language == 0x01 || language == 0x29 || language == 0x92 || language == 0x20;
    return collation.sort_id == 0 && is_arabic ? arabic : western;
}

}  // namespace

Collation read_collation(ByteReader& in) {
    Collation collation;
    collation.info = in.u32();
    collation.sort_id = in.u8();
    return collation;
}

void write_collation(ByteWriter& out, const Collation& collation) {
    out.u32(collation.info);
    out.u8(collation.sort_id);
}

std::string decode_text(std::string_view bytes, const Collation& collation) {
    if ((collation.info & utf8_flag) == 0) {
        return code_page(collation).decode(bytes);
    }
    try {
        for (std::string_view rest = bytes; !rest.empty();) {
            take_code_point(rest);
        }
    } catch (const std::invalid_argument& error) {
        throw ProtocolError(error.what());
    }
    return std::string(bytes);
}

std::string encode_text(std::string_view utf8, const Collation& collation) {
    return (collation.info & utf8_flag) != 0 ? std::string(utf8) : code_page(collation).encode(utf8);
}

}  // namespace revsync::sim::tds
