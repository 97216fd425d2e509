#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/backoff.hpp"
#include "runtime/event.hpp"
#include "runtime/gate.hpp"
#include "sync/catch_up.hpp"
#include "sync/hint.hpp"
#include "sync/keyed_batch.hpp"
#include "sync/status.hpp"
#include "sync/watched_ends.hpp"

namespace revsync {

struct InboxSettings {
    std::chrono::milliseconds wait{4000};  // how long a delivery waits for its commit
    std::size_t max_records = 500;         // keys of one stream in a batch
    std::size_t limit = 10'000;            // keys that may wait
    std::size_t byte_limit = 8UL << 20U;   // of rows that may wait, without a Supabase database
    bool polled = true;                    // the next start catches up, whatever came before it
};

// What a webhook is answered, in the order of how much is left to do: of several rows the worst one counts.
struct Delivery {
    enum class Outcome {
        ignored,    // of no stream, filtered out, or older than what is in the target
        committed,  // what Supabase holds of the row is in the target
        parked,     // the target refused the row: it is durably noted and tried again at each poll
        rejected,   // the webhook itself cannot be used
        accepted,   // will be applied: a poll would find it, or it is durably noted
        refused     // not taken: an end is down, or too much waits. A catch-up is scheduled
    };

    Outcome outcome = Outcome::ignored;
    std::string text;                    // why, unless committed; no row values
    std::chrono::seconds retry_after{};  // of refused
};

// What became of one batch.
struct InboxReport {
    std::vector<StreamReport> streams;  // those that had hints
    std::size_t ignored = 0;
    std::optional<Error> error;  // nothing could be read or written at all
};

// What the inbox works with; all of it must outlive it. Without a Supabase database all
// but `sink` are null.
struct InboxEnds {
    WatchedFeed* feed = nullptr;
    WatchedSink* sink = nullptr;
    Quarantine* quarantine = nullptr;
    const Echoes* echoes = nullptr;
    Delivered* delivered = nullptr;
};

// Takes webhooks as hints: each is reduced to streams and keys, the rows are read again from Supabase, and applied by
// the same sink as the poll's. Hints for one key coalesce, and everything that waits when a batch ends makes the next;
// a hint whose key is in the batch that runs goes into the next one, because that may have read an older row. While one
// batch is applied the next one is read, once it is as large or no more come, and the one before is answered; they are
// applied one after the other. A row that is gone is removed where the stream may remove. The cursor is never moved.
//
// What cannot be applied at once is left to a catch-up, which finds it by its change time, and asks for one by
// `catch_up_owed`. What that would not find goes to the quarantine by its key, durably, before its webhook is answered:
// a row that is gone, which has no change time, and without polls every row, since nothing else would tell the next
// start that a catch-up is owed. A removal that could not be noted is answered refused.
//
// Without a Supabase database the row in the webhook is applied, guarded by its change time; nothing else could find
// it, so it is kept in memory until it is applied, within `byte_limit`, and answered refused until then.
//
// Used on one thread. Holds `gate` from reading to committing.
class Inbox {
public:
    Inbox(InboxEnds ends, Gate& gate, Clock& clock, const Logger& logger, const Mapping& mapping,
          const boost::asio::any_io_executor& executor, InboxSettings settings, std::function<void()> catch_up_owed);
    ~Inbox();

    // Returns after the commit, after the wait, or at once when nothing is to be done or nothing can be. Cancelling
    // it gives up the answer, not the hint.
    boost::asio::awaitable<Delivery> deliver(WebhookEvent event);

    // Applies what is delivered. Returns after stop(): the batch in hand is finished, what waits is noted or refused.
    boost::asio::awaitable<void> run();
    void stop();

    InboxStatus status() const;

    // Called after each batch.
    void on_batch(std::function<void(const InboxReport&)> listener) { listener_ = std::move(listener); }

private:
    struct Waiter;  // a delivery that waits for its answer
    struct Deadline {
        std::chrono::steady_clock::time_point due;
        std::shared_ptr<Waiter> waiter;
    };
    struct Waiting;  // a key that waits to be applied
    struct Lane;     // the keys of one stream
    struct Reading;  // the rows of a batch
    struct Recent;   // change times that were applied; only without a Supabase database
    using Lanes = std::map<const Stream*, Lane>;

