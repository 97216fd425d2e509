#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sync/coalesce.hpp"
#include "sync/forward_ends.hpp"

namespace revsync {

// What became of a page's items. Those that are among none of `applied`, `failures` and `held_up` have not been
// tried to the end, for the reason that their stream has in `streams`, or else for `stopped_by`.
struct ForwardOutcome {
    std::vector<const CoalescedItem*> applied;
    std::vector<std::pair<const CoalescedItem*, Error>> failures;  // disposition row
    std::vector<std::pair<const CoalescedItem*, Error>> held_up;   // left for later: ForwardApplied::held_up
    std::map<const Stream*, std::size_t> changed;                  // rows inserted, updated or removed
    std::map<const Stream*, Error> streams;                        // those that cannot be written at all
    std::vector<SettledConflict> conflicts;
    std::optional<Error> stopped_by;  // retry, in doubt, configuration, stopped
};

// Enough to find two such rows in a page of a thousand.
inline constexpr int hold_up_limit = 24;

// Makes batches of items that may go into one transaction.
using MakeBatches = std::function<std::vector<ForwardBatch>(std::span<const CoalescedItem* const>)>;

// Writes `items`, which come in the order of coalesce(), in one transaction when nothing is wrong. When an item in it
// is at fault or held up, halves it until that item stands alone; when a stream is, each stream stands alone, after all
// `pairs` have been prepared again. After `hold_up_limit` waits for others nothing is halved for them any more, so that
// the call takes a bounded time: a part that is held up then is so as a whole. `committed` is called after each
// transaction. What is given must outlive the call.
boost::asio::awaitable<ForwardOutcome> apply_isolating(ForwardSink& sink, std::span<const ForwardPair> pairs,
                                                       std::span<const CoalescedItem* const> items,
                                                       MakeBatches make_batches, BeforeCommit before_commit,
                                                       std::function<void()> committed);

}  // namespace revsync
