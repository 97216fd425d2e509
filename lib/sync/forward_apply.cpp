#include "sync/forward_apply.hpp"

#include <algorithm>
#include <iterator>

namespace revsync {
namespace {

using Items = std::vector<const CoalescedItem*>;

const Stream* stream_of(const CoalescedItem* item) {
    return item->item.stream;
}

bool is_of_one_stream(const Items& items) {
    return std::ranges::all_of(items, [&](const auto* item) { return stream_of(item) == stream_of(items.front()); });
}

// Each stream's items by themselves, in the order in which the streams come; the first one last.
std::vector<Items> by_stream(const Items& items) {
    std::vector<Items> parts;
    for (const CoalescedItem* item : items) {
        auto part =
            std::ranges::find_if(parts, [&](const Items& p) { return stream_of(p.front()) == stream_of(item); });
        if (part == parts.end()) {
            part = parts.insert(parts.end(), Items{});
        }
        part->push_back(item);
    }
    std::ranges::reverse(parts);
    return parts;
}

void take(ForwardOutcome& outcome, const Items& items, const std::vector<ForwardBatch>& batches,
          ForwardApplied applied) {
    for (std::size_t i = 0; i < batches.size() && i < applied.changed.size(); ++i) {
        outcome.changed[batches[i].pair.stream] += applied.changed[i];
    }
    for (const CoalescedItem* item : items) {
        const auto refused = std::ranges::find(applied.refused, item->item.id, &std::pair<std::int64_t, Error>::first);
        if (refused == applied.refused.end()) {
            outcome.applied.push_back(item);
        } else {
            outcome.failures.emplace_back(item, refused->second);
        }
    }
    std::ranges::move(applied.conflicts, std::back_inserter(outcome.conflicts));
}

void halve(const Items& part, std::vector<Items>& waiting) {
    const auto half = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    waiting.emplace_back(half, part.end());
    waiting.emplace_back(part.begin(), half);
}

// Looks at the streams again after one of them has failed; those that do not fit are out.
boost::asio::awaitable<std::optional<Error>> prepare_again(ForwardSink& sink, std::span<const ForwardPair> pairs,
                                                           ForwardOutcome& outcome) {
    std::vector<ForwardPair> all{pairs.begin(), pairs.end()};
    const Result<std::vector<Result<void>>> prepared = co_await sink.prepare(std::move(all));
    if (!prepared) {
        co_return prepared.error();
    }
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (const Result<void>& result = prepared->at(i); !result) {
            outcome.streams.emplace(pairs[i].stream, result.error());
        }
    }
    co_return std::nullopt;
}

}  // namespace

boost::asio::awaitable<ForwardOutcome> apply_isolating(ForwardSink& sink, std::span<const ForwardPair> pairs,
                                                       std::span<const CoalescedItem* const> items,
                                                       MakeBatches make_batches, BeforeCommit before_commit,
                                                       std::function<void()> committed) {
    ForwardOutcome outcome;
    std::vector<Items> waiting;  // the next one last, so that items keep their order
    waiting.emplace_back(items.begin(), items.end());
    int hold_ups = 0;
    while (!waiting.empty() && !outcome.stopped_by) {
        Items part = std::move(waiting.back());
        waiting.pop_back();
        std::erase_if(part, [&](const auto* item) { return outcome.streams.contains(stream_of(item)); });
        if (part.empty()) {
            continue;
        }
        const std::vector<ForwardBatch> batches = make_batches(part);
        Result<ForwardApplied> applied = co_await sink.apply(batches, before_commit);
        if (applied && applied->held_up) {
            if (++hold_ups <= hold_up_limit && part.size() > 1) {
                halve(part, waiting);
            } else {
                std::ranges::transform(part, std::back_inserter(outcome.held_up), [&](const auto* item) {
                    return std::pair{item, *applied->held_up};
                });
            }
        } else if (applied) {
            committed();
            take(outcome, part, batches, std::move(*applied));
        } else if (applied.error().disposition == Disposition::stream) {
            if (is_of_one_stream(part)) {
                outcome.streams.emplace(stream_of(part.front()), applied.error());
            } else {
                std::ranges::move(by_stream(part), std::back_inserter(waiting));
            }
            outcome.stopped_by = co_await prepare_again(sink, pairs, outcome);
        } else if (applied.error().disposition != Disposition::row) {
            outcome.stopped_by = applied.error();
        } else if (part.size() == 1) {
            outcome.failures.emplace_back(part.front(), applied.error());
        } else {
            halve(part, waiting);
        }
    }
    co_return outcome;
}

}  // namespace revsync
