// What the routes for machines answer: /api/sync/status, /health/live and /health/ready. docs/openapi.json describes
// every member.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>

#include "http/message.hpp"
#include "sync/status.hpp"

namespace revsync::http {

// camelCase; times ISO-8601 UTC with milliseconds; what is not known is null. A key is a string that holds its JSON
// text, so that 64-bit numbers survive every reader.
boost::json::value status_json(const revsync::Status& status);
Response status_response(const revsync::Status& status);

// 200 while the process runs and answers.
Response live_response();

// {"ready": …, "ends": {"supabase": {"ready": …, "reason": …}, …}, "queue": {"ready": …, "reason": …}}: 200, or 503
// when an end is not configured, failed at its last request, or last answered longer ago than `recently`, or when SQL
// Server's queue has not been read yet or cannot be drained; null where it is not to be. The reason names no address
// and no table: everybody may ask.
Response ready_response(const revsync::Status& status, std::chrono::seconds recently);

}  // namespace revsync::http
