// A page of the queue reduced to one item per row. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sync/forward_ends.hpp"

namespace revsync {

// The newest item of a row, which stands for all of them. Its `edited` holds each column's latest time.
struct CoalescedItem {
    QueueItem item;
    std::vector<std::int64_t> older;  // ids of the items that share its fate
};

// One per stream and key, in the order in which they may be applied: upserts parents first, then removals children
// first; rows of one stream by their ids. Items of no stream come last, each for itself.
std::vector<CoalescedItem> coalesce(std::vector<QueueItem> items, const std::vector<const Stream*>& parents_first);

}  // namespace revsync
