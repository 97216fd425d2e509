// Batches: from keys to rows to SQL Server.
#include "sync/conflict.hpp"
#include "sync/inbox_lanes.hpp"

namespace revsync {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds quiet{2};

}  // namespace

asio::awaitable<void> Inbox::run_batches() {
    if (const Error* error = down()) {
        InboxReport report;
        running_ = take_batch();
        leave_all(Error{*error}, report);
        end_batch(report);
        answer_settled();
        co_return;
    }
    const Gate::Hold hold = co_await gate_.enter();
    running_ = take_batch();
    auto reading = std::make_unique<Reading>(co_await read(running_));
    while (reading) {
        applying_ = true;
        ahead_due_.set();
        co_await apply_batch(std::move(*reading));
        applying_ = false;
        while (!ahead_.empty() && !next_) {
            answer_settled();
            co_await next_read_.wait();
        }
        running_ = std::exchange(ahead_, {});
        reading = std::move(next_);
    }
    answer_settled();
}

// While a batch is applied, so that SQL Server need not wait for the answers to the one before, nor for the next one's
// rows.
asio::awaitable<void> Inbox::read_ahead() {
    for (;;) {
        co_await ahead_due_.wait();
        answer_settled();
        co_await collect();
        if (may_read_ahead()) {
            ahead_ = take_batch();
            next_ = std::make_unique<Reading>(co_await read(ahead_));
            next_read_.set();
        }
    }
}

// Until as many wait as are being applied, so that batches keep their size, or no more come: the answers to one batch
// call forth the next webhooks.
asio::awaitable<void> Inbox::collect() {
    const auto stir = [this] { return keys_in(waiting_) + status_.committed; };
    std::uint64_t seen = 0;
    while (may_read_ahead() && keys_in(waiting_) < keys_in(running_) && seen != stir()) {
        seen = stir();
        co_await clock_.sleep(quiet);
    }
}

// Not when somebody waits at the gate: what is read ahead is applied before it is left.
bool Inbox::may_read_ahead() const {
    return applying_ && ahead_.empty() && ends_.feed && !waiting_.empty() && !trying_again_ && !stopping_ &&
           !gate_.contended();
}

void Inbox::answer_settled() {
    for (const std::shared_ptr<Waiter>& waiter : std::exchange(settled_, {})) {
        waiter->done.set();
    }
}

Inbox::Lanes Inbox::take_batch() {
    trying_again_ = false;
    Lanes batch;
    for (auto lane = waiting_.begin(); lane != waiting_.end();) {
        Lane& from = lane->second;
        Lane& into = batch[lane->first];
        while (!from.order.empty() && into.order.size() < settings_.max_records) {
            into.keys.insert(from.keys.extract(from.order.front()));
            into.order.push_back(std::move(from.order.front()));
            from.order.pop_front();
        }
        lane = from.order.empty() ? waiting_.erase(lane) : std::next(lane);
    }
    return batch;
}

asio::awaitable<Inbox::Reading> Inbox::read(const Lanes& batch) {
    Reading reading;
    reading.read_at = ends_.quarantine ? ends_.quarantine->revision() : 0;
    if (const Error* error = down()) {
        reading.rows = *error;
        co_return reading;
    }
    std::vector<RowsRequest> requests;
    for (const auto& [stream, lane] : batch) {
        requests.push_back({stream, lane.asked()});
    }
    if (ends_.feed) {
        reading.rows = co_await ends_.feed->read_rows(std::move(requests));
        co_return reading;
    }
    std::vector<Result<RowReadings>> rows;
    for (const RowsRequest& request : requests) {
        rows.emplace_back(payloads(request));
    }
    reading.rows = std::move(rows);
    co_return reading;
}

asio::awaitable<void> Inbox::apply_batch(Reading reading) {
    InboxReport report;
    co_await apply_lanes(std::move(reading), report);
    end_batch(report);
}

