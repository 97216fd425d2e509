#include "sync/quarantine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace revsync {
namespace {

ParkedRow parked_again(const ParkedRow* before, const std::string& stream, const RowFailure& failure, Timestamp now) {
    ParkedRow row;
    row.stream = stream;
    row.key = failure.key;
    row.error_code = failure.error.code;
    row.error_text = failure.error.text;
    row.changed_at = failure.changed_at;
    row.first_failed = before ? before->first_failed : now;
    row.last_failed = now;
    row.attempts = before ? before->attempts + 1 : 1;
    return row;
}

}  // namespace

Result<void> Quarantine::load() {
    Result<std::vector<ParkedRow>> rows = checkpoint_.load_quarantine();
    if (!rows) {
        return rows.error();
    }
    rows_ = std::move(*rows);
    return {};
}

Result<void> Quarantine::settle(const std::string& stream, std::span<const Key> tried,
                                std::span<const RowFailure> failures, Timestamp now) {
    if (failures.empty() && size(stream) == 0) {
        return {};
    }
    std::set<Key> settled(tried.begin(), tried.end());
    for (const RowFailure& failure : failures) {
        settled.insert(failure.key);
    }
    std::vector<ParkedRow> next;
    for (const ParkedRow& row : rows_) {
        if (row.stream != stream || !settled.contains(row.key)) {
            next.push_back(row);
        }
    }
    if (failures.empty() && next.size() == rows_.size()) {
        return {};
    }
    for (const RowFailure& failure : failures) {
        next.push_back(parked_again(find(stream, failure.key), stream, failure, now));
    }
    if (std::ranges::count(next, stream, &ParkedRow::stream) > static_cast<std::ptrdiff_t>(limit_per_stream)) {
        return Error{Disposition::stream, "",
                     fmt::format("{}: more than {} rows cannot be applied, the last with: {}; look for what they have "
                                 "in common, nothing has been skipped",
                                 stream, limit_per_stream, failures.back().error.text)};
    }
    if (Result<void> saved = checkpoint_.save_quarantine(next); !saved) {
        return saved;
    }
    rows_ = std::move(next);
    return {};
}

std::vector<Key> Quarantine::due(const std::string& stream, std::size_t count, Timestamp before) const {
    std::vector<const ParkedRow*> candidates;
    for (const ParkedRow& row : rows_) {
        if (row.stream == stream && row.last_failed < before) {
            candidates.push_back(&row);
        }
    }
    std::ranges::stable_sort(candidates, {}, &ParkedRow::last_failed);
    candidates.resize(std::min(count, candidates.size()));
    std::vector<Key> keys;
    for (const ParkedRow* row : candidates) {
        keys.push_back(row->key);
    }
    return keys;
}

const ParkedRow* Quarantine::find(const std::string& stream, const Key& key) const {
    const auto row = std::ranges::find_if(
        rows_, [&](const ParkedRow& parked) { return parked.stream == stream && parked.key == key; });
    return row == rows_.end() ? nullptr : &*row;
}

std::size_t Quarantine::size(const std::string& stream) const {
    return static_cast<std::size_t>(std::ranges::count(rows_, stream, &ParkedRow::stream));
}

}  // namespace revsync
