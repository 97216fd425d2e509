#include "http/webhook_payload.hpp"

#include <fmt/format.h>

#include <boost/json/error.hpp>
#include <map>

namespace revsync::http {
namespace {

using Members = std::map<std::string, RawJson>;

// Thrown inside this file only.
struct NoWebhook {
    std::string why;
};

std::string why_not_json(const boost::system::error_code& error) {
    if (error == boost::json::error::too_deep) {
        return fmt::format("the body is nested deeper than {} levels", RawJson::deepest);
    }
    return error == boost::json::error::incomplete ? "the body is JSON that ends too early"
                                                   : "the body is not JSON in UTF-8";
}

std::string required_text(const Members& members, const std::string& name) {
    const auto member = members.find(name);
    auto text = member == members.end() ? std::nullopt : member->second.string();
    if (!text || text->empty()) {
        throw NoWebhook{fmt::format("the body has no text '{}', as a database webhook has", name)};
    }
    return std::move(*text);
}

WebhookEvent::Kind kind_of(std::string_view type) {
    if (type == "INSERT") {
        return WebhookEvent::Kind::insert;
    }
    if (type == "UPDATE") {
        return WebhookEvent::Kind::update;
    }
    if (type == "DELETE") {
        return WebhookEvent::Kind::remove;
    }
    throw NoWebhook{"the body's 'type' is not INSERT, UPDATE or DELETE"};
}

JsonMembers row(const Members& members, const std::string& name, bool required) {
    const auto member = members.find(name);
    if (member == members.end() || member->second.is_null()) {
        if (required) {
            throw NoWebhook{fmt::format("the body has no '{}', which names the row", name)};
        }
        return {};
    }
    if (!member->second.is_object()) {
        throw NoWebhook{fmt::format("the body's '{}' is not an object", name)};
    }
    return member->second.member_texts();
}

WebhookEvent read(const RawJson& document) {
    if (!document.is_object()) {
        throw NoWebhook{"the body is not an object, as a database webhook is"};
    }
    const Members members = document.members();
    WebhookEvent event;
    event.kind = kind_of(required_text(members, "type"));
    event.schema = required_text(members, "schema");
    event.table = required_text(members, "table");
    const bool removed = event.kind == WebhookEvent::Kind::remove;
    event.record = row(members, "record", !removed);
    event.old_record = row(members, "old_record", removed);
    return event;
}

}  // namespace

boost::system::result<WebhookEvent, PayloadProblem> parse_webhook(std::string_view body) {
    const auto document = RawJson::parse(body);
    if (document.has_error()) {
        return PayloadProblem{Status::bad_request, why_not_json(document.error())};
    }
    try {
        return read(*document);
    } catch (NoWebhook& problem) {
        return PayloadProblem{Status::unprocessable_entity, std::move(problem.why)};
    }
}

}  // namespace revsync::http
