#include "sync/catch_up.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sync/apply.hpp"

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

}  // namespace

Cursor safe_cursor(const Cursor& before, const std::optional<Cursor>& reading, Timestamp horizon) {
    if (reading && reading->changed_at < horizon) {
        return *reading;
    }
    return horizon > before.changed_at ? Cursor{horizon, std::nullopt} : before;
}

struct CatchUp::Lane {
    const Stream* stream = nullptr;
    Cursor reading;  // where the next page starts
    std::vector<Key> due;
    std::optional<Result<Page>> page;
    std::optional<Result<Page>> parked;
    Timestamp started;  // of the run
    StreamReport report;

    bool runs() const { return !report.error; }
};

CatchUp::CatchUp(Feed& feed, Sink& sink, Checkpoint& checkpoint, Clock& clock, const Logger& logger,
                 const Mapping& mapping, CatchUpSettings settings)
    : feed_{feed},
      sink_{sink},
      checkpoint_{checkpoint},
      clock_{clock},
      logger_{logger},
      mapping_{mapping},
      settings_{settings},
      quarantine_{checkpoint} {}

Result<void> CatchUp::load() {
    Result<State> state = checkpoint_.load();
    if (!state) {
        return state.error();
    }
    state_ = std::move(*state);
    return quarantine_.load();
}

asio::awaitable<CatchUpReport> CatchUp::run(Verbosity verbosity) {
    const auto started = clock_.steady_now();
    verbosity_ = verbosity;
    if (verbosity == Verbosity::announce) {
        failures_said_.clear();
        stalled_horizon_said_ = false;
    }
    announce("🔄 Starting reverse sync poll (Supabase → SQL Server)");
    CatchUpReport report;
    if (Result<void> fixed = fix_starts(); !fixed) {
        report.error = fixed.error();
    }
    std::vector<Lane> lanes;
    for (const Stream* stream : mapping_.of(Direction::reverse)) {
        Lane lane;
        lane.stream = stream;
        lane.started = clock_.now();
        lane.reading = state_.cursors.at(stream->name);
        lane.report.stream = stream->name;
        lanes.push_back(std::move(lane));
    }
    if (!report.error) {
        report.error = co_await run_lanes(lanes);
    }
    for (Lane& lane : lanes) {
        lane.report.parked = quarantine_.size(lane.report.stream);
        report.streams.push_back(std::move(lane.report));
    }
    report.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - started);
    log_end(report);
    co_return report;
}

