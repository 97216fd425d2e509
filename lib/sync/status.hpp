// How the daemon is, as data: what the status routes, the metrics and the status page tell of. It holds keys, times,
// counts and error texts, never a row's values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/timestamp.hpp"
#include "mapping/stream.hpp"
#include "sync/ends.hpp"
#include "sync/forward_ends.hpp"

namespace revsync {

// One of the two databases.
struct EndStatus {
    std::string name;  // "supabase", "sqlserver"
    bool configured = false;
    std::size_t connections = 0;           // open now
    std::optional<Timestamp> last_answer;  // the last request that it answered
    std::optional<Error> error;            // of the last request; none once one has succeeded again
};

// Rows since the daemon started. `found` counts rows that were seen as changed, `changed` those that the target did
// not have before: a row that a webhook brought first is found by the next poll, but not changed by it.
struct Counts {
    std::uint64_t found = 0;
    std::uint64_t changed = 0;
    std::uint64_t failed = 0;  // attempts that ended with the row parked
};

// An error that may be over.
struct PastError {
    Error error;
    Timestamp at;
};

// A stream from SQL Server to Supabase is brought by the queue alone: it has no position, and nothing of it is parked.
struct StreamStatus {
    std::string name;  // unique among those of its direction
    Direction direction = Direction::reverse;
    std::optional<Timestamp> position;  // everything up to here is in the target, or parked
    std::optional<Timestamp> last_ok;   // the end of the last run that left nothing unread
    std::size_t parked = 0;
    Counts poll;
    Counts webhook;
    Counts queue;
    // Columns that both sides had edited, by whose edit was the newer one.
    std::uint64_t won_by_supabase = 0;
    std::uint64_t won_by_sqlserver = 0;
    std::optional<Error> error;           // why it does not run now
    std::optional<PastError> last_error;  // why it last did not run, also when it runs again
};

struct InboxStatus {
    std::size_t waiting = 0;          // keys not yet applied
    std::size_t limit = 0;            // how many may wait
    std::uint64_t received = 0;       // webhooks since the start
    std::uint64_t coalesced = 0;      // that found their key waiting already
    std::uint64_t ignored = 0;        // of no stream, or filtered out
    std::uint64_t committed = 0;      // answered after the commit (200)
    std::uint64_t accepted = 0;       // answered before it (202)
    std::uint64_t refused = 0;        // an end down or the inbox full (503)
    std::uint64_t parked = 0;         // answered after the target had refused the row
    std::uint64_t rejected = 0;       // that could not be used
    std::uint64_t batches = 0;        // written
    std::optional<Timestamp> latest;  // the last webhook
};

// SQL Server's queue and what drains it.
struct QueueStatus {
    bool draining = false;              // at this moment
    bool standing_by = false;           // another daemon holds the queue
    std::optional<QueueCounts> counts;  // when it was last asked
    std::optional<Timestamp> counted_at;
    std::optional<Timestamp> last_ok;     // the end of the last drain that left nothing undone but failed items
    std::optional<Timestamp> next_check;  // when the queue is looked at next, unless somebody notifies
    std::optional<Error> error;           // why it is not drained now
};

// Something that a person may want to know of, said in one line.
struct ActivityEvent {
    enum class Kind { started, caught_up, received, sent, parked, released, refused, failed, recovered, settled };

    Timestamp at;
    Kind kind = Kind::started;
    std::string text;
};

struct Status {
    std::string version;
    Timestamp now;
    Timestamp started;
    bool polling = false;      // the periodic poll is enabled and both ends are configured
    std::string why_not;       // otherwise the reason, as the log has it
    bool catching_up = false;  // at this moment
    std::optional<Timestamp> last_poll;
    std::optional<Timestamp> next_poll;
    std::chrono::milliseconds last_duration{0};
    std::vector<EndStatus> ends;
    std::vector<StreamStatus> streams;
    std::vector<ParkedRow> parked;  // at most parked_shown, those that failed last first
    InboxStatus inbox;
    std::optional<QueueStatus> queue;   // none: SQL Server's queue is not drained
    std::string why_not_drained;        // then the reason, as the log has it
    std::vector<ActivityEvent> events;  // at most events_kept, the newest first

    static constexpr std::size_t parked_shown = 100;
    static constexpr std::size_t events_kept = 20;
};

}  // namespace revsync
