// What the catch-up says, and what it reports.
#include <fmt/format.h>

#include <algorithm>

#include "sync/catch_up.hpp"

namespace revsync {
namespace {

// A horizon this far behind the source's clock means that some transaction there has been left open.
constexpr std::chrono::minutes stalled_horizon{15};

}  // namespace

std::size_t CatchUpReport::changed() const {
    std::size_t sum = 0;
    for (const StreamReport& stream : streams) {
        sum += stream.changed;
    }
    return sum;
}

std::size_t CatchUpReport::parked() const {
    std::size_t sum = 0;
    for (const StreamReport& stream : streams) {
        sum += stream.parked;
    }
    return sum;
}

const Error* CatchUpReport::first_error() const {
    if (error) {
        return &*error;
    }
    const auto failed =
        std::ranges::find_if(streams, [](const StreamReport& stream) { return stream.error.has_value(); });
    return failed == streams.end() ? nullptr : &*failed->error;
}

void CatchUp::warn_of(const Horizon& horizon) {
    if (horizon.other_sessions_hidden && !hidden_sessions_said_) {
        logger_.warning(
            "⚠️  The Supabase role cannot see other sessions: re-reading an overlap window at each poll instead; "
            "grant "
            "it pg_read_all_stats");
    }
    hidden_sessions_said_ = horizon.other_sessions_hidden;
    const auto behind = horizon.source_now - horizon.time;
    if (!horizon.other_sessions_hidden && behind > stalled_horizon && !stalled_horizon_said_) {
        stalled_horizon_said_ = true;
        logger_.warning(
            "⚠️  A transaction has been open in Supabase for {} minutes: rows since then are read again at each "
            "poll; "
            "find it in pg_stat_activity and end it",
            std::chrono::duration_cast<std::chrono::minutes>(behind).count());
    }
}

void CatchUp::log_failure(const Error& error) {
    const std::string failure = describe(error);
    if (failures_said_.insert(failure).second) {
        logger_.error("❌ Reverse sync failed: {}", failure);
    } else {
        logger_.debug("❌ Reverse sync failed: {}", failure);
    }
}

void CatchUp::log_end(const CatchUpReport& report) {
    if (report.error) {
        log_failure(*report.error);
        return;
    }
    std::string counts;
    for (std::size_t index = 0; index < report.streams.size(); ++index) {
        counts += fmt::format("{}{} {}", index == 0 ? "" : ", ", report.streams[index].synced,
                              mapping_.find(report.streams[index].stream)->wording.counted);
    }
    if (report.first_error()) {
        announce("⚠️  Reverse sync incomplete: {} ({}ms)", counts, report.duration.count());
        return;
    }
    failures_said_.clear();
    if (stop_requested_) {
        logger_.info("⏹️  Reverse sync stopped on request: {} ({}ms)", counts, report.duration.count());
    } else {
        logger_.info("✅ Reverse sync complete: {} ({}ms)", counts, report.duration.count());
    }
}

}  // namespace revsync
