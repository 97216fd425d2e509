// Any header fields: "id \n timestamp \n signature \n body". Nothing is taken for signed unless our own key signed it.
#include <array>
#include <cstddef>
#include <cstdint>

#include "expect.hpp"
#include "http/webhook_signature.hpp"

namespace revsync::http {
namespace {

const SigningKey& key() {
    static const SigningKey known = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
    return known;
}

std::array<std::string_view, 4> parts(std::string_view input) {
    std::array<std::string_view, 4> result;
    for (auto& part : result) {
        part = &part == &result.back() ? input : input.substr(0, input.find('\n'));
        input.remove_prefix(std::min(part.size() + 1, input.size()));
    }
    return result;
}

void check_signatures(std::string_view field) {
    for (const auto signature : version_1_signatures(field)) {
        expect(signature.data() >= field.data() && signature.data() + signature.size() <= field.data() + field.size());
        expect(signature.starts_with("v1,") && signature.size() == 47 && signature.find(' ') == std::string_view::npos);
    }
}

void check(std::string_view input) {
    const auto [id, timestamp, field, body] = parts(input);
    const SignedHeader header{id, timestamp, field};
    check_signatures(field);
    const auto time = signed_at(header);
    if (time) {
        expect(*time >= Timestamp{} && id.size() <= webhook_id_most && field.size() <= webhook_signature_most);
    }
    const std::string right = key().sign(id, timestamp, body);
    expect(right.size() == 47);
    expect(is_signed({&key(), 1}, header, body) ==
           ((" " + std::string{field} + " ").find(" " + right + " ") != std::string::npos));
    const std::string with_right = std::string{field} + " " + right;
    expect(is_signed({&key(), 1}, {id, timestamp, with_right}, body));
    expect(!is_signed({&key(), 1}, {id, timestamp, right}, std::string{body} + "x"));
}

}  // namespace
}  // namespace revsync::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    revsync::http::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
