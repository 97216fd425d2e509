#include "sync/drain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sync/conflict.hpp"

namespace revsync {

namespace asio = boost::asio;

namespace {

void add_verdicts(std::vector<QueueVerdict>& verdicts, const CoalescedItem& one, const std::optional<Error>& error) {
    verdicts.push_back({one.item.id, error});
    for (const std::int64_t id : one.older) {
        verdicts.push_back({id, error});
    }
}

}  // namespace

struct Drain::Run {
    DrainReport report;
    std::int64_t after = 0;  // the last id that was read
    bool queue_failed = false;
    // Rows that are left for a later run; their later items too, which they must not overtake.
    std::map<const Stream*, std::map<Key, Error>> held_up;

    StreamReport& lane(const Stream* stream) {
        return *std::ranges::find(report.streams, stream->name, &StreamReport::stream);
    }
    bool is_held_up(const QueueItem& item) const {
        const auto keys = held_up.find(item.stream);
        return keys != held_up.end() && keys->second.contains(item.change.key);
    }
};

Drain::Drain(DrainEnds ends, Gate& gate, Clock& clock, const Logger& logger, const Mapping& mapping,
             DrainSettings settings, std::function<void()> reverse_owed)
    : ends_{ends},
      gate_{gate},
      clock_{clock},
      logger_{logger},
      settings_{settings},
      reverse_owed_{std::move(reverse_owed)},
      streams_{mapping.of(Direction::forward)} {
    for (const Stream* stream : streams_) {
        pairs_.push_back({stream, mapping.reader_of(stream->target)});
    }
}

asio::awaitable<DrainReport> Drain::run(Verbosity verbosity) {
    const auto started = clock_.steady_now();
    verbosity_ = verbosity;
    if (verbosity == Verbosity::announce) {
        failures_said_.clear();
    }
    Run run;
    for (const Stream* stream : streams_) {
        StreamReport lane;
        lane.stream = stream->name;
        run.report.streams.push_back(std::move(lane));
    }
    run.report.error = co_await drain_pages(run);
    if (!run.queue_failed) {
        const std::optional<Error> error = co_await look_after(run);
        run.report.error = run.report.error ? run.report.error : error;
    }
    report_held_up(run);
    run.report.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - started);
    log_end(run.report);
    co_return std::move(run.report);
}

asio::awaitable<std::optional<Error>> Drain::drain_pages(Run& run) {
    if (std::optional<Error> error = co_await prepare(run)) {
        co_return error;
    }
    bool more = true;
    while (more && !stop_requested_) {
        const Gate::Hold hold = co_await gate_.enter();
        Result<QueuePage> page = co_await ends_.queue.read(settings_.page_size, run.after);
        if (!page) {
            run.queue_failed = true;
            co_return page.error();
        }
        more = page->more && !page->items.empty();
        const std::vector<CoalescedItem> items = take_in(run, std::move(page->items));
        const ForwardOutcome outcome = co_await write(run, items);
        if (std::optional<Error> error = co_await settle(run, outcome)) {
            co_return error;
        }
    }
    co_return std::nullopt;
}

std::vector<CoalescedItem> Drain::take_in(Run& run, std::vector<QueueItem> items) const {
    for (const QueueItem& item : items) {
        run.after = item.id;
        if (item.stream == nullptr) {
            ++run.report.unknown;
        } else {
            ++run.lane(item.stream).found;
        }
    }
    return coalesce(std::move(items), streams_);
}

asio::awaitable<std::optional<Error>> Drain::prepare(Run& run) {
    const Result<std::vector<Result<void>>> prepared = co_await ends_.sink.prepare(pairs_);
    if (!prepared) {
        co_return prepared.error();
    }
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
        const Result<void>& result = prepared->at(i);
        std::optional<Error>& error = run.report.streams[i].error;
        if (!result && !error) {
            error = result.error();
            log_failure(*error);
        }
    }
    co_return std::nullopt;
}

