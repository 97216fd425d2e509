#include "sync/catch_up.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sync/apply.hpp"
#include "sync/conflict.hpp"
#include "sync/keyed_batch.hpp"

namespace revsync {

namespace asio = boost::asio;

namespace {

std::vector<Key> keys_of(const std::vector<Change>& changes) {
    std::vector<Key> keys;
    keys.reserve(changes.size());
    for (const Change& change : changes) {
        keys.push_back(change.key);
    }
    return keys;
}

// Rows of `changes` that are in the target now.
std::size_t upserts(const std::vector<Change>& changes, const std::vector<RowFailure>& failures) {
    const auto is_written = [&](const Change& change) {
        return change.operation == Operation::upsert &&
               std::ranges::find(failures, change.key, &RowFailure::key) == failures.end();
    };
    return static_cast<std::size_t>(std::ranges::count_if(changes, is_written));
}

// Where the next page starts.
std::optional<Cursor> end_of(const Page& page) {
    return page.changes.empty() ? std::nullopt
                                : std::optional{Cursor{page.changes.back().changed_at, page.changes.back().key}};
}

}  // namespace

Cursor safe_cursor(const Cursor& before, const std::optional<Cursor>& reading, Timestamp horizon) {
    if (reading && reading->changed_at < horizon) {
        return *reading;
    }
    return horizon > before.changed_at ? Cursor{horizon, std::nullopt} : before;
}

struct CatchUp::Lane {
    const Stream* stream = nullptr;
    Cursor reading;                    // where the next page starts
    std::optional<Result<Page>> page;  // read and not yet applied
    Quarantine::Revision read_at = 0;  // when that, or what is being applied, was read
    StreamReport report;

    bool runs() const { return !report.error; }
};

struct CatchUp::Run {
    Gate::Hold hold;
    std::vector<Lane> lanes;
    Horizon horizon;
    Quarantine::Revision started = 0;  // parked rows that have changed since were tried in this run
};

CatchUp::CatchUp(Feed& feed, Sink& sink, Checkpoint& checkpoint, Gate& gate, Clock& clock, const Logger& logger,
                 const Mapping& mapping, CatchUpSettings settings)
    : feed_{feed},
      sink_{sink},
      checkpoint_{checkpoint},
      gate_{gate},
      clock_{clock},
      logger_{logger},
      mapping_{mapping},
      settings_{settings},
      quarantine_{checkpoint},
      echoes_{checkpoint} {}

Result<void> CatchUp::load() {
    Result<State> state = checkpoint_.load();
    if (!state) {
        return state.error();
    }
    state_ = std::move(*state);
    for (const auto& [stream, cursor] : state_.cursors) {
        delivered_.passed(stream, cursor.changed_at);
    }
    Result<void> quarantine = quarantine_.load();
    return quarantine ? echoes_.load() : quarantine;
}

asio::awaitable<CatchUpReport> CatchUp::run(Verbosity verbosity) {
    const auto started = clock_.steady_now();
    verbosity_ = verbosity;
    if (verbosity == Verbosity::announce) {
        failures_said_.clear();
        stalled_horizon_said_ = false;
    }
    announce("🔄 Starting reverse sync poll (Supabase → SQL Server)");
    Gate::Hold hold = co_await gate_.enter();
    Run run{std::move(hold), {}, {}, quarantine_.revision()};
    CatchUpReport report;
    if (Result<void> fixed = fix_starts(); !fixed) {
        report.error = fixed.error();
    }
    for (const Stream* stream : mapping_.of(Direction::reverse)) {
        Lane lane;
        lane.stream = stream;
        lane.reading = state_.cursors.at(stream->name);
        lane.report.stream = stream->name;
        run.lanes.push_back(std::move(lane));
    }
    if (!report.error) {
        report.error = co_await run_lanes(run);
    }
    for (Lane& lane : run.lanes) {
        lane.report.parked = quarantine_.size(lane.report.stream);
        report.streams.push_back(std::move(lane.report));
    }
    report.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - started);
    log_end(report);
    co_return report;
}