    std::array<Lanes*, 3> all_lanes();
    std::array<const Lanes*, 3> all_lanes() const;

    Result<void> take_in(const WebhookEvent& event, const std::vector<Hint>& hints,
                         const std::shared_ptr<Waiter>& waiter);
    void admit(const Hint& hint, std::optional<Change> payload, const std::shared_ptr<Waiter>& waiter);
    void turn_away(const Hint& hint, const std::shared_ptr<Waiter>& waiter, const Error& why);
    Delivery answer_late(const Waiter& waiter);
    Delivery counted(Delivery delivery);
    const Error* down() const;
    static std::size_t keys_in(const Lanes& lanes);
    std::size_t size() const;
    std::size_t payload_bytes() const;
    std::optional<Error> full(bool known, const std::optional<Change>& payload) const;

    boost::asio::awaitable<void> apply_deliveries();
    boost::asio::awaitable<void> end_waits();
    void forget_deadlines();
    boost::asio::awaitable<void> idle();
    boost::asio::awaitable<void> pause();
    boost::asio::awaitable<void> run_batches();
    boost::asio::awaitable<void> read_ahead();
    boost::asio::awaitable<void> collect();
    bool may_read_ahead() const;
    void answer_settled();
    Lanes take_batch();
    boost::asio::awaitable<Reading> read(const Lanes& batch);
    RowReadings payloads(const RowsRequest& request);
    boost::asio::awaitable<void> apply_batch(Reading reading);
    boost::asio::awaitable<void> apply_lanes(Reading reading, InboxReport& report);
    boost::asio::awaitable<void> apply_lane(const Stream& stream, RowReadings& rows, Quarantine::Revision read_at,
                                            InboxReport& report);
    void end_batch(const InboxReport& report);
    Result<void> settle(const Stream& stream, const KeyedBatch& batch, const std::vector<RowFailure>& failures,
                        Quarantine::Revision read_at);
    void finish_lane(const Stream& stream, const RowReadings& rows, const std::vector<RowFailure>& failures,
                     InboxReport& report);
    void remember(const Stream& stream, const KeyedBatch& batch);

    void say_waiting(const Stream& stream, const Error& error);
    void leave_all(const Error& error, InboxReport& report);
    void leave_lane(const Stream& stream, const Error& error, InboxReport& report);
    bool needs_note(bool removal) const { return removal || !settings_.polled; }
    bool note_owed(const Stream& stream, Lane& lane);
    void note_all();
    void keep(const Stream& stream, const Key& key, Waiting waiting);
    void say_summary();

    InboxEnds ends_;
    Gate& gate_;
    Clock& clock_;
    const Logger& logger_;
    const Mapping& mapping_;
    boost::asio::any_io_executor executor_;
    InboxSettings settings_;
    std::function<void()> catch_up_owed_;
    std::function<void(const InboxReport&)> listener_;

    Lanes waiting_;
    Lanes ahead_;  // read while the batch before is applied
    Lanes running_;
    std::vector<std::shared_ptr<Waiter>> settled_;  // deliveries that have not been answered yet
    std::map<const Stream*, Recent> recent_;
    std::deque<Deadline> deadlines_;  // in the order in which they come
    Event deadline_;                  // there is one
    Event wake_;
    bool applying_ = false;
    Event ahead_due_;                // the next batch may have to be read
    std::unique_ptr<Reading> next_;  // of `ahead_`, once its rows are read
    Event next_read_;
    Backoff backoff_;
    bool trying_again_ = false;                     // some of what waits has failed before
    std::map<const Stream*, std::string> failing_;  // what was said of streams that nothing polls, until they run
    bool stopping_ = false;
    InboxStatus status_;

    struct Unsaid {
        std::size_t synced = 0;
        std::size_t ignored = 0;
        std::size_t left = 0;
    };
    Unsaid unsaid_;
    std::optional<std::chrono::steady_clock::time_point> said_;
};

}  // namespace revsync
