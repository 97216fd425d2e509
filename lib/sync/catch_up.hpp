#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mapping/stream.hpp"
#include "runtime/clock.hpp"
#include "runtime/gate.hpp"
#include "runtime/logger.hpp"
#include "sync/apply.hpp"
#include "sync/delivered.hpp"
#include "sync/echoes.hpp"
#include "sync/ends.hpp"
#include "sync/quarantine.hpp"

namespace revsync {

struct CatchUpSettings {
    std::chrono::hours lookback{24};  // where a stream without a cursor starts
    std::size_t max_records = 500;    // rows in memory at once and per batch; not a limit of what gets through
};

struct StreamReport {
    std::string stream;
    std::size_t found = 0;    // rows that changed behind the cursor
    std::size_t synced = 0;   // rows that are in step now, parked ones that healed included
    std::size_t changed = 0;  // of those, rows that were not before
    std::size_t failed = 0;   // attempts that ended with the row parked
    std::size_t parked = 0;   // rows of the stream in quarantine at the end
    std::vector<SettledConflict> conflicts;
    std::optional<Error> error;
};

struct CatchUpReport {
    std::vector<StreamReport> streams;  // one per stream of the mapping, in its order
    std::optional<Error> error;         // nothing could be read or written at all
    std::chrono::milliseconds duration{0};

    std::size_t changed() const;
    std::size_t parked() const;
    // The failure that stands for the whole: its own, else the first stream's.
    const Error* first_error() const;
};

// How much a run says. A run that only tries again after a failure keeps quiet about what was said already.
enum class Verbosity { announce, retry };

// One direction's catch-up: reads what changed behind each stream's cursor, applies it, parks what cannot be
// applied, and remembers how far it is safe.
//
// The order is what makes it lose nothing: a batch is committed, then its failures are durably parked, then the
// cursor is saved; and the cursor never passes the source's horizon (docs/architecture.md, "Why nothing is lost").
// From reading rows to having applied them it holds `gate`, which whoever else uses the same feed or applies the same
// streams must hold too: a page that was read earlier could otherwise go on top of a newer row. Between two pages it
// lets in who waits there, and reads on from what is in the source then.
// What it reads and a write of ours into Supabase left there is no change (lib/sync/echoes.hpp).
//
// Used on one thread; one run at a time. The ends, gate, clock, logger and mapping must outlive it.
class CatchUp {
public:
    CatchUp(Feed& feed, Sink& sink, Checkpoint& checkpoint, Gate& gate, Clock& clock, const Logger& logger,
            const Mapping& mapping, CatchUpSettings settings);

    // Reads the state, the quarantine and the echoes; before the first run.
    Result<void> load();

    // Runs until nothing is left to read, a failure ends it, or request_stop(). Never throws for a failure of an
    // end: those are in the report and in the log.
    boost::asio::awaitable<CatchUpReport> run(Verbosity verbosity = Verbosity::announce);

    // The batch in hand is finished and remembered, then run() returns. For good. Callable from any thread.
    void request_stop() { stop_requested_ = true; }
    bool stop_requested() const { return stop_requested_; }

    const State& state() const { return state_; }
    // Shared with the webhook inbox; changed inside the gate, but for Quarantine::owe.
    Quarantine& quarantine() { return quarantine_; }
    const Quarantine& quarantine() const { return quarantine_; }
    // Shared with the webhook inbox and the drain; changed inside the gate.
    Echoes& echoes() { return echoes_; }
    const Echoes& echoes() const { return echoes_; }
    // Likewise.
    Delivered& delivered() { return delivered_; }
    const Delivered& delivered() const { return delivered_; }

private:
    struct Lane;  // one stream on its way through a run
    struct Run;   // a run on its way

    boost::asio::awaitable<std::optional<Error>> run_lanes(Run& run);
    boost::asio::awaitable<std::optional<Error>> prepare(std::span<Lane> lanes);
    boost::asio::awaitable<std::optional<Error>> read_first(std::span<Lane> lanes, Run& run);
    boost::asio::awaitable<std::optional<Error>> enter_lane(Lane& lane, Run& run);
    boost::asio::awaitable<void> run_lane(Lane& lane, Run& run);
    boost::asio::awaitable<void> read_pages(Lane& lane, Run& run);
    boost::asio::awaitable<void> read_next(Lane& lane);
    boost::asio::awaitable<bool> apply_page(Lane& lane, Page& page);
    void note(Lane& lane, const ApplyOutcome& outcome);
    boost::asio::awaitable<void> retry_parked(Lane& lane, Run& run);
    boost::asio::awaitable<bool> apply_parked(Lane& lane, const std::vector<Key>& asked, RowReadings& rows);
    boost::asio::awaitable<bool> give_way(Lane& lane, Run& run);

    Result<void> fix_starts();
    void leave_future(Lane& lane, const Horizon& horizon);
    bool settle(Lane& lane, const std::vector<Key>& tried, const std::vector<RowFailure>& failures);
    bool advance(Lane& lane, const std::optional<Cursor>& last, bool more, const Horizon& horizon);
    Result<void> save(const State& next);
    void warn_of(const Horizon& horizon);
    void log_end(const CatchUpReport& report);
    void log_failure(const Error& error);
    // Information that a retry leaves to the debug level.
    template <class... Arguments>
    void announce(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        if (verbosity_ == Verbosity::announce) {
            logger_.info(format, std::forward<Arguments>(arguments)...);
        } else {
            logger_.debug(format, std::forward<Arguments>(arguments)...);
        }
    }

    Feed& feed_;
    Sink& sink_;
    Checkpoint& checkpoint_;
    Gate& gate_;
    Clock& clock_;
    const Logger& logger_;
    const Mapping& mapping_;
    CatchUpSettings settings_;

    State state_;
    Quarantine quarantine_;
    Echoes echoes_;
    Delivered delivered_{quarantine_};
    Verbosity verbosity_ = Verbosity::announce;  // of the run in hand
    std::set<std::string> failures_said_;        // since the last announced run; its retries do not repeat them
    bool stalled_horizon_said_ = false;          // likewise
    bool hidden_sessions_said_ = false;
    std::atomic<bool> stop_requested_ = false;
};

// Where the cursor may stand after a page has been applied. `reading` is the page's last position, or nullopt
// when the source had nothing more; the result never passes `horizon` and never falls behind `before`.
Cursor safe_cursor(const Cursor& before, const std::optional<Cursor>& reading, Timestamp horizon);

}  // namespace revsync
