#include "sync/delivered.hpp"

#include <string_view>

namespace revsync {

void Delivered::Rows::erase(const Key& key) {
    if (const auto found = times.find(key); found != times.end()) {
        in_order.erase({found->second, key});
        times.erase(found);
    }
}

void Delivered::Rows::erase_oldest() {
    times.erase(in_order.begin()->second);
    in_order.erase(in_order.begin());
}

void Delivered::mark(const Stream& stream, std::vector<Change>& changes) const {
    const auto rows = streams_.find(stream.name);
    for (Change& change : changes) {
        const bool is_passed = rows != streams_.end() && change.changed_at < rows->second.cursor &&
                               parked_.find(stream.name, change.key) == nullptr;
        change.delivered =
            change.operation == Operation::upsert && (is_passed || find(stream.name, change.key) == change.changed_at);
    }
}

void Delivered::note(const Stream& stream, std::span<const Change> changes, const std::vector<RowFailure>& failures) {
    std::set<std::string_view> failed;
    for (const RowFailure& failure : failures) {
        failed.insert(failure.key);
    }
    Rows& rows = streams_[stream.name];
    for (const Change& change : changes) {
        if (failed.contains(change.key)) {
            continue;
        }
        rows.erase(change.key);
        if (change.operation == Operation::upsert && change.changed_at >= rows.cursor) {
            rows.times.emplace(change.key, change.changed_at);
            rows.in_order.emplace(change.changed_at, change.key);
        }
    }
    while (rows.times.size() > limit) {
        rows.erase_oldest();
    }
}

void Delivered::passed(const std::string& stream, Timestamp cursor) {
    Rows& rows = streams_[stream];
    rows.cursor = cursor;
    while (!rows.in_order.empty() && rows.in_order.begin()->first < cursor) {
        rows.erase_oldest();
    }
}

std::optional<Timestamp> Delivered::find(const std::string& stream, const Key& key) const {
    const auto rows = streams_.find(stream);
    if (rows == streams_.end()) {
        return std::nullopt;
    }
    const auto row = rows->second.times.find(key);
    return row == rows->second.times.end() ? std::nullopt : std::optional{row->second};
}

}  // namespace revsync
