#include "sync/apply.hpp"

#include <algorithm>

namespace revsync {
namespace {

void add(ApplyOutcome& outcome, const Applied& applied, std::span<const Change> changes) {
    outcome.changed += applied.changed();
    for (const SettledConflict& conflict : applied.settled) {
        // A newer edit of the lab's may have come on top of what it had received.
        const auto change = std::ranges::find(changes, conflict.key, &Change::key);
        if (conflict.winner == Direction::reverse || change == changes.end() || !change->delivered) {
            outcome.settled.push_back(conflict);
        }
    }
    for (const Refusal& refusal : applied.refused) {
        const auto change = std::ranges::find(changes, refusal.key, &Change::key);
        // The row under the key of a removal is the other side's: the one that is gone never stood there.
        if (change != changes.end() && change->operation == Operation::remove) {
            continue;
        }
        const Timestamp changed_at = change == changes.end() ? Timestamp{} : change->changed_at;
        outcome.failures.push_back({refusal.key, changed_at, refusal.error});
    }
}

}  // namespace

boost::asio::awaitable<ApplyOutcome> apply_isolating(Sink& sink, const Stream& stream,
                                                     std::span<const Change> changes) {
    ApplyOutcome outcome;
    std::vector<std::span<const Change>> waiting;  // the next one last, so that rows keep their order
    if (!changes.empty()) {
        waiting.push_back(changes);
    }
    while (!waiting.empty()) {
        const std::span<const Change> part = waiting.back();
        waiting.pop_back();
        Result<Applied> applied = co_await sink.apply(stream, part);
        if (applied) {
            add(outcome, *applied, part);
        } else if (applied.error().disposition != Disposition::row) {
            outcome.stopped_by = applied.error();
            break;
        } else if (part.size() == 1) {
            outcome.failures.push_back({part.front().key, part.front().changed_at, applied.error()});
        } else {
            const std::size_t half = part.size() / 2;
            waiting.push_back(part.subspan(half));
            waiting.push_back(part.first(half));
        }
    }
    co_return outcome;
}

}  // namespace revsync
