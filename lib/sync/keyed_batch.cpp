#include "sync/keyed_batch.hpp"

namespace revsync {

KeyedBatch keyed_batch(const Stream& stream, std::span<const Key> asked, RowReadings& rows) {
    KeyedBatch batch;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        Result<RowReading>& row = rows.at(i);
        if (!row) {
            batch.failures.push_back({asked[i], {}, row.error()});
            continue;
        }
        batch.tried.push_back(asked[i]);
        if (row->change.key != asked[i]) {
            batch.tried.push_back(row->change.key);
        }
        const bool is_gone = row->presence == RowReading::Presence::gone;
        batch.gone += is_gone ? 1U : 0U;
        if (row->presence == RowReading::Presence::present || (is_gone && stream.operations.remove)) {
            Change& change = row->change;
            batch.changes.push_back({change.key, change.changed_at, change.operation, std::move(change.row)});
        }
    }
    return batch;
}

void report_parked(const Logger& logger, const Quarantine& quarantine, const std::string& stream,
                   const RowFailure& failure) {
    const ParkedRow* before = quarantine.find(stream, failure.key);
    if (before && before->error_code == failure.error.code && before->error_text == failure.error.text) {
        logger.debug("{} {} still parked: {}", stream, failure.key, describe(failure.error));
    } else {
        logger.warning("⚠️  Parked {} {}: {}", stream, failure.key, describe(failure.error));
    }
}

}  // namespace revsync
