#include "http/message.hpp"

#include <boost/json/serialize.hpp>
#include <chrono>
#include <string>

namespace revsync::http {

namespace beast_http = boost::beast::http;

namespace {

constexpr std::chrono::seconds retry_after{5};

}  // namespace

Response json_response(Status status, const boost::json::value& body) {
    Response response;
    response.result(status);
    response.set(beast_http::field::content_type, "application/json; charset=utf-8");
    response.set(beast_http::field::cache_control, "no-store");
    if (status == Status::service_unavailable) {
        response.set(beast_http::field::retry_after, std::to_string(retry_after.count()));
    }
    response.body() = boost::json::serialize(body);
    return response;
}

Response error_response(Status status, std::string_view text) {
    return json_response(status, {{"success", false}, {"error", text}});
}

}  // namespace revsync::http
