// The other direction's ends: the queue that SQL Server's triggers fill, and a target in Postgres that takes a page of
// it in one transaction.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/change.hpp"
#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "sync/ends.hpp"

namespace revsync {

// One queued edit. `change.changed_at` is when the edit was made, on the target's clock.
struct QueueItem {
    std::int64_t id = 0;  // order of the edits of one row; not the order of their commits
    const Stream* stream = nullptr;
    Change change;
    // Which shared columns the edit concerned, by their names in the target, and when; where that is unknown, all of
    // them. Of two items under one key each column's later time counts, also when only one of them is applied.
    std::map<std::string, Timestamp> edited;
    std::size_t attempts = 0;
    // Cannot be applied: no stream of that name, unreadable data (row); its table cannot be read at all, which is no
    // fault of the item and costs it no attempt (stream); its row is held up, as in ForwardApplied, and comes with a
    // later page (retry).
    std::optional<Error> error;
};

struct QueuePage {
    std::vector<QueueItem> items;  // in the order of their ids
    bool more = false;
};

struct QueueVerdict {
    std::int64_t id = 0;
    std::optional<Error> error;  // none: synced
};

struct QueueCounts {
    std::uint64_t pending = 0;
    std::uint64_t failed = 0;
    std::optional<Timestamp> oldest_pending;
    std::optional<Timestamp> next_due;  // when an item's backoff ends; none while nothing waits
};

// dbo.SyncQueue. One request at a time, and one daemon at a time: whoever does not hold the queue's lock gets the
// code queue_in_use (disposition retry) and has changed nothing.
class Queue {
public:
    static constexpr const char* in_use = "queue in use";

    virtual ~Queue() = default;

    // Items that are due, at most `limit`, behind `after`. What an item carries counts at its first attempt, and only
    // while no newer item of its row waits: otherwise it comes with the present row, or as a removal.
    virtual boost::asio::awaitable<Result<QueuePage>> read(std::size_t limit, std::int64_t after) = 0;
    // Whether the lock has been held ever since the last page was read: if not, another daemon may have written newer
    // items of its rows. Takes the lock for nobody. Error (retry): it is lost.
    virtual boost::asio::awaitable<Result<void>> still_held() = 0;
    // Settles exactly these rows, in one transaction. A row that failed counts an attempt and keeps the error's text;
    // at the limit it ends as Failed.
    virtual boost::asio::awaitable<Result<void>> settle(std::vector<QueueVerdict> verdicts) = 0;
    // Whether anything is due, by one light query.
    virtual boost::asio::awaitable<Result<bool>> anything_due() = 0;
    virtual boost::asio::awaitable<Result<QueueCounts>> counts() = 0;
    // Deletes synced rows older than `age`, at most `limit`; returns how many.
    virtual boost::asio::awaitable<Result<std::size_t>> purge(std::chrono::hours age, std::size_t limit) = 0;
};

// A stream, and the reverse stream that reads the table which it fills; null: nobody does.
struct ForwardPair {
    const Stream* stream = nullptr;
    const Stream* reader = nullptr;
};

// What the target has to know of the reader to write a table. Without a reader nothing of it counts.
struct ReverseView {
    Timestamp delivered_until;  // its cursor
    std::set<Key> undelivered;  // parked: SQL Server never received them
    std::vector<Echo> echoes;   // of the keys in hand
    // Of the keys in hand: the edit that SQL Server has received ahead of the cursor.
    std::map<Key, Timestamp> delivered{};
};

struct ForwardBatch {
    ForwardPair pair;
    std::vector<const QueueItem*> items;  // one per key, none with an error; they outlive the call
    ReverseView reverse;
};

struct ForwardApplied {
    std::vector<std::size_t> changed;                     // rows inserted, updated or removed, one count per batch
    std::vector<std::pair<std::int64_t, Error>> refused;  // by item id, disposition row; the others are in the target
    std::vector<SettledConflict> conflicts;
    // Nothing was written, for somebody holds a row for too long, or all of it takes too long: less at once may do.
    std::optional<Error> held_up{};
};

// Called between writing and committing, while the written rows are locked, with the echoes that the writes made; not
// when nothing was written. What it returns in error rolls everything back.
using BeforeCommit = std::function<boost::asio::awaitable<Result<void>>(std::vector<Echo>)>;

class ForwardSink {
public:
    virtual ~ForwardSink() = default;

    // Makes sure that the target can be reached and that the streams, and those that read the same tables, fit it: one
    // result per pair. All pairs of the mapping belong into one call. Costs nothing while connected and nothing has
    // failed since. The outer error: not reachable.
    virtual boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<ForwardPair> pairs) = 0;
    // Applies all batches in one transaction, or none: upserts in the order of the batches, parents first, then
    // removals in the opposite order. Applying the same items again changes nothing, and a row that is equal is not
    // touched. Columns that an item lacks keep their values. An item is refused when its row cannot be read, when
    // another side's row stands under its key, or when its removal would take a row that SQL Server never received:
    // that row itself, or, by a cascade, one that a reader of another pair brings there.
    //
    // A shared column takes the item's value unless the row has been edited in Supabase, and the item does not say that
    // the column was edited later. A row was edited there if it passes the reader's filter: at its change time, or at
    // what an echo says in its place.
    //
    // An error of disposition row concerns at least one item without saying which, and nothing was written: isolate it
    // by halves, as apply_isolating() does. A connection that is lost while the commit is under way is in doubt.
    virtual boost::asio::awaitable<Result<ForwardApplied>> apply(std::vector<ForwardBatch> batches,
                                                                 BeforeCommit before_commit) = 0;
};

}  // namespace revsync
