#include "support/memory/memory_queue.hpp"

#include <algorithm>
#include <iterator>

#include "core/raw_json.hpp"
#include "support/memory/rows.hpp"

namespace revsync::memory {

namespace asio = boost::asio;

using Status = QueueEntry::Status;

namespace {

std::optional<std::string> member(const std::optional<std::string>& row, const std::string& name) {
    if (!row) {
        return std::nullopt;
    }
    const auto json = RawJson::parse(*row);
    if (!json || !json->is_object()) {
        return std::nullopt;
    }
    const auto members = json->members();
    const auto found = members.find(name);
    return found == members.end() ? "null" : found->second.compact();
}

}  // namespace

std::int64_t MemoryQueueTable::put(QueueEntry entry) {
    if (entry.created == Timestamp{}) {
        entry.created = now();
    }
    entries_.emplace(next_id_, std::move(entry));
    return next_id_++;
}

std::optional<Timestamp> MemoryQueueTable::due_at(const QueueEntry& entry) const {
    if (entry.attempts == 0 || !entry.last_attempt) {
        return std::nullopt;
    }
    const std::size_t minutes = entry.attempts > 6 ? 60 : std::size_t{1} << (entry.attempts - 1);
    return *entry.last_attempt + std::chrono::minutes{minutes};
}

bool MemoryQueueTable::is_due(const QueueEntry& entry) const {
    const auto due = due_at(entry);
    return entry.status == Status::pending && (!due || *due <= now() || *entry.last_attempt > now());
}

const Stream* MemoryQueueTable::stream_of(const std::string& table) const {
    for (const Stream& stream : mapping_.streams) {
        if (stream.direction == Direction::forward && stream.target.table == table) {
            return &stream;
        }
    }
    return nullptr;
}

// As the entry itself says; else by the record's previous entry, when both carry the row.
bool MemoryQueueTable::concerns(std::int64_t id, const QueueEntry& entry, const ColumnPair& column) const {
    if (entry.own) {
        return false;
    }
    if (entry.inserted) {
        return true;
    }
    if (entry.edited) {
        return entry.edited->contains(column.target);
    }
    for (auto earlier = std::make_reverse_iterator(entries_.find(id)); earlier != entries_.rend(); ++earlier) {
        const QueueEntry& other = earlier->second;
        if (other.table == entry.table && other.record == entry.record) {
            const auto value = member(entry.row, column.target);
            return !value || value != member(other.row, column.target);
        }
    }
    return true;
}

std::optional<Timestamp> MemoryQueueTable::last_edit(const Stream& stream, std::int64_t record,
                                                     const ColumnPair& column) const {
    std::optional<Timestamp> latest;
    for (const auto& [id, entry] : entries_) {
        if (entry.table == stream.target.table && entry.record == record && entry.operation == Operation::upsert &&
            concerns(id, entry, column)) {
            latest = std::max(latest, std::optional{entry.created + offset});
        }
    }
    return latest;
}

bool MemoryQueueTable::send_as_it_is(const Stream& stream, std::int64_t record, const ColumnPair& column) {
    std::vector<QueueEntry*> waiting;
    bool edited = false;
    for (auto& [id, entry] : entries_) {
        if (entry.table == stream.target.table && entry.record == record && entry.status == Status::pending) {
            waiting.push_back(&entry);
            edited = edited || (entry.operation == Operation::upsert && concerns(id, entry, column));
        }
    }
    for (QueueEntry* entry : waiting) {
        if (edited && entry->attempts == 0) {
            entry->last_attempt = now();
        }
    }
    return edited;
}

// Whether a newer entry of the record waits.
bool MemoryQueueTable::is_followed(std::int64_t id, const QueueEntry& entry) const {
    return std::any_of(entries_.upper_bound(id), entries_.end(), [&](const auto& later) {
        return later.second.table == entry.table && later.second.record == entry.record &&
               later.second.status == Status::pending;
    });
}

QueueItem MemoryQueueTable::item(std::int64_t id, const QueueEntry& entry) const {
    QueueItem item;
    item.id = id;
    item.attempts = entry.attempts;
    item.stream = stream_of(entry.table);
    item.change.key = key_of(entry.record);
    item.change.changed_at = entry.created + offset;
    item.change.operation = entry.operation;
    if (item.stream == nullptr) {
        item.error = Error{Disposition::row, "", "no stream for table " + entry.table};
        return item;
    }
    const bool reread = entry.attempts > 0 || entry.last_attempt || is_followed(id, entry);
    if (entry.operation == Operation::remove && !reread) {
        return item;
    }
    const auto row = entry.row && !reread ? entry.row : read_row_(*item.stream, entry.record);
    item.change.operation = row ? Operation::upsert : Operation::remove;
    if (!row) {
        return item;
    }
    item.change.row = *row;
    if (entry.operation == Operation::remove) {
        return item;
    }
    for (const ColumnPair& column : item.stream->columns) {
        if (column.owner == Owner::shared && concerns(id, entry, column)) {
            item.edited.emplace(column.target, item.change.changed_at);
        }
    }
    return item;
}

MemoryQueue::~MemoryQueue() {
    lose_lock();
}

void MemoryQueue::lose_lock() {
    if (table_.holder_ == this) {
        table_.holder_ = nullptr;
    }
}

asio::awaitable<std::optional<Error>> MemoryQueue::enter(std::string_view point) {
    auto failed = co_await faults_.point(point);
    if (failed) {
        co_return failed;
    }
    if (table_.holder_ != nullptr && table_.holder_ != this) {
        co_return Error{Disposition::retry, Queue::in_use, "another daemon drains the queue"};
    }
    table_.holder_ = this;
    co_return std::nullopt;
}

asio::awaitable<Result<QueuePage>> MemoryQueue::read(std::size_t limit, std::int64_t after) {
    if (auto failed = co_await enter("queue.read")) {
        co_return *failed;
    }
    QueuePage page;
    const auto& entries = table_.entries_;
    for (auto entry = entries.upper_bound(after); entry != entries.end() && page.items.size() < limit; ++entry) {
        if (table_.is_due(entry->second)) {
            page.items.push_back(table_.item(entry->first, entry->second));
            if (locked.contains(entry->second.record)) {
                page.items.back().error = Error{Disposition::retry, "", "the row is locked; it is tried again"};
            }
        }
    }
    page.more = page.items.size() == limit;
    co_return page;
}

asio::awaitable<Result<void>> MemoryQueue::still_held() {
    if (auto failed = co_await faults_.point("queue.held")) {
        co_return *failed;
    }
    if (table_.holder_ != this) {
        co_return Error{Disposition::retry, "", "the lock of the queue is lost"};
    }
    co_return Result<void>{};
}

void MemoryQueue::settle_one(const QueueVerdict& verdict) {
    const auto found = table_.entries_.find(verdict.id);
    if (found == table_.entries_.end() || found->second.status != Status::pending) {
        return;
    }
    QueueEntry& entry = found->second;
    entry.last_attempt = table_.now();
    if (verdict.error) {
        entry.error = describe(*verdict.error);
        entry.status = ++entry.attempts >= table_.attempt_limit ? Status::failed : Status::pending;
    } else {
        entry.error.reset();
        entry.status = Status::synced;
    }
}

asio::awaitable<Result<void>> MemoryQueue::settle(std::vector<QueueVerdict> verdicts) {
    if (auto failed = co_await enter("queue.settle")) {
        co_return *failed;
    }
    for (const auto& verdict : verdicts) {
        settle_one(verdict);
    }
    if (auto failed = co_await faults_.point("queue.settled")) {
        co_return *failed;
    }
    co_return Result<void>{};
}

asio::awaitable<Result<bool>> MemoryQueue::anything_due() {
    if (auto failed = co_await enter("queue.due")) {
        co_return *failed;
    }
    co_return std::ranges::any_of(table_.entries_, [&](const auto& entry) { return table_.is_due(entry.second); });
}

asio::awaitable<Result<QueueCounts>> MemoryQueue::counts() {
    if (auto failed = co_await enter("queue.counts")) {
        co_return *failed;
    }
    QueueCounts counts;
    const auto earlier = [](std::optional<Timestamp>& earliest, Timestamp time) {
        earliest = earliest ? std::min(*earliest, time) : time;
    };
    for (const auto& [id, entry] : table_.entries_) {
        counts.failed += entry.status == Status::failed ? 1U : 0U;
        if (entry.status != Status::pending) {
            continue;
        }
        ++counts.pending;
        earlier(counts.oldest_pending, entry.created + table_.offset);
        if (!table_.is_due(entry)) {
            earlier(counts.next_due, *table_.due_at(entry) + table_.offset);
        }
    }
    co_return counts;
}

asio::awaitable<Result<std::size_t>> MemoryQueue::purge(std::chrono::hours age, std::size_t limit) {
    if (auto failed = co_await enter("queue.purge")) {
        co_return *failed;
    }
    std::size_t purged = 0;
    for (auto entry = table_.entries_.begin(); entry != table_.entries_.end() && purged < limit;) {
        const bool old = entry->second.created < table_.now() - age;
        if (old && entry->second.status == Status::synced) {
            entry = table_.entries_.erase(entry);
            ++purged;
        } else {
            ++entry;
        }
    }
    co_return purged;
}

}  // namespace revsync::memory
