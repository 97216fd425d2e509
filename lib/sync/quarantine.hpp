#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sync/apply.hpp"
#include "sync/ends.hpp"

namespace revsync {

// The rows that could not be applied, in memory and in the checkpoint. Every function that changes it returns
// only after the change is durable; when saving fails the memory is as it was before.
class Quarantine {
public:
    // Past this many rows of one stream the stream itself is wrong: it stops instead of parking more.
    static constexpr std::size_t limit_per_stream = 10'000;

    explicit Quarantine(Checkpoint& checkpoint) : checkpoint_{checkpoint} {}

    Result<void> load();

    // Takes up what became of `tried`: its failures are parked (again: attempts grow), every other row of it
    // is released. Disposition stream when the limit would be passed.
    Result<void> settle(const std::string& stream, std::span<const Key> tried, std::span<const RowFailure> failures,
                        Timestamp now);

    // At most `count` keys of a stream that were last tried before `before`, those tried longest ago first.
    std::vector<Key> due(const std::string& stream, std::size_t count, Timestamp before) const;

    const ParkedRow* find(const std::string& stream, const Key& key) const;
    std::size_t size(const std::string& stream) const;
    const std::vector<ParkedRow>& rows() const { return rows_; }

private:
    Checkpoint& checkpoint_;
    std::vector<ParkedRow> rows_;
};

}  // namespace revsync
