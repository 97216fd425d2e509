#include "support/memory/memory_triggers.hpp"

#include <algorithm>

namespace revsync::memory {

using Status = QueueEntry::Status;

namespace {

std::string value_of(const Columns& row, const std::string& column) {
    const auto found = row.find(column);
    return found == row.end() ? "" : found->second;
}

// Computed columns of this table follow what we write.
bool computes(const std::string& table) {
    return table == "tblAlignerBatches";
}

}  // namespace

const Stream* MemoryTriggers::stream_from(const std::string& table) const {
    for (const Stream* stream : mapping_.of(Direction::forward)) {
        if (stream->source.table == table) {
            return stream;
        }
    }
    return nullptr;
}

// Only rows that are SQL Server's are queued; all deletions are.
bool MemoryTriggers::carries(const Stream& stream, const Columns& row) const {
    return !stream.owned_rows || std::ranges::any_of(stream.columns, [&](const ColumnPair& pair) {
        return pair.target == stream.owned_rows->column && value_of(row, pair.source) == stream.owned_rows->value;
    });
}

void MemoryTriggers::fire(const std::string& table, std::int64_t id, const Columns* before, const Columns* after,
                          bool own) {
    const Stream* stream = stream_from(table);
    if (stream == nullptr || (own && generation_ == Generation::scripts) || (after && !carries(*stream, *after))) {
        return;
    }
    QueueEntry entry;
    entry.table = stream->target.table;
    entry.record = id;
    entry.operation = after ? Operation::upsert : Operation::remove;
    entry.inserted = after && !before;
    if (after && generation_ == Generation::carrying) {
        entry.row = change_of(*stream, id, *after).row;
    }
    std::set<std::string> shared;
    bool changed = !before || !after;
    for (const ColumnPair& pair : stream->columns) {
        const bool differs = !before || !after || value_of(*before, pair.source) != value_of(*after, pair.source);
        changed = changed || differs;
        if (differs && pair.owner == Owner::shared) {
            shared.insert(pair.target);
        }
    }
    if (!changed) {
        return;
    }
    if (generation_ == Generation::scripts && after) {
        entry.edited = shared;
    }
    entry.own = own;
    if (own && !(after && computes(table))) {
        entry.status = Status::synced;
    }
    queue_.put(std::move(entry));
}

std::optional<Timestamp> MemoryTriggers::last_edit(const std::string& table, std::int64_t id,
                                                   const std::string& column) const {
    const Stream* stream = stream_from(table);
    if (stream == nullptr) {
        return std::nullopt;
    }
    const auto pair = std::ranges::find(stream->columns, column, &ColumnPair::source);
    return pair == stream->columns.end() ? std::nullopt : queue_.last_edit(*stream, id, *pair);
}

void MemoryTriggers::queue_again(const std::string& table, std::int64_t id, Timestamp edited) {
    const Stream* stream = stream_from(table);
    std::int64_t newest = 0;
    for (const auto& [number, entry] : queue_.entries()) {
        const bool is_it = entry.table == stream->target.table && entry.record == id && !entry.own;
        newest = is_it && entry.created + queue_.offset == edited ? number : newest;
    }
    QueueEntry& entry = queue_.entry(newest);
    if (entry.status != Status::pending) {
        entry.status = Status::pending;
        entry.attempts = 1;
        entry.last_attempt.reset();
    }
}

bool MemoryTriggers::send_as_it_is(const std::string& table, std::int64_t id, const std::string& column) {
    const Stream* stream = stream_from(table);
    const auto pair = std::ranges::find(stream->columns, column, &ColumnPair::source);
    return queue_.send_as_it_is(*stream, id, *pair);
}

bool MemoryTriggers::lab_deleted(const std::string& table, std::int64_t id) const {
    const Stream* stream = stream_from(table);
    return stream && std::ranges::any_of(queue_.entries(), [&](const auto& entry) {
               const QueueEntry& queued = entry.second;
               return queued.table == stream->target.table && queued.record == id &&
                      queued.operation == Operation::remove && !queued.own;
           });
}

void MemoryTriggers::end_row_before(const std::string& table, std::int64_t id) {
    const Stream* stream = stream_from(table);
    for (const auto& [number, entry] : queue_.entries()) {
        if (stream && entry.table == stream->target.table && entry.record == id && entry.status == Status::pending) {
            queue_.entry(number).status = Status::synced;
        }
    }
}

}  // namespace revsync::memory
