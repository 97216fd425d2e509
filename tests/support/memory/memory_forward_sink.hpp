#pragma once

#include <map>
#include <optional>
#include <string>

#include "support/memory/fault_plan.hpp"
#include "support/memory/memory_source.hpp"
#include "support/memory/rows.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::memory {

// Writes into a MemorySource as the clinic's Supabase would have it: one transaction per page, whose rows are locked
// until it ends; every table but aligner_notes has created_at and updated_at, and a trigger raises the latter. Over a
// connection that prepare() opens and a fault may cut. Points: forward.prepare, forward.apply before the transaction,
// forward.written before the echoes are remembered, forward.committed after the commit.
class MemoryForwardSink final : public ForwardSink {
public:
    MemoryForwardSink(MemorySource& source, FaultPlan& faults) : source_{source}, faults_{faults} {}

    // `column` of `table` refers to a row of `parents`; with `cascades` it goes with that row.
    void require_parent(const std::string& table, const std::string& column, const std::string& parents,
                        bool cascades = false) {
        parents_[table] = {column, parents, cascades};
    }

    // The origin guard is installed: writes of ours leave updated_at alone.
    bool keeps_change_times = false;

    boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<ForwardPair> pairs) override;
    boost::asio::awaitable<Result<ForwardApplied>> apply(std::vector<ForwardBatch> batches,
                                                         BeforeCommit before_commit) override;

private:
    struct Parent {
        std::string column;
        std::string table;
        bool cascades = false;
    };
    class Transaction;

    MemorySource& source_;
    FaultPlan& faults_;
    std::map<std::string, Parent> parents_;           // by table
    std::map<std::string, const Stream*> inserters_;  // by table: the stream that brings new rows of it to SQL Server
    bool connected_ = false;
};

}  // namespace revsync::memory
