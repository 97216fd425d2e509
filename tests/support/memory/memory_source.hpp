#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "support/memory/alone.hpp"
#include "support/memory/fault_plan.hpp"
#include "support/memory/manual_clock.hpp"
#include "support/memory/rows.hpp"
#include "sync/ends.hpp"
#include "sync/webhook_event.hpp"

namespace revsync::memory {

// A Postgres database as its writers see it: transactions whose now() is their start, and whose rows become
// visible at commit. It survives the crashes of who reads it. Tables go by their name without schema.
class MemorySource {
public:
    using TransactionId = std::size_t;

    struct Transaction {
        Timestamp started;
        std::map<std::string, std::map<std::int64_t, std::optional<Columns>>> writes;  // nullopt: deleted
    };

    explicit MemorySource(const ManualClock& clock) : clock_{clock} {}

    Timestamp now() const { return clock_.now() + skew; }

    TransactionId begin();
    void put(TransactionId transaction, const std::string& table, std::int64_t id, Columns row);
    void erase(TransactionId transaction, const std::string& table, std::int64_t id);
    void commit(TransactionId transaction);
    void rollback(TransactionId transaction) { open_.erase(transaction); }

    // Called for each row that a commit has written, as a trigger's webhook would be.
    using OnWritten = std::function<void(const std::string& table, std::int64_t id, WebhookEvent::Kind kind)>;
    void on_written(OnWritten listener) { listener_ = std::move(listener); }

    // One row in a transaction of its own, begun and committed now.
    void commit_row(const std::string& table, std::int64_t id, Columns row);

    const std::map<TransactionId, Transaction>& open() const { return open_; }
    // Whether an open transaction has written the row: a second writer would wait.
    bool is_locked(const std::string& table, std::int64_t id) const;
    const Table& committed(const std::string& table) { return committed_[table]; }

    // least(now, the start of the oldest open transaction) less `margin`; less `overlap` from now when sessions
    // are hidden.
    Horizon horizon() const;

    std::chrono::microseconds skew{0};  // how far its clock is ahead of ours
    std::chrono::microseconds margin{0};
    std::chrono::microseconds overlap{std::chrono::minutes{5}};
    bool sessions_hidden = false;

private:
    const ManualClock& clock_;
    std::map<std::string, Table> committed_;
    std::map<TransactionId, Transaction> open_;
    TransactionId next_transaction_ = 1;
    OnWritten listener_;
};

// Reads a MemorySource. Each statement sees what is committed at its own moment: the horizon, then the pages.
// Points: feed.horizon, feed.first_page, feed.page, feed.rows, feed.check.
class MemoryFeed final : public Feed {
public:
    MemoryFeed(MemorySource& source, FaultPlan& faults) : source_{source}, faults_{faults} {}

    boost::asio::awaitable<Result<PollReading>> begin_poll(std::vector<PageRequest> pages) override;
    boost::asio::awaitable<Result<Page>> read_page(PageRequest request) override;
    boost::asio::awaitable<Result<std::vector<Result<RowReadings>>>> read_rows(
        std::vector<RowsRequest> requests) override;
    boost::asio::awaitable<Result<void>> check() override;

    // Whether it was asked for something while it was busy.
    bool asked_twice_at_once() const { return alone_.violated(); }

private:
    Page page(const PageRequest& request) const;
    RowReadings rows(const RowsRequest& request) const;

    MemorySource& source_;
    FaultPlan& faults_;
    Alone alone_;
};

}  // namespace revsync::memory
