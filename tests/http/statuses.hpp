// Made-up states of the daemon, ordinary and odd, for everything that shows a Status.
#pragma once

#include <chrono>
#include <string>

#include "sync/status.hpp"

namespace revsync::http {

inline constexpr Timestamp noon = Timestamp::from_microseconds(1'737'460'800'000'000);  // 2025-01-21T12:00:00Z

inline StreamStatus stream(std::string name) {
    using namespace std::chrono_literals;
    StreamStatus stream;
    stream.name = std::move(name);
    stream.position = noon - 61s;
    stream.last_ok = noon - 60s;
    return stream;
}

// Both ends answer, two streams, nothing parked.
inline revsync::Status in_step() {
    using namespace std::chrono_literals;
    revsync::Status status;
    status.version = "0.1.0";
    status.now = noon;
    status.started = noon - 25h;
    status.polling = true;
    status.last_poll = noon - 60s;
    status.next_poll = noon + 59min;
    status.last_duration = 34ms;
    status.ends = {{"supabase", true, 1, noon - 12s, {}}, {"sqlserver", true, 2, noon - 12s, {}}};
    status.streams = {stream("notes"), stream("batches")};
    status.streams[0].poll = {.found = 9, .changed = 3, .failed = 0};
    status.streams[0].webhook = {.found = 10, .changed = 9, .failed = 0};
    status.inbox = {.waiting = 0,
                    .limit = 10'000,
                    .received = 14,
                    .coalesced = 2,
                    .ignored = 1,
                    .committed = 12,
                    .accepted = 1,
                    .refused = 0,
                    .batches = 8,
                    .latest = noon - 12s};
    status.events = {{noon - 12s, ActivityEvent::Kind::received, "notes: 1 row by webhook"},
                     {noon - 25h, ActivityEvent::Kind::started, "started"}};
    return status;
}

// Both directions, and the queue is empty.
inline revsync::Status draining_too() {
    using namespace std::chrono_literals;
    revsync::Status status = in_step();
    StreamStatus notes = stream("notes");
    notes.direction = Direction::forward;
    notes.position.reset();
    notes.queue = {.found = 8, .changed = 5, .failed = 1};
    notes.won_by_supabase = 2;
    notes.won_by_sqlserver = 1;
    status.streams.push_back(std::move(notes));
    status.queue.emplace();
    status.queue->counts.emplace();
    status.queue->counted_at = noon - 10s;
    status.queue->last_ok = noon - 3h;
    status.queue->next_check = noon + 5s;
    return status;
}

// Items wait that should have arrived long ago, and others have failed for good.
inline revsync::Status with_stuck_queue(std::uint64_t failed) {
    using namespace std::chrono_literals;
    revsync::Status status = draining_too();
    status.queue->counts->pending = 7;
    status.queue->counts->failed = failed;
    status.queue->counts->oldest_pending = noon - 20min;
    return status;
}

inline revsync::Status queue_unusable() {
    revsync::Status status = draining_too();
    status.queue->error = Error{Disposition::stream, "sqlserver 208", "table dbo.SyncQueue is missing", false};
    return status;
}

inline revsync::Status forward_stream_stopped() {
    revsync::Status status = with_stuck_queue(3);
    status.streams.back().error = Error{Disposition::stream, "postgres 42501",
                                        "permission denied for table aligner_notes; grant INSERT and UPDATE", false};
    return status;
}

inline revsync::Status standing_by() {
    revsync::Status status = draining_too();
    status.queue->standing_by = true;
    return status;
}

inline ParkedRow parked(std::string stream, std::string key, std::string code, std::string text) {
    using namespace std::chrono_literals;
    return {std::move(stream), std::move(key), std::move(code), std::move(text), noon - 4h, noon - 3h, noon - 60s, 4};
}

inline revsync::Status with_parked_rows() {
    revsync::Status status = in_step();
    status.streams[0].parked = 2;
    status.streams[0].poll.failed = 8;
    status.parked = {parked("notes", "[9007199254740993]", "sqlserver 547",
                            "the set of the note is not in SQL Server yet; it is tried again at every poll"),
                     parked("notes", "[12]", "", "number 12 belongs to a row of the other side")};
    return status;
}

inline revsync::Status sqlserver_down() {
    using namespace std::chrono_literals;
    revsync::Status status = in_step();
    status.ends[1].connections = 0;
    status.ends[1].last_answer = noon - 14min;
    status.ends[1].error = Error{Disposition::retry, "sqlserver 20009",
                                 "cannot connect to 192.0.2.10, port 1433; is SQL Server running?", true};
    status.inbox.refused = 40;
    return status;
}

inline revsync::Status stream_stopped() {
    using namespace std::chrono_literals;
    revsync::Status status = in_step();
    status.streams[1].error = Error{Disposition::stream, "sqlserver 207",
                                    "dbo.tblAlignerBatches has no column Days; add it or change the mapping", false};
    status.streams[1].last_error = PastError{*status.streams[1].error, noon - 60s};
    return status;
}

inline revsync::Status just_started() {
    revsync::Status status = in_step();
    status.catching_up = true;
    status.last_poll.reset();
    status.ends[0].last_answer.reset();
    status.ends[1].last_answer.reset();
    for (StreamStatus& stream : status.streams) {
        stream.last_ok.reset();
        stream.position.reset();
    }
    status.inbox = InboxStatus{};
    status.inbox.limit = 10'000;
    status.events.clear();
    return status;
}

inline revsync::Status not_configured() {
    revsync::Status status;
    status.version = "0.1.0";
    status.now = noon;
    status.started = noon;
    status.why_not = "⏭️  Supabase not configured - periodic reverse sync disabled";
    status.ends = {{"supabase", false, 0, {}, {}}, {"sqlserver", true, 0, {}, {}}};
    return status;
}

// Everything that could break a page: markup, Arabic, long words, as many rows and events as there can be.
inline revsync::Status hostile() {
    using namespace std::chrono_literals;
    revsync::Status status = sqlserver_down();
    status.streams.push_back(stream("<b>ملاحظات الطبيب</b>"));
    status.streams.push_back(stream("a_stream_with_a_name_" + std::string(120, 'x')));
    for (std::size_t i = 0; i < revsync::Status::parked_shown; ++i) {
        status.parked.push_back(parked("<b>ملاحظات الطبيب</b>", "[\"" + std::string(i, 'k') + "\",9223372036854775807]",
                                       "sqlserver 547", "<script>alert(1)</script> & \"quoted\" 'text'"));
    }
    status.streams[2].parked = 10'000;
    status.streams.push_back(stream("<b>ملاحظات الطبيب</b>"));
    status.streams.back().direction = Direction::forward;
    status.streams.back().error = Error{Disposition::stream, "postgres 42501", std::string(200, 'z') + " <b>", false};
    status.queue.emplace();
    status.queue->counts = QueueCounts{.pending = 9'007'199'254'740'991,
                                       .failed = 9'007'199'254'740'991,
                                       .oldest_pending = noon - 90min,
                                       .next_due = {}};
    status.queue->error =
        Error{Disposition::retry, "sqlserver 20009", "تعذر <img src=x> " + std::string(200, 'q'), true};
    status.events.clear();
    for (std::size_t i = 0; i < revsync::Status::events_kept; ++i) {
        status.events.push_back({noon - i * 1min, ActivityEvent::Kind::failed,
                                 i % 2 == 0 ? "تعذر الوصول إلى SQL Server <img src=x onerror=alert(1)>"
                                            : "notes stopped: " + std::string(200, 'y')});
    }
    return status;
}

}  // namespace revsync::http
