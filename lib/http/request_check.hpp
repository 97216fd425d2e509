// What is wrong with a request before any route looks at it, as the finished response.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "http/route.hpp"

namespace revsync::http {

// The path alone: without the query, and of "http://host/path" what follows the host (RFC 9112, 3.2.2).
std::string_view path_of(std::string_view target);

// For what Beast's parser would not read; `input` is what it stopped at. nullopt when there is nobody to answer:
// the connection ended or broke.
std::optional<Response> refuse_unreadable(const boost::system::error_code& error, std::string_view input);

// 400 without exactly one Host (RFC 9112, 3.2), 417 for an Expect other than 100-continue, 501 for a method or a
// transfer coding that nobody here knows.
std::optional<Response> refuse_header(const RequestHeader& header);

// 405 with Allow when the path knows other methods, else 404.
Response no_such_route(const RouteTable& routes, std::string_view path);

// How long a body is said to be.
struct BodyLength {
    std::optional<std::uint64_t> bytes;  // Content-Length
    bool chunked = false;
};

// 411 when a webhook does not say how long its body is (elsewhere no length is no body, RFC 9112, 6.3: `curl -X POST`
// sends none); 415 when a body is said to be something other than plain JSON. A body of unsaid type passes.
std::optional<Response> refuse_body(const Route& route, const RequestHeader& header, const BodyLength& length);

}  // namespace revsync::http