asio::awaitable<ForwardOutcome> Drain::write(Run& run, std::span<const CoalescedItem> items) {
    ForwardOutcome unfit;
    std::vector<const CoalescedItem*> fit;
    for (const CoalescedItem& one : items) {
        if (one.item.error && one.item.error->disposition == Disposition::row) {
            unfit.failures.emplace_back(&one, *one.item.error);
        } else if (one.item.error && one.item.error->disposition == Disposition::retry) {
            unfit.held_up.emplace_back(&one, *one.item.error);
        } else if (one.item.error) {
            unfit.streams.emplace(one.item.stream, *one.item.error);
        } else if (!run.lane(one.item.stream).error && !run.is_held_up(one.item)) {
            fit.push_back(&one);
        }
    }
    MakeBatches make_batches = [this](std::span<const CoalescedItem* const> part) {
        uncommitted_.clear();  // what a refused commit would have left behind
        return batches_of(part);
    };
    BeforeCommit before_commit = [this](std::vector<Echo> echoes) { return may_commit(std::move(echoes)); };
    std::function<void()> committed = [this] {
        ends_.reverse.echoes().supersede(uncommitted_);
        uncommitted_.clear();
    };
    ForwardOutcome outcome = co_await apply_isolating(ends_.sink, pairs_, fit, std::move(make_batches),
                                                      std::move(before_commit), std::move(committed));
    std::ranges::move(unfit.failures, std::back_inserter(outcome.failures));
    std::ranges::move(unfit.held_up, std::back_inserter(outcome.held_up));
    outcome.streams.merge(unfit.streams);
    for (const auto& [stream, rows] : outcome.changed) {
        run.lane(stream).changed += rows;
    }
    co_return outcome;
}

std::vector<ForwardBatch> Drain::batches_of(std::span<const CoalescedItem* const> items) const {
    std::vector<ForwardBatch> batches;
    for (const ForwardPair& pair : pairs_) {
        ForwardBatch batch;
        batch.pair = pair;
        for (const CoalescedItem* one : items) {
            if (one->item.stream == pair.stream) {
                batch.items.push_back(&one->item);
            }
        }
        if (batch.items.empty()) {
            continue;
        }
        if (pair.reader != nullptr) {
            batch.reverse = view_of(*pair.reader, batch.items);
        }
        batches.push_back(std::move(batch));
    }
    return batches;
}

ReverseView Drain::view_of(const Stream& reader, const std::vector<const QueueItem*>& items) const {
    ReverseView view;
    const auto& cursors = ends_.reverse.state().cursors;
    if (const auto cursor = cursors.find(reader.name); cursor != cursors.end()) {
        view.delivered_until = cursor->second.changed_at;
    }
    for (const QueueItem* item : items) {
        if (ends_.reverse.quarantine().find(reader.name, item->change.key) != nullptr) {
            view.undelivered.insert(item->change.key);
        }
        if (const auto delivered = ends_.reverse.delivered().find(reader.name, item->change.key)) {
            view.delivered.emplace(item->change.key, *delivered);
        }
        std::ranges::move(ends_.reverse.echoes().of(reader.name, item->change.key), std::back_inserter(view.echoes));
    }
    return view;
}

// Whoever takes the queue over from here on waits for the rows that are locked now, and writes its newer items after.
asio::awaitable<Result<void>> Drain::may_commit(std::vector<Echo> echoes) {
    if (Result<void> held = co_await ends_.queue.still_held(); !held) {
        co_return held;
    }
    if (echoes.empty()) {
        co_return Result<void>{};
    }
    uncommitted_ = std::move(echoes);
    co_return ends_.reverse.echoes().remember(uncommitted_);
}

