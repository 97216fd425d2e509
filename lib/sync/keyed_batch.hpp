// Rows that were read by their keys, on their way to the sink: what the webhook inbox and the retry of parked rows
// have in common.
#pragma once

#include <span>
#include <vector>

#include "runtime/logger.hpp"
#include "sync/apply.hpp"
#include "sync/ends.hpp"
#include "sync/quarantine.hpp"

namespace revsync {

struct KeyedBatch {
    // Rows to write and, when the stream may remove, removals of what is gone.
    std::vector<Change> changes;
    // Every key that was asked for, in the spelling asked for and in the source's: what is settled when `changes` are.
    std::vector<Key> tried;
    std::vector<RowFailure> failures;  // keys that the table cannot have
    std::size_t gone = 0;
};

// `rows` answers `asked`, position by position; the rows' content moves over.
KeyedBatch keyed_batch(const Stream& stream, std::span<const Key> asked, RowReadings& rows);

// Says that a row is parked: as a warning when that is news.
void report_parked(const Logger& logger, const Quarantine& quarantine, const std::string& stream,
                   const RowFailure& failure);

}  // namespace revsync
