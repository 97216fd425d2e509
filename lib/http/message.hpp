// Requests and responses as the routes see them, and how an error is told.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace revsync::http {

using Status = boost::beast::http::status;
using Verb = boost::beast::http::verb;
using RequestHeader = boost::beast::http::request_header<>;  // method, target and fields; a Request is one
using Request = boost::beast::http::request<boost::beast::http::string_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;

// Who asks: the other end of the connection, which behind a tunnel or a reverse proxy is only the proxy.
struct Peer {
    boost::asio::ip::address address;
    bool encrypted = false;
};

// The listener fills in what HTTP needs: version, connection, length, date. `body` is compact JSON. With a 503 goes
// Retry-After: 5 seconds, where the caller knows no better and sets another.
Response json_response(Status status, const boost::json::value& body);

// {"success": false, "error": text}. `text` follows the rules of Error::text: no row values, no secrets.
Response error_response(Status status, std::string_view text);

}  // namespace revsync::http