asio::awaitable<void> Inbox::apply_lanes(Reading reading, InboxReport& report) {
    if (!reading.rows) {
        leave_all(reading.rows.error(), report);
        co_return;
    }
    if (const Error* lost = down()) {  // since it was read
        leave_all(Error{*lost}, report);
        co_return;
    }
    std::vector<const Stream*> streams;
    for (const auto& [stream, lane] : running_) {
        streams.push_back(stream);
    }
    const Result<std::vector<Result<void>>> prepared = co_await ends_.sink->prepare(streams);
    if (!prepared) {
        leave_all(prepared.error(), report);
        co_return;
    }
    ++status_.batches;
    for (std::size_t i = 0; i < streams.size(); ++i) {
        if (i > 0) {
            answer_settled();
        }
        const Stream& stream = *streams[i];
        Result<RowReadings>& rows = (*reading.rows)[i];
        if (!(*prepared)[i]) {
            leave_lane(stream, (*prepared)[i].error(), report);
        } else if (!rows) {
            leave_lane(stream, rows.error(), report);
        } else {
            if (ends_.echoes) {
                ends_.echoes->translate(stream, *rows);
            }
            co_await apply_lane(stream, *rows, reading.read_at, report);
        }
    }
}

void Inbox::end_batch(const InboxReport& report) {
    if (!trying_again_) {
        backoff_.reset();
    }
    if (listener_) {
        listener_(report);
    }
}

// The webhooks' own rows, those left out that are older than what was applied.
RowReadings Inbox::payloads(const RowsRequest& request) {
    RowReadings rows;
    const Recent& recent = recent_[request.stream];
    for (const Key& key : request.keys) {
        const Waiting& waiting = running_.at(request.stream).keys.at(key);
        RowReading row;
        row.change = *waiting.payload;
        row.presence = recent.is_stale(row.change)                 ? RowReading::Presence::filtered
                       : row.change.operation == Operation::remove ? RowReading::Presence::gone
                                                                   : RowReading::Presence::present;
        rows.emplace_back(std::move(row));
    }
    return rows;
}

asio::awaitable<void> Inbox::apply_lane(const Stream& stream, RowReadings& rows, Quarantine::Revision read_at,
                                        InboxReport& report) {
    const std::vector<Key> asked = running_.at(&stream).asked();
    KeyedBatch batch = keyed_batch(stream, asked, rows);
    if (ends_.delivered) {
        ends_.delivered->mark(stream, batch.changes);
    }
    const ApplyOutcome outcome = co_await apply_isolating(*ends_.sink, stream, batch.changes);
    log_conflicts(logger_, outcome.settled);
    if (outcome.stopped_by) {
        leave_lane(stream, *outcome.stopped_by, report);
        report.streams.back().changed = outcome.changed;
        report.streams.back().conflicts = outcome.settled;
        co_return;
    }
    // A key that the table cannot have (batch.failures) is the sender's mistake: there is no such row to sync or
    // remove.
    if (const Result<void> settled = settle(stream, batch, outcome.failures, read_at); !settled) {
        leave_lane(stream, settled.error(), report);
        report.streams.back().changed = outcome.changed;
        report.streams.back().conflicts = outcome.settled;
        co_return;
    }
    if (ends_.delivered) {
        ends_.delivered->note(stream, batch.changes, outcome.failures);
    }
    StreamReport lane;
    lane.stream = stream.name;
    lane.found = batch.changes.size();
    lane.synced = batch.changes.size() - outcome.failures.size();
    lane.changed = outcome.changed;
    lane.failed = outcome.failures.size();
    lane.parked = ends_.quarantine ? ends_.quarantine->size(stream.name) : 0;
    lane.conflicts = outcome.settled;
    report.streams.push_back(std::move(lane));
    failing_.erase(&stream);
    finish_lane(stream, rows, outcome.failures, report);
}

Result<void> Inbox::settle(const Stream& stream, const KeyedBatch& batch, const std::vector<RowFailure>& failures,
                           Quarantine::Revision read_at) {
    if (!ends_.quarantine) {
        for (const RowFailure& failure : failures) {
            logger_.warning("⚠️  Not applied: {} {}: {}", stream.name, failure.key, describe(failure.error));
        }
        remember(stream, batch);
        return {};
    }
    for (const RowFailure& failure : failures) {
        report_parked(logger_, *ends_.quarantine, stream.name, failure);
    }
    return ends_.quarantine->settle(stream.name, batch.tried, failures, clock_.now(), read_at);
}

