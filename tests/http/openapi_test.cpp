#include "http/openapi.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "http/status_json.hpp"
#include "http/statuses.hpp"

namespace revsync::http {

namespace json = boost::json;

namespace {

// "#/components/…" in this document.
const json::value& resolved(const json::value& schema) {
    const json::value* reference = schema.as_object().if_contains("$ref");
    return reference ? openapi().at_pointer(std::string{reference->as_string().subview(1)}) : schema;
}

bool is_of_type(std::string_view type, const json::value& value) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "boolean" && value.is_bool()) ||
           (type == "null" && value.is_null()) || (type == "integer" && (value.is_int64() || value.is_uint64())) ||
           (type == "number" && value.is_number());
}

bool is_of_types(const json::value& types, const json::value& value) {
    return types.is_string() ? is_of_type(types.as_string(), value)
                             : std::ranges::any_of(types.as_array(), [&](const json::value& type) {
                                   return is_of_type(type.as_string(), value);
                               });
}

std::string broken_member(const json::object& schema, const json::object& value, const std::string& where) {
    if (const json::value* required = schema.if_contains("required")) {
        for (const json::value& name : required->as_array()) {
            if (!value.contains(name.as_string())) {
                return where + " lacks " + std::string{name.as_string()};
            }
        }
    }
    const json::value* properties = schema.if_contains("properties");
    const json::value* others = schema.if_contains("additionalProperties");
    for (const auto& [name, member] : value) {
        const json::value* known = properties ? properties->as_object().if_contains(name) : nullptr;
        const std::string place = where + "/" + std::string{name};
        std::string broken;
        if (known) {
            broken = broken_rule(*known, member, place);
        } else if (others && others->is_object()) {
            broken = broken_rule(*others, member, place);
        } else if (others) {
            broken = place + " is not described";
        }
        if (!broken.empty()) {
            return broken;
        }
    }
    return {};
}

std::string broken_value(std::string_view keyword, const json::value& rule, const json::value& value,
                         const std::string& where) {
    const std::string broken = where + " breaks " + std::string{keyword};
    if (keyword == "type") {
        return is_of_types(rule, value) ? "" : broken;
    }
    if (keyword == "const") {
        return rule == value ? "" : broken;
    }
    if (keyword == "enum") {
        return std::ranges::find(rule.as_array(), value) != rule.as_array().end() ? "" : broken;
    }
    if (keyword == "minimum") {
        return value.is_null() || value.to_number<double>() >= rule.to_number<double>() ? "" : broken;
    }
    if (keyword == "maximum") {
        return value.is_null() || value.to_number<double>() <= rule.to_number<double>() ? "" : broken;
    }
    if (keyword == "maxItems") {
        return value.as_array().size() <= rule.to_number<std::size_t>() ? "" : broken;
    }
    if (keyword == "format") {
        return value.is_null() || Timestamp::parse(value.as_string()) ? "" : broken;
    }
    if (keyword == "oneOf") {
        const auto fits = std::ranges::count_if(
            rule.as_array(), [&](const json::value& one) { return broken_rule(one, value, where).empty(); });
        return fits == 1 ? "" : broken;
    }
    if (keyword == "items") {
        for (const json::value& element : value.as_array()) {
            if (std::string inner = broken_rule(rule, element, where + "[]"); !inner.empty()) {
                return inner;
            }
        }
        return {};
    }
    const bool known = keyword == "description" || keyword == "examples" || keyword == "properties" ||
                       keyword == "required" || keyword == "additionalProperties";
    return known ? "" : where + " has an unknown keyword " + std::string{keyword};
}

template <class Visit>
void visit_objects(const json::value& value, const Visit& visit) {
    if (value.is_object()) {
        visit(value.as_object());
        for (const auto& member : value.as_object()) {
            visit_objects(member.value(), visit);
        }
    } else if (value.is_array()) {
        for (const json::value& element : value.as_array()) {
            visit_objects(element, visit);
        }
    }
}