asio::awaitable<std::optional<Error>> CatchUp::run_lanes(Run& run) {
    if (std::optional<Error> error = co_await prepare(run.lanes)) {
        co_return error;
    }
    if (std::optional<Error> error = co_await read_first(run.lanes, run)) {
        co_return error;
    }
    warn_of(run.horizon);
    bool all_ran = true;
    bool connection_lost = false;
    for (Lane& lane : run.lanes) {
        // A batch that loses the connection must not starve the streams behind it: the target is asked again.
        if (connection_lost) {
            const std::span<Lane> next{&lane, 1};
            if (std::optional<Error> error = co_await prepare(next)) {
                co_return error;
            }
            connection_lost = false;
        }
        if (&lane != &run.lanes.front()) {
            co_await give_way(lane, run);
        }
        if (lane.runs() && !stop_requested_) {
            co_await run_lane(lane, run);
        }
        if (!lane.runs()) {
            all_ran = false;
            connection_lost = lane.report.error->connection_lost;
            log_failure(*lane.report.error);
        }
    }
    State next = state_;
    if (all_ran && !stop_requested_) {
        next.last_poll = clock_.now();
    }
    if (Result<void> saved = save(next); !saved) {
        co_return saved.error();
    }
    co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> CatchUp::prepare(std::span<Lane> lanes) {
    std::vector<const Stream*> streams;
    for (const Lane& lane : lanes) {
        streams.push_back(lane.stream);
    }
    Result<std::vector<Result<void>>> prepared = co_await sink_.prepare(std::move(streams));
    if (!prepared) {
        co_return prepared.error();
    }
    for (std::size_t index = 0; index < lanes.size(); ++index) {
        if (const Result<void>& result = prepared->at(index); !result) {
            lanes[index].report.error = result.error();
        }
    }
    co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> CatchUp::read_first(std::span<Lane> lanes, Run& run) {
    std::vector<PageRequest> pages;
    for (Lane& lane : lanes) {
        if (lane.runs()) {
            pages.push_back({lane.stream, lane.reading, settings_.max_records});
            lane.read_at = quarantine_.revision();
        }
    }
    Result<PollReading> reading = co_await feed_.begin_poll(std::move(pages));
    if (!reading) {
        co_return reading.error();
    }
    run.horizon = reading->horizon;
    std::size_t page = 0;
    for (Lane& lane : lanes) {
        if (lane.runs()) {
            lane.page = std::move(reading->pages.at(page++));
            leave_future(lane, run.horizon);
        }
    }
    co_return std::nullopt;
}

// Lets those in who wait at the gate. True when there were any: what was read before they applied theirs may be
// older than it, and is thrown away; and the target may not be what it was.
asio::awaitable<bool> CatchUp::give_way(Lane& lane, Run& run) {
    if (!gate_.contended()) {
        co_return false;
    }
    run.hold.release();
    run.hold = co_await gate_.enter();
    for (Lane& other : run.lanes) {
        other.page.reset();
    }
    const std::span<Lane> mine{&lane, 1};
    if (std::optional<Error> error = co_await prepare(mine)) {
        lane.report.error = error;
    }
    co_return true;
}

asio::awaitable<void> CatchUp::run_lane(Lane& lane, Run& run) {
    // Its first page was thrown away, or read from a cursor that it could not keep.
    if (!lane.page) {
        const std::span<Lane> mine{&lane, 1};
        if (std::optional<Error> error = co_await read_first(mine, run)) {
            lane.report.error = error;
        }
    }
    announce("🔍 Polling for {} since {}", lane.stream->wording.polled, format_local(lane.reading.changed_at));
    co_await read_pages(lane, run);
    co_await retry_parked(lane, run);
}

asio::awaitable<void> CatchUp::read_pages(Lane& lane, Run& run) {
    while (lane.runs() && !stop_requested_) {
        if (!lane.page) {
            co_await read_next(lane);
        }
        if (!*lane.page) {
            lane.report.error = lane.page->error();
            break;
        }
        Page page = std::move(**lane.page);
        lane.page.reset();
        const std::optional<Cursor> last = end_of(page);
        echoes_.translate(*lane.stream, page.changes);
        if (page.changes.empty()) {
            if (lane.report.found == 0 && !page.more) {
                announce("   ✓ No {} found", lane.stream->wording.none);
            }
        } else if (!co_await apply_page(lane, page)) {
            break;
        }
        if (!advance(lane, last, page.more, run.horizon) || !page.more || !last) {
            break;
        }
        co_await give_way(lane, run);
    }
}

asio::awaitable<void> CatchUp::read_next(Lane& lane) {
    lane.read_at = quarantine_.revision();
    // Named: GCC 12 destroys an aggregate that is made inside a co_await expression twice (bug 98401).
    PageRequest next{lane.stream, lane.reading, settings_.max_records};
    lane.page = co_await feed_.read_page(std::move(next));
}

asio::awaitable<bool> CatchUp::apply_page(Lane& lane, Page& page) {
    const Wording& wording = lane.stream->wording;
    const std::size_t found = page.changes.size();
    logger_.info("   {} Found {} {}{}", wording.symbol, found, wording.found,
                 wording.show_total ? fmt::format(" ({} total)", std::max(page.total_modified, found)) : "");
    delivered_.mark(*lane.stream, page.changes);
    const ApplyOutcome outcome = co_await apply_isolating(sink_, *lane.stream, page.changes);
    note(lane, outcome);
    if (outcome.stopped_by) {
        lane.report.error = outcome.stopped_by;
        co_return false;
    }
    if (!settle(lane, keys_of(page.changes), outcome.failures)) {
        co_return false;
    }
    delivered_.note(*lane.stream, page.changes, outcome.failures);
    const std::size_t synced = found - outcome.failures.size();
    lane.report.found += found;
    lane.report.synced += synced;
    logger_.info("   ✅ Synced {}/{} {} ({} errors)", synced, found, wording.polled, outcome.failures.size());
    co_return true;
}

// Every parked row that no page of this run has brought is read again by its key, after the pages: what is applied
// last was read last.
asio::awaitable<void> CatchUp::retry_parked(Lane& lane, Run& run) {
    while (lane.runs() && !stop_requested_) {
        const std::vector<Key> due = quarantine_.due(lane.report.stream, settings_.max_records, run.started);
        if (due.empty()) {
            break;
        }
        lane.read_at = quarantine_.revision();
        std::vector<RowsRequest> requests;
        requests.push_back({lane.stream, due});
        Result<std::vector<Result<RowReadings>>> rows = co_await feed_.read_rows(std::move(requests));
        if (!rows || !rows->front()) {
            lane.report.error = rows ? rows->front().error() : rows.error();
            break;
        }
        echoes_.translate(*lane.stream, *rows->front());
        if (!co_await apply_parked(lane, due, *rows->front())) {
            break;
        }
        co_await give_way(lane, run);
    }
}

asio::awaitable<bool> CatchUp::apply_parked(Lane& lane, const std::vector<Key>& asked, RowReadings& rows) {
    KeyedBatch batch = keyed_batch(*lane.stream, asked, rows);
    delivered_.mark(*lane.stream, batch.changes);
    const ApplyOutcome outcome = co_await apply_isolating(sink_, *lane.stream, batch.changes);
    note(lane, outcome);
    if (outcome.stopped_by) {
        lane.report.error = outcome.stopped_by;
        co_return false;
    }
    batch.failures.insert(batch.failures.end(), outcome.failures.begin(), outcome.failures.end());
    if (!settle(lane, batch.tried, batch.failures)) {
        co_return false;
    }
    delivered_.note(*lane.stream, batch.changes, outcome.failures);
    const std::size_t healed = upserts(batch.changes, outcome.failures);
    lane.report.synced += healed;
    logger_.info("   🔁 Tried {} parked {} again: {} synced, {} gone, {} still parked", asked.size(),
                 lane.stream->wording.counted, healed, batch.gone, quarantine_.size(lane.report.stream));
    co_return true;
}

// The look-back window of a stream without a cursor is fixed once, and durably: computed anew at each run, it would
// slide over the rows that are written while the target cannot be reached.
Result<void> CatchUp::fix_starts() {
    const Cursor start{clock_.now() - settings_.lookback, std::nullopt};
    bool any_new = false;
    for (const Stream* stream : mapping_.of(Direction::reverse)) {
        any_new |= state_.cursors.try_emplace(stream->name, start).second;
    }
    return any_new ? checkpoint_.save(state_) : Result<void>{};
}

// A cursor ahead of the source's clock would skip everything until then: the state came from elsewhere, or a
// clock was wrong.
void CatchUp::leave_future(Lane& lane, const Horizon& horizon) {
    if (lane.reading.changed_at <= horizon.source_now) {
        return;
    }
    const Cursor start{horizon.source_now - settings_.lookback, std::nullopt};
    logger_.warning("⚠️  {}: the saved position {} is in Supabase's future; reading the last {} hours again",
                    lane.report.stream, lane.reading.changed_at.iso_milliseconds(), settings_.lookback.count());
    lane.reading = start;
    lane.page.reset();
    state_.cursors[lane.report.stream] = start;
    delivered_.passed(lane.report.stream, start.changed_at);
}

void CatchUp::note(Lane& lane, const ApplyOutcome& outcome) {
    lane.report.changed += outcome.changed;
    log_conflicts(logger_, outcome.settled);
    lane.report.conflicts.insert(lane.report.conflicts.end(), outcome.settled.begin(), outcome.settled.end());
}

bool CatchUp::settle(Lane& lane, const std::vector<Key>& tried, const std::vector<RowFailure>& failures) {
    for (const RowFailure& failure : failures) {
        report_parked(logger_, quarantine_, lane.report.stream, failure);
    }
    lane.report.failed += failures.size();
    if (Result<void> settled = quarantine_.settle(lane.report.stream, tried, failures, clock_.now(), lane.read_at);
        !settled) {
        lane.report.error = settled.error();
        return false;
    }
    return true;
}

bool CatchUp::advance(Lane& lane, const std::optional<Cursor>& last, bool more, const Horizon& horizon) {
    lane.reading = last.value_or(lane.reading);
    const Cursor& before = state_.cursors.at(lane.report.stream);
    const Cursor after = safe_cursor(before, more ? std::optional{lane.reading} : std::nullopt, horizon.time);
    delivered_.passed(lane.report.stream, after.changed_at);
    if (before == after) {
        return true;
    }
    State next = state_;
    next.cursors[lane.report.stream] = after;
    if (!more) {  // the run's last word on this stream is saved with the others'
        state_ = std::move(next);
        return true;
    }
    if (Result<void> result = save(next); !result) {
        lane.report.error = result.error();
        return false;
    }
    return true;
}

Result<void> CatchUp::save(const State& next) {
    if (Result<void> saved = checkpoint_.save(next); !saved) {
        return saved;
    }
    state_ = next;
    return {};
}

}  // namespace revsync