void Inbox::remember(const Stream& stream, const KeyedBatch& batch) {
    for (const Change& change : batch.changes) {
        recent_[&stream].note(change);
    }
}

void Inbox::finish_lane(const Stream& stream, const RowReadings& rows, const std::vector<RowFailure>& failures,
                        InboxReport& report) {
    using Outcome = Delivery::Outcome;
    const Outcome failed = ends_.quarantine ? Outcome::parked : Outcome::rejected;
    std::map<std::string_view, const Error*> errors;
    for (const RowFailure& failure : failures) {
        errors.emplace(failure.key, &failure.error);
    }
    Lane lane = std::move(running_.extract(&stream).mapped());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Result<RowReading>& row = rows[i];
        const auto error = errors.find(row ? std::string_view{row->change.key} : std::string_view{lane.order[i]});
        const bool written = row && (row->presence == RowReading::Presence::present ||
                                     (row->presence == RowReading::Presence::gone && stream.operations.remove));
        Delivery delivery;
        if (error != errors.end()) {
            delivery = {failed, describe(*error->second), {}};
        } else if (!row) {
            delivery = {Outcome::rejected, describe(row.error()), {}};
        } else if (written) {
            delivery = {Outcome::committed, "", {}};
        } else {
            delivery = {Outcome::ignored, "there is nothing to sync of this row", {}};
            ++report.ignored;
        }
        lane.keys.at(lane.order[i]).finish(delivery, settled_);
    }
}

void Inbox::leave_all(const Error& error, InboxReport& report) {
    report.error = error;
    while (!running_.empty()) {
        leave_lane(*running_.begin()->first, error, report);
    }
}

// Once for each failure, as a catch-up would.
void Inbox::say_waiting(const Stream& stream, const Error& error) {
    std::string failure = describe(error);
    if (error.disposition != Disposition::stopped && failing_[&stream] != failure) {
        logger_.error("❌ Webhooks of {} wait: {}", stream.name, failure);
        failing_[&stream] = std::move(failure);
    }
}

// What could not be applied is left to a catch-up. What that would not find is noted first, or kept here.
void Inbox::leave_lane(const Stream& stream, const Error& error, InboxReport& report) {
    Lane lane = std::move(running_.extract(&stream).mapped());
    const bool is_noted = ends_.quarantine && note_owed(stream, lane);
    for (const Key& key : lane.order) {
        Waiting& waiting = lane.keys.at(key);
        const bool kept = ends_.quarantine ? waiting.removal && !is_noted : true;
        waiting.finish(waiting.removal && is_noted ? noted() : refused(error), settled_);
        if (kept) {
            keep(stream, key, std::move(waiting));
        }
    }
    if (!ends_.feed) {
        say_waiting(stream, error);
    }
    StreamReport left;
    left.stream = stream.name;
    left.error = error;
    report.streams.push_back(std::move(left));
    catch_up_owed_();
}

// Notes all that is to be noted and is not durable yet, in one go.
bool Inbox::note_owed(const Stream& stream, Lane& lane) {
    std::vector<Key> keys;
    for (const auto& [key, waiting] : lane.keys) {
        if (needs_note(waiting.removal) && !waiting.owed) {
            keys.push_back(key);
        }
    }
    if (keys.empty()) {
        return true;
    }
    if (!ends_.quarantine->owe(stream.name, keys, clock_.now())) {
        return false;
    }
    for (const Key& key : keys) {
        lane.keys.at(key).owed = true;
    }
    return true;
}

void Inbox::keep(const Stream& stream, const Key& key, Waiting waiting) {
    Lane& lane = waiting_[&stream];
    const auto [place, is_new] = lane.keys.try_emplace(key);
    Waiting& into = place->second;
    if (is_new) {
        lane.order.push_back(key);
    }
    if (waiting.payload && (!into.payload || !overtakes(*into.payload, *waiting.payload))) {
        into.payload = std::move(waiting.payload);
    }
    into.removal = into.removal || waiting.removal;
    trying_again_ = true;
}

}  // namespace revsync
