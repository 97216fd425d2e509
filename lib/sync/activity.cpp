#include "sync/activity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sync/conflict.hpp"

namespace revsync {
namespace {

using Kind = ActivityEvent::Kind;

void count(Counts& counts, const StreamReport& report) {
    counts.found += report.found;
    counts.changed += report.changed;
    counts.failed += report.failed;
}

EndStatus end_status(std::string name, const EndHealth* health) {
    EndStatus status;
    status.name = std::move(name);
    status.configured = health != nullptr;
    if (health) {
        status.last_answer = health->last_answer;
        status.error = health->error;
    }
    return status;
}

std::vector<ParkedRow> latest(std::vector<ParkedRow> rows) {
    const std::size_t shown = std::min(rows.size(), Status::parked_shown);
    std::ranges::partial_sort(rows, rows.begin() + static_cast<std::ptrdiff_t>(shown), std::ranges::greater{},
                              &ParkedRow::last_failed);
    rows.resize(shown);
    return rows;
}

}  // namespace

Activity::Activity(const Mapping& mapping, Clock& clock) : mapping_{mapping}, clock_{clock}, started_{clock.now()} {
    add(Kind::started, "started");
}

void Activity::note(const CatchUpReport& report) {
    last_duration_ = report.duration;
    std::map<std::string, std::size_t> changed;
    for (const StreamReport& stream : report.streams) {
        Tally& tally = reverse(stream.stream);
        count(tally.poll, stream);
        note_parked(stream);
        note_conflicts(Direction::reverse, stream.conflicts);
        note_end(tally, stream.error ? stream.error : report.error);
        if (stream.changed > 0) {
            changed[stream.stream] = stream.changed;
        }
    }
    if (!changed.empty()) {
        add(Kind::caught_up, changed);
    }
    note_failure(failing_, report.first_error());
}

// Of a poll or a drain of one stream.
void Activity::note_end(Tally& tally, const std::optional<Error>& error) {
    tally.error = error;
    note_error(tally, error);
    if (!error) {
        tally.webhook_error.reset();
        tally.last_ok = clock_.now();
    }
}

void Activity::note_error(Tally& tally, const std::optional<Error>& error) {
    if (error && error->disposition != Disposition::stopped) {
        tally.last_error = PastError{*error, clock_.now()};
    }
}

// `failing` are the failures of that direction since it last ran well.
void Activity::note_failure(std::set<std::string>& failing, const Error* error) {
    if (error && error->disposition != Disposition::stopped && failing.insert(describe(*error)).second) {
        add(Kind::failed, describe(*error));
    } else if (!error && !failing.empty()) {
        failing.clear();
        add(Kind::recovered, failing_.empty() && drain_failing_.empty() ? "everything is in step again"
                                                                        : "one direction is in step again");
    }
}

void Activity::note(const InboxReport& report) {
    std::map<std::string, std::size_t> changed;
    for (const StreamReport& stream : report.streams) {
        Tally& tally = reverse(stream.stream);
        count(tally.webhook, stream);
        tally.webhook_error = stream.error;
        note_error(tally, stream.error);
        note_conflicts(Direction::reverse, stream.conflicts);
        if (!stream.error) {
            note_parked(stream);
        }
        if (stream.changed > 0) {
            changed[stream.stream] = stream.changed;
        }
    }
    if (!changed.empty()) {
        add(Kind::received, changed);
    }
}

// A daemon that stands by has found nothing out.
void Activity::note(const DrainReport& report) {
    if (report.queue_in_use()) {
        return;
    }
    std::map<std::string, std::size_t> changed;
    std::map<std::string, std::size_t> refused;
    for (const StreamReport& stream : report.streams) {
        Tally& tally = tallies_[{Direction::forward, stream.stream}];
        count(tally.queue, stream);
        note_end(tally, stream.error ? stream.error : report.error);
        if (stream.changed > 0) {
            changed[stream.stream] = stream.changed;
        }
        if (stream.failed > 0) {
            refused[stream.stream] = stream.failed;
        }
    }
    if (report.unknown > 0) {
        refused["of no stream"] = report.unknown;
    }
    if (!changed.empty()) {
        add(Kind::sent, changed);
    }
    if (!refused.empty()) {
        add(Kind::refused, refused);
    }
    note_conflicts(Direction::forward, report.conflicts);
    note_failure(drain_failing_, report.first_error());
}

void Activity::note_conflicts(Direction direction, const std::vector<SettledConflict>& conflicts) {
    for (const SettledConflict& conflict : conflicts) {
        Tally& tally = tallies_[{direction, conflict.stream}];
        ++(conflict.winner == Direction::forward ? tally.won_by_sqlserver : tally.won_by_supabase);
        add(Kind::settled, "both sides edited " + describe(conflict));
    }
}

void Activity::note_parked(const StreamReport& report) {
    std::size_t& before = reverse(report.stream).parked;
    if (report.parked > before) {
        add(Kind::parked, {{report.stream, report.parked - before}});
    } else if (report.parked < before) {
        add(Kind::released, {{report.stream, before - report.parked}});
    }
    before = report.parked;
}

// What is of the same kind as something that happened just before is told with it.
void Activity::add(ActivityEvent::Kind kind, const std::map<std::string, std::size_t>& counts) {
    const Timestamp now = clock_.now();
    const auto before = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
        return entry.event.kind == kind && now - entry.event.at < together;
    });
    Entry entry{{now, kind, ""}, counts};
    if (before != entries_.rend()) {
        entry.event.at = before->event.at;
        for (const auto& [stream, number] : before->counts) {
            entry.counts[stream] += number;
        }
        before->event.text = text_of(kind, entry.counts);
        before->counts = std::move(entry.counts);
        return;
    }
    entry.event.text = text_of(kind, entry.counts);
    push(std::move(entry));
}

