#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "support/memory/alone.hpp"
#include "support/memory/fault_plan.hpp"
#include "support/memory/memory_triggers.hpp"
#include "support/memory/rows.hpp"
#include "sync/ends.hpp"

namespace revsync::memory {

// A SQL Server database: one transaction per batch, a foreign key that fails all of it, rows it refuses one by
// one, and a flag per inserted row, so that a row inserted twice is seen. It survives crashes.
class MemoryTarget {
public:
    // `column` of `table` must hold one of the parents.
    void require_parent(const std::string& table, const std::string& column) { parent_columns_[table] = column; }
    void add_parent(const std::string& value) { parents_.insert(value); }
    void remove_parent(const std::string& value) { parents_.erase(value); }
    bool has_parent(const std::string& value) const { return parents_.contains(value); }

    // From now on every change is queued, and a shared column that was edited here later is not overwritten.
    void attach(MemoryTriggers& triggers) { triggers_ = &triggers; }

    // Called for each row that apply() has made sure of.
    void on_received(std::function<void(const std::string& table, std::int64_t id)> listener) {
        received_ = std::move(listener);
    }

    // Called for each row that apply() has changed.
    void on_written(std::function<void(const std::string& table, std::int64_t id)> listener) {
        written_ = std::move(listener);
    }

    // What the practice system does in its own tables.
    void put(const std::string& table, std::int64_t id, Columns row) { become(table, id, std::move(row), false); }
    void erase(const std::string& table, std::int64_t id) { become(table, id, std::nullopt, false); }
    const Table& rows(const std::string& table) { return tables_[table]; }
    const Columns* find(const std::string& table, std::int64_t id) const;

    // One transaction: all of `changes` but those refused, or none of them.
    Result<Applied> apply(const Stream& stream, std::span<const Change> changes);

    // Whether applying the change would change nothing, because the target holds it already.
    bool holds(const Stream& stream, const Change& change) const;

    // How often each row was inserted by apply().
    const std::map<std::int64_t, std::size_t>& activity(const std::string& table) { return activity_[table]; }

private:
    void become(const std::string& table, std::int64_t id, std::optional<Columns> row, bool own);
    Columns guarded(const Stream& stream, const Change& change, const Columns& before, Columns columns,
                    Applied& applied);
    bool stays_deleted(const Stream& stream, const Change& change) const;
    std::optional<Error> broken_reference(const Stream& stream, const Change& change) const;
    void upsert(const Stream& stream, const Change& change, Applied& applied);
    void remove(const Stream& stream, const Change& change, Applied& applied);

    std::map<std::string, std::string> parent_columns_;
    std::set<std::string> parents_;
    std::map<std::string, Table> tables_;
    std::map<std::string, std::map<std::int64_t, std::size_t>> activity_;
    MemoryTriggers* triggers_ = nullptr;
    std::function<void(const std::string&, std::int64_t)> received_;
    std::function<void(const std::string&, std::int64_t)> written_;
};

// Applies to a MemoryTarget over a connection that prepare() opens and a fault may cut. Points: sink.prepare,
// sink.apply before the transaction, sink.committed after it, sink.check.
class MemorySink final : public Sink {
public:
    MemorySink(MemoryTarget& target, FaultPlan& faults) : target_{target}, faults_{faults} {}

    boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) override;
    boost::asio::awaitable<Result<Applied>> apply(const Stream& stream, std::span<const Change> changes) override;
    boost::asio::awaitable<Result<void>> check() override;

    // Whether some stream was applied twice at once.
    bool applied_twice_at_once() const;

private:
    MemoryTarget& target_;
    FaultPlan& faults_;
    std::map<std::string, Alone> applying_;  // by stream
    bool connected_ = false;
};

}  // namespace revsync::memory
