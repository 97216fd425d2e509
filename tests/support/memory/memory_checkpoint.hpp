#pragma once

#include <functional>

#include "support/memory/fault_plan.hpp"
#include "sync/ends.hpp"

namespace revsync::memory {

// What survives a crash.
struct MemoryDisk {
    State state;
    std::vector<ParkedRow> quarantine;

    const ParkedRow* find(const std::string& stream, const Key& key) const;
};

// Remembers on a MemoryDisk. A save replaces everything or nothing. Points: checkpoint.load, quarantine.load;
// checkpoint.save and quarantine.save before the disk changes, checkpoint.saved and quarantine.saved after it.
class MemoryCheckpoint final : public Checkpoint {
public:
    MemoryCheckpoint(MemoryDisk& disk, FaultPlan& faults) : disk_{disk}, faults_{faults} {}

    Result<State> load() override;
    Result<void> save(const State& state) override;
    Result<std::vector<ParkedRow>> load_quarantine() override;
    Result<void> save_quarantine(const std::vector<ParkedRow>& rows) override;

    // Called whenever the disk has changed.
    void on_change(std::function<void()> listener) { listener_ = std::move(listener); }

private:
    MemoryDisk& disk_;
    FaultPlan& faults_;
    std::function<void()> listener_;
};

}  // namespace revsync::memory
