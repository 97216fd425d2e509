#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "sync/webhook_event.hpp"

namespace revsync::http {

// Why a body is no webhook. `text` follows the rules of Error::text.
struct PayloadProblem {
    Status status = Status::bad_request;  // 400: not JSON; 422: JSON, but no webhook
    std::string text;
};

// Reads the body of a database webhook (https://supabase.com/docs/guides/database/webhooks):
//
//   {"type": "INSERT" | "UPDATE" | "DELETE", "schema": "public", "table": "aligner_notes",
//    "record": {…} | null, "old_record": {…} | null}
//
// The row may be whole or only its key: `record` for INSERT and UPDATE, `old_record` for DELETE. Other members are
// ignored, of a repeated one the last counts. Values stay as they are written, numbers of any size included; nothing is
// nested deeper than RawJson::deepest.
boost::system::result<WebhookEvent, PayloadProblem> parse_webhook(std::string_view body);

}  // namespace revsync::http
