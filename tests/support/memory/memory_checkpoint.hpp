#pragma once

#include <functional>

#include "support/memory/fault_plan.hpp"
#include "sync/ends.hpp"

namespace revsync::memory {

// What survives a crash.
struct MemoryDisk {
    State state;
    std::vector<ParkedRow> quarantine;
    std::vector<Echo> echoes;

    const ParkedRow* find(const std::string& stream, const Key& key) const;
};

// Remembers on a MemoryDisk. A save replaces everything or nothing. Points: checkpoint.load, quarantine.load,
// echoes.load; checkpoint.save, quarantine.save and echoes.save before the disk changes, checkpoint.saved,
// quarantine.saved and echoes.saved after it.
class MemoryCheckpoint final : public Checkpoint {
public:
    MemoryCheckpoint(MemoryDisk& disk, FaultPlan& faults) : disk_{disk}, faults_{faults} {}

    Result<State> load() override;
    Result<void> save(const State& state) override;
    Result<std::vector<ParkedRow>> load_quarantine() override;
    Result<void> save_quarantine(const std::vector<ParkedRow>& rows) override;
    Result<std::vector<Echo>> load_echoes() override;
    Result<void> save_echoes(const std::vector<Echo>& echoes) override;

    // Called whenever the disk has changed.
    void on_change(std::function<void()> listener) { listener_ = std::move(listener); }

private:
    MemoryDisk& disk_;
    FaultPlan& faults_;
    std::function<void()> listener_;
};

}  // namespace revsync::memory
