#include "http_routes.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <string>

#include "http/status_json.hpp"
#include "http/status_page.hpp"
#include "http/webhook_payload.hpp"

namespace revsync {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using http::Access;
using http::Request;
using http::Response;
using HttpStatus = http::Status;
using http::Verb;

// Longer than the pause between two looks of whoever watches, and than one light question takes.
constexpr std::chrono::seconds recently{60};

Response unavailable(std::string_view text, std::chrono::seconds retry_after) {
    Response response = http::error_response(HttpStatus::service_unavailable, text);
    response.set(boost::beast::http::field::retry_after, std::to_string(retry_after.count()));
    return response;
}

Response no_forward() {
    return http::error_response(HttpStatus::service_unavailable,
                                "the direction SQL Server → Supabase is not configured");
}

Response delivered(HttpStatus status, std::string_view outcome, const Delivery& delivery) {
    json::object body{{"success", true}, {"outcome", outcome}};
    if (!delivery.text.empty()) {
        body["detail"] = delivery.text;
    }
    return http::json_response(status, body);
}

Response answer_to(const Delivery& delivery) {
    switch (delivery.outcome) {
        case Delivery::Outcome::ignored:
            return delivered(HttpStatus::ok, "ignored", delivery);
        case Delivery::Outcome::committed:
            return delivered(HttpStatus::ok, "committed", delivery);
        case Delivery::Outcome::parked:
            return delivered(HttpStatus::ok, "parked", delivery);
        case Delivery::Outcome::accepted:
            return delivered(HttpStatus::accepted, "accepted", delivery);
        case Delivery::Outcome::rejected:
            return http::error_response(HttpStatus::unprocessable_entity, delivery.text);
        case Delivery::Outcome::refused:
            break;
    }
    return unavailable(delivery.text, delivery.retry_after);
}

asio::awaitable<Response> webhook(Controls controls, Request request) {
    auto event = http::parse_webhook(request.body());
    if (!event) {
        co_return http::error_response(event.error().status, event.error().text);
    }
    co_return answer_to(co_await controls.deliver(std::move(*event)));
}

asio::awaitable<Response> catch_up(Controls controls) {
    const CatchUpReport report = co_await controls.catch_up();
    const Error* error = report.first_error();
    json::object body{{"success", error == nullptr}};
    for (const StreamReport& stream : report.streams) {
        body[stream.stream] = stream.synced;
    }
    body["durationMs"] = report.duration.count();
    if (error) {
        body["error"] = describe(*error);
    }
    co_return http::json_response(error ? HttpStatus::service_unavailable : HttpStatus::ok, body);
}

asio::awaitable<Response> trigger(Controls controls, Request request) {
    boost::system::error_code unreadable;
    const json::value body = json::parse(request.body(), unreadable);
    if (unreadable) {
        co_return http::error_response(HttpStatus::bad_request, "the body is not JSON");
    }
    const json::value* direction = body.is_object() ? body.as_object().if_contains("direction") : nullptr;
    if (direction && *direction == "postgres-to-sql") {
        co_return co_await catch_up(std::move(controls));
    }
    if (direction && *direction == "sql-to-postgres") {
        co_return no_forward();
    }
    co_return http::error_response(HttpStatus::unprocessable_entity,
                                   R"("direction" must be "postgres-to-sql" or "sql-to-postgres")");
}

asio::awaitable<Response> queue_notify() {
    co_return no_forward();
}

asio::awaitable<Response> live() {
    co_return http::live_response();
}

// From the whole status to one of its faces.
asio::awaitable<Response> tell(Controls controls, std::function<Response(const Status&)> face) {
    const Status status = co_await controls.status();
    co_return face(status);
}

Response ready_face(const Status& status) {
    return http::ready_response(status, recently);
}

asio::awaitable<Response> metrics(Controls controls) {
    const Status status = co_await controls.status();
    co_return http::metrics_response(status, controls.process());
}

}  // namespace

std::vector<http::Route> http_routes(const Controls& controls) {
    const auto telling = [&controls](Response (*face)(const Status&)) {
        return [controls, face](const Request&) { return tell(controls, face); };
    };
    return {
        {Verb::post, "/api/sync/webhook", Access::webhook,
         [controls](Request request) { return webhook(controls, std::move(request)); }},
        {Verb::post, "/api/sync/queue-notify", Access::control, [](const Request&) { return queue_notify(); }},
        {Verb::post, "/api/sync/trigger", Access::control,
         [controls](Request request) { return trigger(controls, std::move(request)); }},
        {Verb::post, "/api/sync/manual-reverse-sync", Access::control,
         [controls](const Request&) { return catch_up(controls); }},
        {Verb::get, "/api/sync/status", Access::control, telling(http::status_response)},
        {Verb::get, "/health/live", Access::open, [](const Request&) { return live(); }},
        {Verb::get, "/health/ready", Access::open, telling(ready_face)},
        {Verb::get, "/metrics", Access::control, [controls](const Request&) { return metrics(controls); }},
        {Verb::get, "/", Access::control, telling(http::status_page_response)},
    };
}

}  // namespace revsync
