#include "sync/coalesce.hpp"

#include <algorithm>
#include <tuple>

namespace revsync {
namespace {

// `newer` takes the place of what was coalesced so far.
void supersede(CoalescedItem& coalesced, QueueItem newer) {
    coalesced.older.push_back(coalesced.item.id);
    for (const auto& [column, time] : coalesced.item.edited) {
        Timestamp& latest = newer.edited.try_emplace(column, time).first->second;
        latest = std::max(latest, time);
    }
    coalesced.item = std::move(newer);
}

// Where an item stands in a transaction that breaks no reference.
std::size_t turn(const QueueItem& item, const std::vector<const Stream*>& parents_first) {
    const auto place = static_cast<std::size_t>(std::ranges::find(parents_first, item.stream) - parents_first.begin());
    const std::size_t streams = parents_first.size();
    return item.change.operation == Operation::upsert || place == streams ? place : 2 * streams - place;
}

}  // namespace

std::vector<CoalescedItem> coalesce(std::vector<QueueItem> items, const std::vector<const Stream*>& parents_first) {
    std::vector<CoalescedItem> coalesced;
    std::map<std::pair<const Stream*, Key>, std::size_t> places;
    for (QueueItem& item : items) {
        const auto [place, is_new] = places.try_emplace({item.stream, item.change.key}, coalesced.size());
        if (is_new || item.stream == nullptr) {
            coalesced.push_back({std::move(item), {}});
        } else {
            supersede(coalesced[place->second], std::move(item));
        }
    }
    std::ranges::sort(coalesced, {}, [&](const CoalescedItem& one) {
        return std::tuple{one.item.stream == nullptr, turn(one.item, parents_first), one.item.id};
    });
    return coalesced;
}

}  // namespace revsync
