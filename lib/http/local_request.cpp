#include "http/local_request.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>

#include "config/webhook_secrets.hpp"

namespace revsync::http {
namespace {

using boost::beast::iequals;
using boost::beast::http::field;

constexpr auto proxy_fields = std::to_array<std::string_view>(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "cf-ray", "cdn-loop",
     "x-original-host", "x-envoy-external-address", "tailscale-user-login", "ngrok-trace-id"});

bool came_through_a_proxy(const RequestHeader& header) {
    constexpr std::string_view forwarded = "x-forwarded";
    constexpr unsigned http_1_1 = 11;
    return header.version() < http_1_1 || std::ranges::any_of(header, [&](const auto& sent) {
               const std::string_view name = sent.name_string();
               return iequals(name.substr(0, forwarded.size()), forwarded) ||
                      std::ranges::any_of(proxy_fields, [&](auto known) { return iequals(name, known); });
           });
}

// "localhost" of "localhost:3000", "::1" of "[::1]:3000".
std::string_view host_name(std::string_view authority) {
    if (authority.starts_with('[')) {
        return authority.substr(1, authority.find(']') - 1);
    }
    return authority.substr(0, authority.find(':'));
}

}  // namespace

bool is_local(const RequestHeader& header, const Peer& peer) {
    return peer.address.is_loopback() && is_loopback(host_name(header[field::host])) && !came_through_a_proxy(header);
}

bool is_cross_site(const RequestHeader& header) {
    if (header.method() == Verb::get || header.method() == Verb::head) {
        return false;
    }
    const std::string_view site = header["sec-fetch-site"];
    if (!site.empty() && site != "same-origin" && site != "none") {
        return true;
    }
    const std::string_view origin = header[field::origin];
    const auto scheme_end = origin.find("://");
    return !origin.empty() &&
           (scheme_end == std::string_view::npos || !iequals(origin.substr(scheme_end + 3), header[field::host]));
}

}  // namespace revsync::http
