#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "support/memory/fault_plan.hpp"
#include "support/memory/manual_clock.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::memory {

struct QueueEntry {
    enum class Status { pending, synced, failed };

    std::string table;
    std::int64_t record = 0;
    Operation operation = Operation::upsert;
    std::optional<std::string> row;  // none: read when it is asked for
    // The shared columns, by their names in the target, that the edit concerned; none: unknown.
    std::optional<std::set<std::string>> edited;
    bool inserted = false;
    bool own = false;   // a write of ours caused it
    Timestamp created;  // 1970: when it is put
    std::size_t attempts = 0;
    std::optional<Timestamp> last_attempt;
    std::optional<std::string> error;
    Status status = Status::pending;
};

// dbo.SyncQueue: what triggers fill. It survives crashes; whoever holds its lock is told by release() when it is gone.
class MemoryQueueTable {
public:
    // The present row of a record as JSON with the target's names; none: it is gone.
    using ReadRow = std::function<std::optional<std::string>(const Stream& stream, std::int64_t record)>;

    MemoryQueueTable(const Mapping& mapping, const ManualClock& clock, ReadRow read_row)
        : mapping_{mapping}, clock_{clock}, read_row_{std::move(read_row)} {}

    // `entry` as a trigger adds it; its id.
    std::int64_t put(QueueEntry entry);
    QueueEntry& entry(std::int64_t id) { return entries_.at(id); }
    const std::map<std::int64_t, QueueEntry>& entries() const { return entries_; }

    // When somebody but us edited a column of the record last, on the target's clock; nullopt: never, as far as is
    // known.
    std::optional<Timestamp> last_edit(const Stream& stream, std::int64_t record, const ColumnPair& column) const;
    // Where an edit of the column that is not ours waits, all that waits of the record is sent with the row as it is by
    // then; whether one does.
    bool send_as_it_is(const Stream& stream, std::int64_t record, const ColumnPair& column);

    Timestamp now() const { return clock_.now() + skew; }

    std::chrono::microseconds skew{0};    // how far its clock is ahead of ours
    std::chrono::microseconds offset{0};  // how far the target's clock is believed to be ahead of its own
    std::size_t attempt_limit = 10;

private:
    friend class MemoryQueue;

    bool is_due(const QueueEntry& entry) const;
    std::optional<Timestamp> due_at(const QueueEntry& entry) const;
    QueueItem item(std::int64_t id, const QueueEntry& entry) const;
    const Stream* stream_of(const std::string& table) const;
    bool concerns(std::int64_t id, const QueueEntry& entry, const ColumnPair& column) const;
    bool is_followed(std::int64_t id, const QueueEntry& entry) const;

    const Mapping& mapping_;
    const ManualClock& clock_;
    ReadRow read_row_;
    std::map<std::int64_t, QueueEntry> entries_;
    std::int64_t next_id_ = 1;
    const void* holder_ = nullptr;
};

// One daemon's connection to a MemoryQueueTable; its end releases the lock. Points: queue.read, queue.held,
// queue.settle before the transaction and queue.settled after it, queue.due, queue.counts, queue.purge.
class MemoryQueue final : public Queue {
public:
    MemoryQueue(MemoryQueueTable& table, FaultPlan& faults) : table_{table}, faults_{faults} {}
    ~MemoryQueue() override;

    // Its connection ends, and with it the lock.
    void lose_lock();

    std::set<std::int64_t> locked;  // records that somebody is editing in the practice: they cannot be read
    MemoryQueue(const MemoryQueue&) = delete;
    MemoryQueue& operator=(const MemoryQueue&) = delete;

    boost::asio::awaitable<Result<QueuePage>> read(std::size_t limit, std::int64_t after) override;
    boost::asio::awaitable<Result<void>> still_held() override;
    boost::asio::awaitable<Result<void>> settle(std::vector<QueueVerdict> verdicts) override;
    boost::asio::awaitable<Result<bool>> anything_due() override;
    boost::asio::awaitable<Result<QueueCounts>> counts() override;
    boost::asio::awaitable<Result<std::size_t>> purge(std::chrono::hours age, std::size_t limit) override;

private:
    // The point of that name, then the lock.
    boost::asio::awaitable<std::optional<Error>> enter(std::string_view point);
    void settle_one(const QueueVerdict& verdict);

    MemoryQueueTable& table_;
    FaultPlan& faults_;
};

}  // namespace revsync::memory