asio::awaitable<std::optional<Error>> CatchUp::run_lanes(std::vector<Lane>& lanes) {
    if (std::optional<Error> error = co_await prepare(lanes)) {
        co_return error;
    }
    Horizon horizon;
    if (std::optional<Error> error = co_await read_first(lanes, horizon)) {
        co_return error;
    }
    warn_of(horizon);
    bool all_ran = true;
    bool connection_lost = false;
    for (Lane& lane : lanes) {
        // A batch that loses the connection must not starve the streams behind it: the target is asked again.
        if (connection_lost) {
            const std::span<Lane> next{&lane, 1};
            if (std::optional<Error> error = co_await prepare(next)) {
                co_return error;
            }
            connection_lost = false;
        }
        if (lane.runs() && !stop_requested_) {
            co_await run_lane(lane, horizon);
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

asio::awaitable<std::optional<Error>> CatchUp::read_first(std::vector<Lane>& lanes, Horizon& horizon) {
    std::vector<PageRequest> pages;
    std::vector<RowsRequest> rows;
    for (Lane& lane : lanes) {
        if (!lane.runs()) {
            continue;
        }
        pages.push_back({lane.stream, lane.reading, settings_.max_records});
        lane.due = quarantine_.due(lane.report.stream, settings_.max_records, Timestamp::max());
        if (!lane.due.empty()) {
            rows.push_back({lane.stream, lane.due});
        }
    }
    Result<PollReading> reading = co_await feed_.begin_poll(std::move(pages), std::move(rows));
    if (!reading) {
        co_return reading.error();
    }
    horizon = reading->horizon;
    std::size_t page = 0;
    std::size_t row = 0;
    for (Lane& lane : lanes) {
        if (!lane.runs()) {
            continue;
        }
        lane.page = std::move(reading->pages.at(page++));
        if (!lane.due.empty()) {
            lane.parked = std::move(reading->rows.at(row++));
        }
        leave_future(lane, horizon);
    }
    co_return std::nullopt;
}

asio::awaitable<void> CatchUp::run_lane(Lane& lane, const Horizon& horizon) {
    const Wording& wording = lane.stream->wording;
    announce("🔍 Polling for {} since {}", wording.polled, format_local(lane.reading.changed_at));
    co_await retry_parked(lane);
    while (lane.runs() && !stop_requested_) {
        if (!lane.page) {
            // Named: GCC 12 destroys an aggregate that is made inside a co_await expression twice (bug 98401).
            PageRequest next{lane.stream, lane.reading, settings_.max_records};
            lane.page = co_await feed_.read_page(std::move(next));
        }
        if (!*lane.page) {
            lane.report.error = lane.page->error();
            break;
        }
        const Page page = std::move(**lane.page);
        lane.page.reset();
        if (page.changes.empty()) {
            if (lane.report.found == 0) {
                announce("   ✓ No {} found", wording.none);
            }
        } else if (!co_await apply_page(lane, page)) {
            break;
        }
        if (!advance(lane, page, horizon) || !page.more || page.changes.empty()) {
            break;
        }
    }
    co_await retry_rest(lane);
}

// What of the quarantine did not fit into the first exchange, so that every parked row is tried in every run.
asio::awaitable<void> CatchUp::retry_rest(Lane& lane) {
    const Timestamp started = lane.started;
    while (lane.runs() && !stop_requested_) {
        lane.due = quarantine_.due(lane.report.stream, settings_.max_records, started);
        if (lane.due.empty()) {
            break;
        }
        std::vector<PageRequest> no_pages;
        std::vector<RowsRequest> rows;
        rows.push_back({lane.stream, lane.due});
        Result<PollReading> reading = co_await feed_.begin_poll(std::move(no_pages), std::move(rows));
        if (!reading) {
            lane.report.error = reading.error();
            break;
        }
        lane.parked = std::move(reading->rows.at(0));
        co_await retry_parked(lane);
    }
}

// The rows asked for again come first: what the page brings of the same row was read later.
asio::awaitable<void> CatchUp::retry_parked(Lane& lane) {
    if (!lane.parked) {
        co_return;
    }
    if (!*lane.parked) {
        lane.report.error = lane.parked->error();
        co_return;
    }
    const Page& rows = **lane.parked;
    const ApplyOutcome outcome = co_await apply_isolating(sink_, *lane.stream, rows.changes);
    lane.report.changed += outcome.changed;
    if (outcome.stopped_by) {
        lane.report.error = outcome.stopped_by;
        co_return;
    }
    const std::vector<Key> present = keys_of(rows.changes);
    std::vector<Key> gone;
    std::ranges::copy_if(lane.due, std::back_inserter(gone),
                         [&](const Key& key) { return std::ranges::find(present, key) == present.end(); });
    if (!settle(lane, rows.changes, outcome.failures, gone)) {
        co_return;
    }
    const std::size_t healed = rows.changes.size() - outcome.failures.size();
    lane.report.synced += healed;
    logger_.info("   🔁 Tried {} parked {} again: {} synced, {} gone, {} still parked", lane.due.size(),
                 lane.stream->wording.counted, healed, gone.size(), quarantine_.size(lane.report.stream));
}

asio::awaitable<bool> CatchUp::apply_page(Lane& lane, const Page& page) {
    const Wording& wording = lane.stream->wording;
    const std::size_t found = page.changes.size();
    logger_.info("   {} Found {} {}{}", wording.symbol, found, wording.found,
                 wording.show_total ? fmt::format(" ({} total)", std::max(page.total_modified, found)) : "");
    const ApplyOutcome outcome = co_await apply_isolating(sink_, *lane.stream, page.changes);
    lane.report.changed += outcome.changed;
    if (outcome.stopped_by) {
        lane.report.error = outcome.stopped_by;
        co_return false;
    }
    if (!settle(lane, page.changes, outcome.failures, {})) {
        co_return false;
    }
    const std::size_t synced = found - outcome.failures.size();
    lane.report.found += found;
    lane.report.synced += synced;
    logger_.info("   ✅ Synced {}/{} {} ({} errors)", synced, found, wording.polled, outcome.failures.size());
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
}

bool CatchUp::settle(Lane& lane, const std::vector<Change>& changes, const std::vector<RowFailure>& failures,
                     const std::vector<Key>& gone) {
    std::vector<Key> tried = keys_of(changes);
    tried.insert(tried.end(), gone.begin(), gone.end());
    for (const RowFailure& failure : failures) {
        report_parked(lane.report.stream, failure);
    }
    if (Result<void> settled = quarantine_.settle(lane.report.stream, tried, failures, clock_.now()); !settled) {
        lane.report.error = settled.error();
        return false;
    }
    return true;
}

bool CatchUp::advance(Lane& lane, const Page& page, const Horizon& horizon) {
    std::optional<Cursor> reading;
    if (!page.changes.empty()) {
        lane.reading = {page.changes.back().changed_at, page.changes.back().key};
    }
    if (page.more) {
        reading = lane.reading;
    }
    const Cursor& before = state_.cursors.at(lane.report.stream);
    const Cursor after = safe_cursor(before, reading, horizon.time);
    if (before == after) {
        return true;
    }
    State next = state_;
    next.cursors[lane.report.stream] = after;
    if (!page.more) {  // the run's last word on this stream is saved with the others'
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
