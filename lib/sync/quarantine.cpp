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

ParkedRow owed(const std::string& stream, const Key& key, Timestamp now) {
    const Error pending{Disposition::row, "pending", "it is owed to SQL Server and is delivered later"};
    return parked_again(nullptr, stream, {key, now, pending}, now);
}

}  // namespace

void Quarantine::Next::add(ParkedRow row, Revision revision) {
    rows.push_back(std::move(row));
    changed.push_back(revision);
}

Result<void> Quarantine::load() {
    Result<std::vector<ParkedRow>> rows = checkpoint_.load_quarantine();
    if (!rows) {
        return rows.error();
    }
    rows_ = std::move(*rows);
    changed_.assign(rows_.size(), revision_);
    return {};
}

Result<void> Quarantine::settle(const std::string& stream, std::span<const Key> tried,
                                std::span<const RowFailure> failures, Timestamp now, Revision read_at) {
    if (failures.empty() && size(stream) == 0) {
        return {};
    }
    const std::set<Key> released(tried.begin(), tried.end());
    std::set<Key> failed;
    for (const RowFailure& failure : failures) {
        failed.insert(failure.key);
    }
    Next next;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const ParkedRow& row = rows_[i];
        const bool owed_since = changed_[i] > read_at;
        const bool goes = failed.contains(row.key) || (released.contains(row.key) && !owed_since);
        if (row.stream != stream || !goes) {
            next.add(row, changed_[i]);
        }
    }
    if (failures.empty() && next.rows.size() == rows_.size()) {
        return {};
    }
    for (const RowFailure& failure : failures) {
        next.add(parked_again(find(stream, failure.key), stream, failure, now), revision_ + 1);
    }
    return become(stream, std::move(next));
}

Result<void> Quarantine::owe(const std::string& stream, std::span<const Key> keys, Timestamp now) {
    std::set<Key> wanted(keys.begin(), keys.end());
    Next next;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const bool is_owed = rows_[i].stream == stream && wanted.erase(rows_[i].key) > 0;
        next.add(rows_[i], is_owed ? revision_ + 1 : changed_[i]);
    }
    if (wanted.empty()) {  // all are durable already
        changed_ = std::move(next.changed);
        ++revision_;
        return {};
    }
    for (const Key& key : wanted) {
        next.add(owed(stream, key, now), revision_ + 1);
    }
    return become(stream, std::move(next));
}

Result<void> Quarantine::become(const std::string& stream, Next next) {
    const auto parked = std::ranges::count(next.rows, stream, &ParkedRow::stream);
    if (parked > static_cast<std::ptrdiff_t>(limit_per_stream)) {
        return Error{Disposition::stream, "",
                     fmt::format("{}: more than {} rows cannot be applied, the last with: {}; look for what they have "
                                 "in common, nothing has been skipped",
                                 stream, limit_per_stream, next.rows.back().error_text)};
    }
    if (Result<void> saved = checkpoint_.save_quarantine(next.rows); !saved) {
        return saved;
    }
    rows_ = std::move(next.rows);
    changed_ = std::move(next.changed);
    ++revision_;
    return {};
}

std::vector<Key> Quarantine::due(const std::string& stream, std::size_t count, Revision before) const {
    std::vector<const ParkedRow*> candidates;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].stream == stream && changed_[i] <= before) {
            candidates.push_back(&rows_[i]);
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
