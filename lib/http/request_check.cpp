#include "http/request_check.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace revsync::http {

namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

namespace {

using Field = beast_http::field;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "application/json" and its kin, whatever the parameters.
bool is_json(std::string_view content_type) {
    const std::string_view type = trimmed(content_type.substr(0, content_type.find(';')));
    constexpr std::string_view suffix = "+json";
    return beast::iequals(type, "application/json") ||
           (type.size() > suffix.size() && beast::iequals(type.substr(type.size() - suffix.size()), suffix));
}

bool names_a_version(std::string_view input) {
    const std::string_view line = input.substr(0, input.find_first_of("\r\n"));
    const auto version = line.rfind(" HTTP/");
    return version != std::string_view::npos && version + 7 < line.size() && line[version + 6] >= '0' &&
           line[version + 6] <= '9' && line[version + 7] == '.';
}

}  // namespace

std::string_view path_of(std::string_view target) {
    if (const auto scheme = target.find("://"); scheme != std::string_view::npos && !target.starts_with('/')) {
        const auto path = target.find_first_of("/?#", scheme + 3);
        target = path == std::string_view::npos || target[path] != '/' ? "/" : target.substr(path);
    }
    return target.substr(0, target.find_first_of("?#"));
}

std::optional<Response> refuse_unreadable(const boost::system::error_code& error, std::string_view input) {
    if (error.category() != make_error_code(beast_http::error::bad_method).category() ||
        error == beast_http::error::end_of_stream || error == beast_http::error::partial_message) {
        return std::nullopt;
    }
    if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
        return error_response(Status::request_header_fields_too_large, "the request's header is too large");
    }
    if (error == beast_http::error::body_limit) {
        return error_response(Status::payload_too_large, "the request's body is too large");
    }
    if (error == beast_http::error::bad_version && names_a_version(input)) {
        return error_response(Status::http_version_not_supported, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    }
    return error_response(Status::bad_request, "this is not a well-formed HTTP request (" + error.message() + ")");
}

std::optional<Response> refuse_header(const RequestHeader& header) {
    const auto hosts = header.count(Field::host);
    if (hosts > 1 || (hosts == 0 && header.version() >= 11)) {
        return error_response(Status::bad_request, "a request needs one Host header");
    }
    if (header.method() == Verb::unknown) {
        return error_response(Status::not_implemented, "this method is not known here");
    }
    if (header.count(Field::transfer_encoding) > 0 &&
        !beast::iequals(trimmed(view(header[Field::transfer_encoding])), "chunked")) {
        return error_response(Status::not_implemented, "the only Transfer-Encoding known here is chunked");
    }
    if (header.count(Field::expect) > 0 && !beast::iequals(header[Field::expect], "100-continue")) {
        return error_response(Status::expectation_failed, "the only Expect known here is 100-continue");
    }
    return std::nullopt;
}

Response no_such_route(const RouteTable& routes, std::string_view path) {
    const std::string allowed = routes.allowed(path);
    if (allowed.empty()) {
        return error_response(Status::not_found, "there is nothing at this path");
    }
    Response response = error_response(Status::method_not_allowed, "this path answers " + allowed);
    response.set(Field::allow, allowed);
    return response;
}

std::optional<Response> refuse_body(const Route& route, const RequestHeader& header, const BodyLength& length) {
    if (route.access == Access::webhook && route.method == Verb::post && !length.bytes && !length.chunked) {
        return error_response(Status::length_required, "a webhook needs a Content-Length");
    }
    const bool has_body = length.chunked || length.bytes.value_or(0) > 0;
    const auto type = header.find(Field::content_type);
    const bool encoded =
        header.count(Field::content_encoding) > 0 && !beast::iequals(header[Field::content_encoding], "identity");
    if (has_body && (encoded || (type != header.end() && !is_json(view(type->value()))))) {
        return error_response(Status::unsupported_media_type,
                              "send the body as plain JSON, with Content-Type: application/json");
    }
    return std::nullopt;
}

}  // namespace revsync::http
