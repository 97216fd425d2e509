#include "support/memory/memory_checkpoint.hpp"

#include <algorithm>

namespace revsync::memory {

const ParkedRow* MemoryDisk::find(const std::string& stream, const Key& key) const {
    const auto row = std::ranges::find_if(
        quarantine, [&](const ParkedRow& parked) { return parked.stream == stream && parked.key == key; });
    return row == quarantine.end() ? nullptr : &*row;
}

Result<State> MemoryCheckpoint::load() {
    if (const auto error = faults_.check("checkpoint.load")) {
        return *error;
    }
    return disk_.state;
}

Result<void> MemoryCheckpoint::save(const State& state) {
    if (const auto error = faults_.check("checkpoint.save")) {
        return *error;
    }
    disk_.state = state;
    if (listener_) {
        listener_();
    }
    if (const auto error = faults_.check("checkpoint.saved")) {
        return *error;
    }
    return {};
}

Result<std::vector<ParkedRow>> MemoryCheckpoint::load_quarantine() {
    if (const auto error = faults_.check("quarantine.load")) {
        return *error;
    }
    return disk_.quarantine;
}

Result<void> MemoryCheckpoint::save_quarantine(const std::vector<ParkedRow>& rows) {
    if (const auto error = faults_.check("quarantine.save")) {
        return *error;
    }
    disk_.quarantine = rows;
    if (listener_) {
        listener_();
    }
    if (const auto error = faults_.check("quarantine.saved")) {
        return *error;
    }
    return {};
}

Result<std::vector<Echo>> MemoryCheckpoint::load_echoes() {
    if (const auto error = faults_.check("echoes.load")) {
        return *error;
    }
    return disk_.echoes;
}

Result<void> MemoryCheckpoint::save_echoes(const std::vector<Echo>& echoes) {
    if (const auto error = faults_.check("echoes.save")) {
        return *error;
    }
    disk_.echoes = echoes;
    if (listener_) {
        listener_();
    }
    if (const auto error = faults_.check("echoes.saved")) {
        return *error;
    }
    return {};
}

}  // namespace revsync::memory