asio::awaitable<std::optional<Error>> Drain::settle(Run& run, const ForwardOutcome& outcome) {
    tell(run, outcome.conflicts);
    for (const auto& [stream, error] : outcome.streams) {
        run.lane(stream).error = error;
        log_failure(error);
    }
    for (const auto& [one, error] : outcome.held_up) {
        run.held_up[one->item.stream].emplace(one->item.change.key, error);
    }
    if (const Result<void> owed = owe(outcome.conflicts); !owed) {
        co_return owed.error();
    }
    std::vector<QueueVerdict> verdicts;
    for (const CoalescedItem* one : outcome.applied) {
        add_verdicts(verdicts, *one, std::nullopt);
    }
    for (const auto& [one, error] : outcome.failures) {
        report_failure(*one, error);
        add_verdicts(verdicts, *one, error);
    }
    if (!verdicts.empty()) {
        if (const Result<void> settled = co_await ends_.queue.settle(std::move(verdicts)); !settled) {
            run.queue_failed = true;
            co_return settled.error();
        }
    }
    conflicts_said_.clear();
    for (const CoalescedItem* one : outcome.applied) {
        run.lane(one->item.stream).synced += 1 + one->older.size();
    }
    for (const auto& [one, error] : outcome.failures) {
        if (one->item.stream != nullptr) {
            run.lane(one->item.stream).failed += 1 + one->older.size();
        }
    }
    co_return outcome.stopped_by;
}

// An edit of Supabase's that won is met again by an item that could not be settled.
void Drain::tell(Run& run, const std::vector<SettledConflict>& conflicts) {
    std::vector<SettledConflict> unsaid;
    std::ranges::copy_if(conflicts, std::back_inserter(unsaid), [this](const SettledConflict& conflict) {
        return conflicts_said_.insert(describe(conflict)).second;
    });
    log_conflicts(logger_, unsaid);
    std::ranges::move(unsaid, std::back_inserter(run.report.conflicts));
}

// Where Supabase's edit was the newer one, SQL Server takes it now, though it may have had it before.
Result<void> Drain::owe(const std::vector<SettledConflict>& conflicts) {
    std::map<const Stream*, std::vector<Key>> keys;
    for (const SettledConflict& conflict : conflicts) {
        const auto pair = std::ranges::find_if(
            pairs_, [&](const ForwardPair& candidate) { return candidate.stream->name == conflict.stream; });
        if (conflict.winner == Direction::reverse && pair != pairs_.end() && pair->reader != nullptr) {
            keys[pair->reader].push_back(conflict.key);
        }
    }
    for (const auto& [reader, owed] : keys) {
        if (Result<void> noted = ends_.reverse.quarantine().owe(reader->name, owed, clock_.now()); !noted) {
            return noted;
        }
    }
    if (!keys.empty()) {
        reverse_owed_();
    }
    return {};
}

void Drain::report_held_up(Run& run) {
    for (const auto& [stream, keys] : run.held_up) {
        const auto& [key, error] = *keys.begin();
        say_held_up(*stream, keys.size(), key, error);
        std::optional<Error>& failure = run.lane(stream).error;
        failure = failure ? failure : error;
    }
}

asio::awaitable<std::optional<Error>> Drain::look_after(Run& run) {
    const Result<QueueCounts> counts = co_await ends_.queue.counts();
    if (!counts) {
        co_return counts.error();
    }
    run.report.counts = *counts;
    if (const Result<void> forgotten = forget_echoes(*counts); !forgotten) {
        co_return forgotten.error();
    }
    co_await purge();
    co_return std::nullopt;
}

// While an item may come that is older than a write of ours, the write must not be taken for an edit that is newer.
Result<void> Drain::forget_echoes(const QueueCounts& counts) {
    const auto& cursors = ends_.reverse.state().cursors;
    return ends_.reverse.echoes().forget([&](const Echo& echo) {
        const auto cursor = cursors.find(echo.stream);
        const Timestamp until = echo.stamped + echo_kept;
        return cursor != cursors.end() && until < cursor->second.changed_at &&
               !(counts.oldest_pending && *counts.oldest_pending <= until) &&
               ends_.reverse.quarantine().find(echo.stream, echo.key) == nullptr;
    });
}

// Old items harm nobody: a failure to delete them fails nothing, and what is new does not wait for many of them.
asio::awaitable<void> Drain::purge() {
    const auto now = clock_.steady_now();
    if (purged_ && now - *purged_ < settings_.purge_interval) {
        co_return;
    }
    const Result<std::size_t> purged = co_await ends_.queue.purge(settings_.retention, purge_limit);
    if (!purged) {
        logger_.warning("⚠️  Old queue items could not be deleted: {}", describe(purged.error()));
    }
    if (!purged || *purged < purge_limit) {
        purged_ = now;
    }
}

}  // namespace revsync
