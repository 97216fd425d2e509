#include "config/webhook_secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "config/settings.hpp"
#include "core/base64.hpp"

namespace revsync {
namespace {

constexpr std::string_view signing_prefix = "whsec_";

bool is_visible(char c) {
    return c > ' ' && c <= '~';
}

bool signs(const std::string& secret) {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme"
    constexpr std::size_t least_bytes = 24;
    constexpr std::size_t most_bytes = 64;
    const auto key = decode_base64(std::string_view{secret}.substr(signing_prefix.size()));
    return key && key->size() >= least_bytes && key->size() <= most_bytes;
}

}  // namespace

std::vector<Secret> webhook_secrets(std::string_view text) {
    constexpr std::string_view separators = " ,\t";
    std::vector<Secret> secrets;
    while (!text.empty()) {
        const auto length = std::min(text.find_first_of(separators), text.size());
        if (length > 0) {
            secrets.emplace_back(std::string{text.substr(0, length)});
        }
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return secrets;
}

std::optional<std::string> webhook_secrets_problem(const std::vector<Secret>& secrets) {
    if (secrets.empty() || secrets.size() > webhook_secrets_most) {
        return fmt::format("1 to {} secrets separated by blanks or commas", webhook_secrets_most);
    }
    for (const Secret& secret : secrets) {
        const std::string& text = secret.reveal();
        if (text.starts_with(signing_prefix) && !signs(text)) {
            return "whsec_ to be followed by the base64 of 24 to 64 bytes (openssl rand -base64 32 makes them)";
        }
        if (text.size() < webhook_secret_least || !std::ranges::all_of(text, is_visible)) {
            return fmt::format("each secret to have at least {} characters, letters, digits and signs of ASCII only",
                               webhook_secret_least);
        }
    }
    return std::nullopt;
}

bool is_loopback(std::string_view host) {
    constexpr std::string_view local = "localhost";
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string{host}, error);
    return error ? std::ranges::equal(host, local, {}, lower, lower) : address.is_loopback();
}

}  // namespace revsync
