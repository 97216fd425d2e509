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

asio::awaitable<Response> webhook(decltype(Controls::deliver) deliver, Request request) {
    auto event = http::parse_webhook(request.body());
    if (!event) {
        co_return http::error_response(event.error().status, event.error().text);
    }
    co_return answer_to(co_await deliver(std::move(*event)));
}

// One member per stream, named after it: the rows that are in step now.
void add_streams(json::object& body, const std::vector<StreamReport>& streams) {
    for (const StreamReport& stream : streams) {
        body[stream.stream] = stream.synced;
    }
}

json::object to_json(const CatchUpReport& report) {
    const Error* error = report.first_error();
    json::object body{{"success", error == nullptr}};
    add_streams(body, report.streams);
    body["durationMs"] = report.duration.count();
    if (error) {
        body["error"] = describe(*error);
    }
    return body;
}

json::object to_json(const DrainReport& report) {
    const Error* error = report.first_error();
    json::object body{{"success", error == nullptr}};
    add_streams(body, report.streams);
    body["failed"] = report.failed();
    if (report.counts) {
        body["pending"] = report.counts->pending;
    }
    body["durationMs"] = report.duration.count();
    if (error) {
        body["error"] = describe(*error);
    }
    return body;
}

Response result(const json::object& body) {
    const bool success = body.at("success").as_bool();
    return http::json_response(success ? HttpStatus::ok : HttpStatus::service_unavailable, body);
}

asio::awaitable<Response> catch_up(Controls controls) {
    const CatchUpReport report = co_await controls.catch_up();
    co_return result(to_json(report));
}

asio::awaitable<Response> drain(Controls controls) {
    const DrainReport report = co_await controls.drain();
    co_return result(to_json(report));
}

// SQL Server's queue first: what a newer edit in Supabase has won there is carried by the catch-up.
asio::awaitable<Response> both(Controls controls) {
    const DrainReport forward = co_await controls.drain();
    const CatchUpReport reverse = co_await controls.catch_up();
    const bool success = forward.first_error() == nullptr && reverse.first_error() == nullptr;
    json::object body{{"success", success}};
    body["sqlToPostgres"] = to_json(forward);
    body["postgresToSql"] = to_json(reverse);
    if (!success) {
        body["error"] = describe(forward.first_error() ? *forward.first_error() : *reverse.first_error());
    }
    co_return result(body);
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
        co_return co_await drain(std::move(controls));
    }
    if (direction && *direction == "both") {
        co_return co_await both(std::move(controls));
    }
    co_return http::error_response(HttpStatus::unprocessable_entity,
                                   R"("direction" must be "postgres-to-sql", "sql-to-postgres" or "both")");
}

// Whoever notifies may be a trigger in the middle of somebody's transaction: it does not wait for the drain.
asio::awaitable<Response> queue_notify(Controls controls) {
    if (const Result<void> notified = controls.notify(); !notified) {
        co_return http::error_response(HttpStatus::service_unavailable, describe(notified.error()));
    }
    co_return http::json_response(HttpStatus::ok, {{"success", true}});
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
         [deliver = controls.deliver](Request request) { return webhook(deliver, std::move(request)); }},
        {Verb::post, "/api/sync/queue-notify", Access::control,
         [controls](const Request&) { return queue_notify(controls); }},
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
