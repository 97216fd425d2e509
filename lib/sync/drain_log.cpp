// What the drain says, and what it reports.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sync/drain.hpp"

namespace revsync {
namespace {

std::size_t sum(const std::vector<StreamReport>& streams, std::size_t StreamReport::*count) {
    return std::accumulate(streams.begin(), streams.end(), std::size_t{0},
                           [&](std::size_t total, const StreamReport& stream) { return total + stream.*count; });
}

}  // namespace

std::size_t DrainReport::found() const {
    return sum(streams, &StreamReport::found) + unknown;
}

std::size_t DrainReport::synced() const {
    return sum(streams, &StreamReport::synced);
}

std::size_t DrainReport::changed() const {
    return sum(streams, &StreamReport::changed);
}

std::size_t DrainReport::failed() const {
    return sum(streams, &StreamReport::failed) + unknown;
}

const Error* DrainReport::first_error() const {
    if (error) {
        return &*error;
    }
    const auto failed =
        std::ranges::find_if(streams, [](const StreamReport& stream) { return stream.error.has_value(); });
    return failed == streams.end() ? nullptr : &*failed->error;
}

void Drain::report_failure(const CoalescedItem& failed, const Error& error) const {
    const QueueItem& item = failed.item;
    const std::string stream = item.stream ? item.stream->name : "queue item";
    const std::string what = item.stream ? item.change.key : fmt::format("{}", item.id);
    if (item.attempts > 0) {
        logger_.debug("{} {} failed again: {}", stream, what, describe(error));
    } else {
        logger_.warning("⚠️  Not sent: {} {}: {}", stream, what, describe(error));
    }
}

void Drain::log_failure(const Error& error) {
    const std::string failure = describe(error);
    if (failures_said_.insert(failure).second) {
        logger_.error("❌ Queue drain failed: {}", failure);
    } else {
        logger_.debug("❌ Queue drain failed: {}", failure);
    }
}

void Drain::say_held_up(const Stream& stream, std::size_t rows, const Key& first, const Error& error) {
    const std::string what =
        fmt::format("{} {}{}", stream.name, first, rows > 1 ? fmt::format(" and {} more", rows - 1) : std::string{});
    if (failures_said_.insert(fmt::format("{} {}", stream.name, describe(error))).second) {
        logger_.warning("⏳ Held up: {}: {}", what, describe(error));
    } else {
        logger_.debug("⏳ Held up: {}: {}", what, describe(error));
    }
}

// Runs that sent something are told of together by whoever asks for them.
void Drain::log_end(const DrainReport& report) {
    if (report.queue_in_use()) {
        return;
    }
    if (report.error) {
        log_failure(*report.error);
    } else if (!report.first_error()) {
        failures_said_.clear();
    }
    logger_.debug("Queue drain: {} item(s) found, {} synced, {} failed, {} row(s) changed ({}ms)", report.found(),
                  report.synced(), report.failed(), report.changed(), report.duration.count());
}

}  // namespace revsync
