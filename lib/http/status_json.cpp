#include "http/status_json.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "http/standing.hpp"

namespace revsync::http {

namespace json = boost::json;

namespace {

json::value to_json(const std::optional<Timestamp>& time) {
    return time ? json::value(time->iso_milliseconds()) : json::value(nullptr);
}

json::value to_json(const std::optional<Error>& error) {
    if (!error) {
        return nullptr;
    }
    return {{"text", error->text}, {"code", error->code}, {"disposition", to_string(error->disposition)}};
}

json::value to_json(const std::optional<PastError>& past) {
    if (!past) {
        return nullptr;
    }
    json::value json = to_json(std::optional{past->error});
    json.as_object()["at"] = past->at.iso_milliseconds();
    return json;
}

json::value to_json(const Counts& counts) {
    return {{"found", counts.found}, {"changed", counts.changed}, {"failed", counts.failed}};
}

// The words of POST /api/sync/trigger.
std::string_view direction(const StreamStatus& stream) {
    return stream.direction == Direction::reverse ? "postgres-to-sql" : "sql-to-postgres";
}

json::value lag_seconds(const std::optional<Timestamp>& position, Timestamp now) {
    if (!position) {
        return nullptr;
    }
    const auto lag = std::chrono::floor<std::chrono::seconds>(now - *position);
    return std::max<std::int64_t>(lag.count(), 0);
}

json::value to_json(const EndStatus& end) {
    return {{"name", end.name},
            {"configured", end.configured},
            {"connections", end.connections},
            {"lastAnswerAt", to_json(end.last_answer)},
            {"error", to_json(end.error)}};
}

json::value to_json(const StreamStatus& stream, Timestamp now) {
    return {{"stream", stream.name},
            {"direction", direction(stream)},
            {"position", stream.position ? json::value(stream.position->iso_microseconds()) : json::value(nullptr)},
            {"lagSeconds", lag_seconds(stream.position, now)},
            {"lastCompleteAt", to_json(stream.last_ok)},
            {"parked", stream.parked},
            {"poll", to_json(stream.poll)},
            {"webhook", to_json(stream.webhook)},
            {"queue", to_json(stream.queue)},
            {"conflicts", {{"supabase", stream.won_by_supabase}, {"sqlserver", stream.won_by_sqlserver}}},
            {"error", to_json(stream.error)},
            {"lastError", to_json(stream.last_error)}};
}

json::value to_json(const ParkedRow& row) {
    return {{"stream", row.stream},
            {"key", row.key},
            {"error", {{"text", row.error_text}, {"code", row.error_code}}},
            {"attempts", row.attempts},
            {"changedAt", row.changed_at.iso_milliseconds()},
            {"firstFailedAt", row.first_failed.iso_milliseconds()},
            {"lastFailedAt", row.last_failed.iso_milliseconds()}};
}

json::value to_json(const InboxStatus& inbox) {
    return {{"waiting", inbox.waiting},     {"limit", inbox.limit},     {"received", inbox.received},
            {"coalesced", inbox.coalesced}, {"ignored", inbox.ignored}, {"committed", inbox.committed},
            {"accepted", inbox.accepted},   {"refused", inbox.refused}, {"parked", inbox.parked},
            {"rejected", inbox.rejected},   {"batches", inbox.batches}, {"lastAt", to_json(inbox.latest)}};
}

std::string_view kind(ActivityEvent::Kind kind) {
    using Kind = ActivityEvent::Kind;
    switch (kind) {
        case Kind::started:
            return "started";
        case Kind::caught_up:
            return "caught_up";
        case Kind::received:
            return "received";
        case Kind::sent:
            return "sent";
        case Kind::parked:
            return "parked";
        case Kind::released:
            return "released";
        case Kind::refused:
            return "refused";
        case Kind::failed:
            return "failed";
        case Kind::recovered:
            return "recovered";
        case Kind::settled:
            return "settled";
    }
    return "unknown";
}

json::value to_json(const ActivityEvent& event) {
    return {{"at", event.at.iso_milliseconds()}, {"kind", kind(event.kind)}, {"text", event.text}};
}

template <class Range, class... Context>
json::array array_of(const Range& range, const Context&... context) {
    json::array array;
    for (const auto& element : range) {
        array.push_back(to_json(element, context...));
    }
    return array;
}

json::value polling(const revsync::Status& status) {
    return {{"enabled", status.polling},
            {"reason", status.polling ? json::value(nullptr) : json::value(status.why_not)},
            {"running", status.catching_up},
            {"lastPollAt", to_json(status.last_poll)},
            {"nextPollAt", to_json(status.next_poll)},
            {"lastDurationMs", status.last_duration.count()}};
}

json::value queue(const revsync::Status& status) {
    const QueueStatus now = status.queue.value_or(QueueStatus{});
    const QueueCounts counts = now.counts.value_or(QueueCounts{});
    const auto counted = [&](std::uint64_t count) { return now.counts ? json::value(count) : json::value(nullptr); };
    return {{"enabled", status.queue.has_value()},
            {"reason", status.queue ? json::value(nullptr) : json::value(status.why_not_drained)},
            {"draining", now.draining},
            {"standingBy", now.standing_by},
            {"pending", counted(counts.pending)},
            {"failed", counted(counts.failed)},
            {"oldestPendingAt", to_json(counts.oldest_pending)},
            {"countedAt", to_json(now.counted_at)},
            {"lastCompleteAt", to_json(now.last_ok)},
            {"nextCheckAt", to_json(now.next_check)},
            {"error", to_json(now.error)}};
}

// How much each way has brought that the target did not have.
json::value recovered(const revsync::Status& status) {
    std::uint64_t poll = 0;
    std::uint64_t webhook = 0;
    for (const StreamStatus& stream : status.streams) {  // those from SQL Server add nothing
        poll += stream.poll.changed;
        webhook += stream.webhook.changed;
    }
    const std::uint64_t all = poll + webhook;
    const json::value share =
        all == 0 ? json::value(nullptr) : json::value(static_cast<double>(webhook) / static_cast<double>(all));
    return {{"poll", poll}, {"webhook", webhook}, {"webhookShare", share}};
}

// Why an end cannot be relied on now; empty when it can. Everybody may read it: no address, no name, only the code.
std::string reason(const EndStatus& end, Timestamp now, std::chrono::seconds recently) {
    if (!end.configured) {
        return "not configured";
    }
    if (end.error) {
        const std::string_view what = end.error->connection_lost ? "cannot be reached" : "cannot be used";
        return end.error->code.empty() ? std::string{what} : fmt::format("{} ({})", what, end.error->code);
    }
    if (!end.last_answer) {
        return "has not answered yet";
    }
    return now - *end.last_answer > recently ? "last answered " + ago(*end.last_answer, now) : "";
}

// The same of the queue. Failed items and a table that cannot be written leave it at work, and whoever stands by is
// ready to take over. That SQL Server itself has answered recently is its end's to say.
std::string reason(const QueueStatus& queue) {
    if (queue.error && queue.error->disposition != Disposition::stream) {
        return queue.error->code.empty() ? "cannot be drained"
                                         : fmt::format("cannot be drained ({})", queue.error->code);
    }
    return queue.counts || queue.standing_by || queue.error ? "" : "has not answered yet";
}

json::object readiness(const std::string& why) {
    return {{"ready", why.empty()}, {"reason", why.empty() ? json::value(nullptr) : json::value(why)}};
}

}  // namespace

json::value status_json(const revsync::Status& status) {
    const Standing now = standing(status);
    return {{"inStep", now.health == Health::in_step},
            {"health", to_string(now.health)},
            {"headline", now.headline},
            {"version", status.version},
            {"at", status.now.iso_milliseconds()},
            {"startedAt", status.started.iso_milliseconds()},
            {"polling", polling(status)},
            {"ends", array_of(status.ends)},
            {"streams", array_of(status.streams, status.now)},
            {"recovered", recovered(status)},
            {"parkedRows", parked_rows(status)},
            {"parked", array_of(status.parked)},
            {"inbox", to_json(status.inbox)},
            {"queue", queue(status)},
            {"events", array_of(status.events)}};
}

Response status_response(const revsync::Status& status) {
    return json_response(Status::ok, status_json(status));
}

Response live_response() {
    return json_response(Status::ok, {{"live", true}});
}

Response ready_response(const revsync::Status& status, std::chrono::seconds recently) {
    bool ready = !status.ends.empty();
    json::object ends;
    for (const EndStatus& end : status.ends) {
        const std::string why = reason(end, status.now, recently);
        ready = ready && why.empty();
        ends[end.name] = readiness(why);
    }
    json::value queue(nullptr);
    if (status.queue) {
        const std::string why = reason(*status.queue);
        ready = ready && why.empty();
        queue = readiness(why);
    }
    return json_response(ready ? Status::ok : Status::service_unavailable,
                         {{"ready", ready}, {"ends", std::move(ends)}, {"queue", std::move(queue)}});
}

}  // namespace revsync::http
