#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sync/catch_up.hpp"
#include "sync/forward_apply.hpp"
#include "sync/forward_ends.hpp"

namespace revsync {

struct DrainSettings {
    std::size_t page_size = 1000;          // items in memory at once and per transaction; no limit of what gets through
    std::chrono::hours retention{24 * 7};  // how long synced items are kept
    std::chrono::hours purge_interval{1};
};

struct DrainReport {
    // One per forward stream of the mapping, in its order: `found` counts items, `synced` those that are done,
    // `changed` rows that Supabase did not have so before, `failed` attempts that ended with an error. `parked` is not
    // used.
    std::vector<StreamReport> streams;
    std::size_t unknown = 0;                 // items of no stream, which fail
    std::vector<SettledConflict> conflicts;  // stream: the forward one
    std::optional<QueueCounts> counts;       // when it ended; none when the queue could not be asked
    std::optional<Error> error;              // nothing more could be read or written at all
    std::chrono::milliseconds duration{0};

    std::size_t found() const;
    std::size_t synced() const;
    std::size_t changed() const;
    std::size_t failed() const;
    // Another daemon drains the queue; this one has changed nothing.
    bool queue_in_use() const { return error && error->code == Queue::in_use; }
    // The failure that stands for the whole: its own, else the first stream's. Items that failed alone are none.
    const Error* first_error() const;
};

// The ends of the direction from SQL Server to Supabase. `reverse` is the other direction on the same databases, for
// its cursors, quarantine and echoes; it must have been loaded.
struct DrainEnds {
    Queue& queue;
    ForwardSink& sink;
    CatchUp& reverse;
};

// Drains SQL Server's queue: reads it page by page in the order of its ids, keeps of each row the newest item, writes
// them into Supabase in one transaction a page, and settles exactly these items.
//
// The order is what makes it lose nothing: echoes are durable before a page is committed, rows that Supabase's newer
// edit won are durably owed to the other direction before their items are settled, and items are settled after the
// commit. What is interrupted between any two of these is done again and changes nothing. An item that cannot be
// written counts an attempt and is tried again later; the rest of its page gets through. A failure of an end costs no
// attempt, nor does a row that somebody else holds: its items wait for a later run, and its stream's error says so.
// What was read under a lock of the queue that is lost by the time of the commit is not committed.
//
// From reading a page to having committed it, it holds `gate`, as the other direction does from reading to having
// applied: nobody has rows in hand that the other one writes.
//
// Used on one thread; one run at a time. What it is given must outlive it.
class Drain {
public:
    // An echo is kept for so long behind the cursor: edits may come late into the queue, and by a clock that is behind.
    static constexpr std::chrono::hours echo_kept{1};
    static constexpr std::size_t purge_limit = 1000;  // items deleted at once

    // `reverse_owed` asks for a catch-up of the other direction.
    Drain(DrainEnds ends, Gate& gate, Clock& clock, const Logger& logger, const Mapping& mapping,
          DrainSettings settings, std::function<void()> reverse_owed);

    // Runs until nothing is due, a failure ends it, or request_stop(). Never throws for a failure of an end: those are
    // in the report and in the log.
    boost::asio::awaitable<DrainReport> run(Verbosity verbosity = Verbosity::announce);

    // Whether something is due, by one light query.
    boost::asio::awaitable<Result<bool>> anything_due() { return ends_.queue.anything_due(); }

    // The page in hand is finished and settled, then run() returns. For good. Callable from any thread.
    void request_stop() { stop_requested_ = true; }
    bool stop_requested() const { return stop_requested_; }

private:
    struct Run;  // a run on its way

    boost::asio::awaitable<std::optional<Error>> drain_pages(Run& run);
    std::vector<CoalescedItem> take_in(Run& run, std::vector<QueueItem> items) const;
    boost::asio::awaitable<std::optional<Error>> prepare(Run& run);
    boost::asio::awaitable<ForwardOutcome> write(Run& run, std::span<const CoalescedItem> items);
    boost::asio::awaitable<std::optional<Error>> settle(Run& run, const ForwardOutcome& outcome);
    boost::asio::awaitable<std::optional<Error>> look_after(Run& run);
    boost::asio::awaitable<void> purge();
    void report_held_up(Run& run);

    std::vector<ForwardBatch> batches_of(std::span<const CoalescedItem* const> items) const;
    ReverseView view_of(const Stream& reader, const std::vector<const QueueItem*>& items) const;
    boost::asio::awaitable<Result<void>> may_commit(std::vector<Echo> echoes);
    void tell(Run& run, const std::vector<SettledConflict>& conflicts);
    Result<void> owe(const std::vector<SettledConflict>& conflicts);
    Result<void> forget_echoes(const QueueCounts& counts);
    void report_failure(const CoalescedItem& failed, const Error& error) const;
    void say_held_up(const Stream& stream, std::size_t rows, const Key& first, const Error& error);
    void log_end(const DrainReport& report);
    void log_failure(const Error& error);

    DrainEnds ends_;
    Gate& gate_;
    Clock& clock_;
    const Logger& logger_;
    DrainSettings settings_;
    std::function<void()> reverse_owed_;
    std::vector<ForwardPair> pairs_;  // parents first
    std::vector<const Stream*> streams_;

    std::vector<Echo> uncommitted_;  // of the transaction in hand
    Verbosity verbosity_ = Verbosity::announce;
    std::set<std::string> failures_said_;   // since the last announced run; its retries do not repeat them
    std::set<std::string> conflicts_said_;  // of items that are not settled yet: they are met again
    std::optional<std::chrono::steady_clock::time_point> purged_;
    std::atomic<bool> stop_requested_ = false;
};

}  // namespace revsync
