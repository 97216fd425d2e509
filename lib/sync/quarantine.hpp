#pragma once

#include <cstddef>
#include <cstdint>
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

    // Grows with every change. It says what came before what, which the wall clock cannot.
    using Revision = std::uint64_t;

    explicit Quarantine(Checkpoint& checkpoint) : checkpoint_{checkpoint} {}

    Result<void> load();

    // Takes up what became of `tried`, which was read at `read_at`: its failures are parked (again: attempts grow),
    // every other row of it is released, unless it was owed after it had been read. Disposition stream when the limit
    // would be passed.
    Result<void> settle(const std::string& stream, std::span<const Key> tried, std::span<const RowFailure> failures,
                        Timestamp now, Revision read_at);

    // Parks rows that nobody has tried yet and that no poll would find by their change time: they may be gone from the
    // source, the cursor may have passed them, or nothing polls. Keys that are parked already are not written again,
    // but count as owed from now on. Disposition stream when the limit would be passed.
    Result<void> owe(const std::string& stream, std::span<const Key> keys, Timestamp now);

    // At most `count` keys of a stream that have not changed since `before`, those tried longest ago first.
    std::vector<Key> due(const std::string& stream, std::size_t count, Revision before) const;

    Revision revision() const { return revision_; }
    const ParkedRow* find(const std::string& stream, const Key& key) const;
    std::size_t size(const std::string& stream) const;
    const std::vector<ParkedRow>& rows() const { return rows_; }

private:
    // What the quarantine is to become.
    struct Next {
        std::vector<ParkedRow> rows;
        std::vector<Revision> changed;

        void add(ParkedRow row, Revision revision);
    };

    Result<void> become(const std::string& stream, Next next);

    Checkpoint& checkpoint_;
    std::vector<ParkedRow> rows_;
    std::vector<Revision> changed_;  // when each of rows_ last changed
    Revision revision_ = 0;
};

}  // namespace revsync
