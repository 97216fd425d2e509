// Any body: it is read or refused, and what was read can be written down and read again as the same.
#include <cstddef>
#include <cstdint>

#include "core/raw_json.hpp"
#include "expect.hpp"
#include "http/webhook_payload.hpp"
#include "sync/webhook_event.hpp"

namespace revsync {
namespace {

std::string object(const JsonMembers& members) {
    std::string text = "{";
    for (const auto& [name, value] : members) {
        text += (text.size() > 1 ? "," : "") + quoted_json(name) + ":" + value;
    }
    return text + "}";
}

std::string written(const WebhookEvent& event) {
    const char* type = event.kind == WebhookEvent::Kind::insert   ? "INSERT"
                       : event.kind == WebhookEvent::Kind::update ? "UPDATE"
                                                                  : "DELETE";
    return std::string{R"({"type":")"} + type + R"(","schema":)" + quoted_json(event.schema) + R"(,"table":)" +
           quoted_json(event.table) + R"(,"record":)" + object(event.record) + R"(,"old_record":)" +
           object(event.old_record) + "}";
}

void check_key(const JsonMembers& row) {
    for (const auto& [name, value] : row) {
        const auto key = key_of(row, std::vector<KeyPair>{{name, name}});
        if (key.has_error()) {
            continue;
        }
        const auto parsed = RawJson::parse(*key);
        expect(parsed && parsed->is_array() && parsed->elements().size() == 1);
        expect(parsed->compact() == *key);
        const auto again =
            key_of({{name, std::string{parsed->elements().front().text()}}}, std::vector<KeyPair>{{name, name}});
        expect(again && *again == *key);
    }
}

void check(std::string_view body) {
    const auto event = http::parse_webhook(body);
    if (event.has_error()) {
        expect(event.error().status == http::Status::bad_request ||
               event.error().status == http::Status::unprocessable_entity);
        expect(!event.error().text.empty());
        return;
    }
    const auto again = http::parse_webhook(written(*event));
    expect(again.has_value() && again->kind == event->kind && again->schema == event->schema &&
           again->table == event->table && again->record == event->record && again->old_record == event->old_record);
    check_key(event->record);
    check_key(event->old_record);
}

}  // namespace
}  // namespace revsync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    revsync::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
