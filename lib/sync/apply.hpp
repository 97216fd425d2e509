#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sync/ends.hpp"

namespace revsync {

struct RowFailure {
    Key key;
    Timestamp changed_at;
    Error error;  // disposition row
};

// What became of a batch. With `stopped_by` set, some of the rows may not have been tried: apply all of them
// again; without it each row is either in the target or among `failures`.
struct ApplyOutcome {
    std::size_t changed = 0;  // rows inserted, updated or removed; rows that were equal already do not count
    std::vector<RowFailure> failures;
    std::vector<SettledConflict> settled;
    std::optional<Error> stopped_by;  // any disposition but row
};

// Applies `changes` as one batch; when a row in it is at fault, halves the batch until that row stands alone,
// so that everything else commits. A removal that the sink refuses is no failure: a row of the other side stands under
// that key, and the one to be removed does not. One call of Sink::apply when nothing is wrong, about 2·log2(n) more per
// bad row. `changes` must outlive the call.
boost::asio::awaitable<ApplyOutcome> apply_isolating(Sink& sink, const Stream& stream, std::span<const Change> changes);

}  // namespace revsync