void Activity::add(ActivityEvent::Kind kind, std::string text) {
    push({{clock_.now(), kind, std::move(text)}, {}});
}

void Activity::push(Entry entry) {
    entries_.push_back(std::move(entry));
    if (entries_.size() > Status::events_kept) {
        entries_.pop_front();
    }
}

std::string Activity::text_of(ActivityEvent::Kind kind, const std::map<std::string, std::size_t>& counts) const {
    std::string rows;
    for (const auto& [name, number] : counts) {
        const Stream* stream = mapping_.find(name);
        rows += fmt::format("{}{} {}", rows.empty() ? "" : ", ", number, stream ? stream->wording.counted : name);
    }
    switch (kind) {
        case Kind::caught_up:
            return "caught up with " + rows;
        case Kind::received:
            return "synced " + rows + " by webhook";
        case Kind::sent:
            return "sent " + rows + " to Supabase";
        case Kind::refused:
            return "not sent to Supabase: " + rows;
        case Kind::parked:
            return "parked " + rows;
        case Kind::released:
            return "no longer parked: " + rows;
        case Kind::started:
        case Kind::failed:
        case Kind::recovered:
        case Kind::settled:
            break;
    }
    return rows;
}

StreamStatus Activity::status_of(const Stream& stream, const StatusSources& sources) const {
    StreamStatus line;
    line.name = stream.name;
    line.direction = stream.direction;
    if (const auto found = tallies_.find({stream.direction, stream.name}); found != tallies_.end()) {
        const Tally& tally = found->second;
        line.poll = tally.poll;
        line.webhook = tally.webhook;
        line.queue = tally.queue;
        line.won_by_supabase = tally.won_by_supabase;
        line.won_by_sqlserver = tally.won_by_sqlserver;
        line.last_ok = tally.last_ok;
        line.error = tally.error ? tally.error : tally.webhook_error;
        line.last_error = tally.last_error;
    }
    if (stream.direction == Direction::reverse && sources.catch_up) {
        line.parked = sources.catch_up->quarantine().size(stream.name);
        const auto& cursors = sources.catch_up->state().cursors;
        if (const auto cursor = cursors.find(stream.name); cursor != cursors.end()) {
            line.position = cursor->second.changed_at;
        }
    }
    return line;
}

Status Activity::status(const StatusSources& sources) const {
    Status status;
    status.now = clock_.now();
    status.started = started_;
    status.last_duration = last_duration_;
    status.ends = {end_status("supabase", sources.feed ? &sources.feed->health() : nullptr),
                   end_status("sqlserver", sources.sink ? &sources.sink->health() : nullptr)};
    if (sources.poller) {
        status.catching_up = sources.poller->running();
        status.next_poll = sources.poller->next_run();
    }
    if (sources.inbox) {
        status.inbox = sources.inbox->status();
    }
    for (const Stream* stream : mapping_.of(Direction::reverse)) {
        status.streams.push_back(status_of(*stream, sources));
    }
    if (sources.drainer) {
        status.queue = sources.drainer->status();
        for (const Stream* stream : mapping_.of(Direction::forward)) {
            status.streams.push_back(status_of(*stream, sources));
        }
    }
    if (sources.catch_up) {
        status.last_poll = sources.catch_up->state().last_poll;
        status.parked = latest(sources.catch_up->quarantine().rows());
    }
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        status.events.push_back(entry->event);
    }
    return status;
}

}  // namespace revsync