json::value body_of(const Response& response) {
    return json::parse(response.body());
}

}  // namespace

std::string broken_rule(const json::value& schema, const json::value& value, const std::string& where) {
    const json::object& rules = resolved(schema).as_object();
    for (const auto& [keyword, rule] : rules) {
        if (std::string broken = broken_value(keyword, rule, value, where); !broken.empty()) {
            return broken;
        }
    }
    return value.is_object() ? broken_member(rules, value.as_object(), where) : std::string{};
}

namespace {

// What the daemon promises, until its own table can be asked.
RouteTable promised_routes() {
    return RouteTable{{{Verb::get, "/", Access::control, {}},
                       {Verb::get, "/metrics", Access::control, {}},
                       {Verb::get, "/health/live", Access::open, {}},
                       {Verb::get, "/health/ready", Access::open, {}},
                       {Verb::get, "/api/sync/status", Access::control, {}},
                       {Verb::post, "/api/sync/webhook", Access::webhook, {}},
                       {Verb::post, "/api/sync/queue-notify", Access::control, {}},
                       {Verb::post, "/api/sync/trigger", Access::control, {}},
                       {Verb::post, "/api/sync/manual-reverse-sync", Access::control, {}}}};
}

TEST(OpenApi, HasThePathsOfThePageForPeople) {
    std::ifstream file{REVSYNC_HTTP_PAGE};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    const RouteTable promised = promised_routes();
    for (const Route& route : promised.routes()) {
        const std::string row = "| `" + std::string{to_string(route.method)} + " " + route.path + "` |";
        EXPECT_NE(page.find(row), std::string::npos) << row;
    }
}

TEST(OpenApi, RefersOnlyToWhatIsThere) {
    visit_objects(openapi(), [](const json::object& object) {
        if (const json::value* reference = object.if_contains("$ref")) {
            json::error_code error;
            openapi().find_pointer(std::string{reference->as_string().subview(1)}, error);
            EXPECT_FALSE(error) << reference->as_string();
        }
    });
}

TEST(OpenApi, DescribesEveryStatusThatTheDaemonCanTell) {
    for (const revsync::Status& status :
         {in_step(), with_parked_rows(), sqlserver_down(), stream_stopped(), just_started(), not_configured(),
          draining_too(), with_stuck_queue(3), queue_unusable(), forward_stream_stopped(), standing_by(), hostile()}) {
        EXPECT_EQ(broken_rule("Status", status_json(status)), "");
        EXPECT_EQ(broken_rule("Ready", body_of(ready_response(status, std::chrono::seconds{60}))), "");
    }
}

TEST(OpenApi, PromisesWithEvery503WhenToTryAgain) {
    for (const auto& [path, operations] : openapi().at("paths").as_object()) {
        for (const auto& [method, operation] : operations.as_object()) {
            const json::value& unavailable = resolved(operation.at_pointer("/responses/503"));
            EXPECT_TRUE(unavailable.as_object().contains("headers") &&
                        unavailable.at("headers").as_object().contains("Retry-After"))
                << method << " " << path;
        }
    }
}

TEST(OpenApi, DescribesErrors) {
    EXPECT_EQ(broken_rule("Error", body_of(error_response(Status::not_found, "no such path"))), "");
}

TEST(OpenApi, WouldNoticeWhatItDoesNotDescribe) {
    json::value status = status_json(in_step());
    status.as_object()["secret"] = 1;
    EXPECT_EQ(broken_rule("Status", status), "Status/secret is not described");
    status = status_json(in_step());
    status.at("inbox").as_object().erase("limit");
    EXPECT_EQ(broken_rule("Status", status), "Status/inbox lacks limit");
    status = status_json(in_step());
    status.at("health") = "fine";
    EXPECT_EQ(broken_rule("Status", status), "Status/health breaks enum");
}

}  // namespace
}  // namespace revsync::http
