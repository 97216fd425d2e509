// The statements that read and settle the queue, and what they answer. Pure text.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "sqlserver/catalog.hpp"
#include "sqlserver/result_set.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::sqlserver {

// The application lock (sp_getapplock, owned by the session) that one drainer at a time holds.
inline constexpr std::string_view queue_lock = "reverse-sync.forward";

inline constexpr std::string_view limit_parameter = "@limit";        // rows
inline constexpr std::string_view after_parameter = "@after";        // QueueID
inline constexpr std::string_view reread_parameter = "@reread";      // 1: with the rows of items that carry none; 0
inline constexpr std::string_view verdicts_parameter = "@verdicts";  // queue_verdicts()
inline constexpr std::string_view hours_parameter = "@hours";

// A forward stream as the queue's statements know it.
struct QueuedStream {
    const Stream* stream = nullptr;
    std::vector<std::string> shared;  // names in the target
    std::optional<Error> unreadable;  // its rows cannot be read from their table (stream)
};

// Every statement but `held` begins by taking the lock when this session does not hold it, answers how that went, and
// ends there when it was refused. Times are server-local (queue_table.hpp).
struct QueueStatements {
    std::vector<QueuedStream> streams;
    std::string page;    // @limit, @after, @reread
    std::string held;    // answers the same of the lock without taking it
    std::string settle;  // @verdicts
    std::string anything_due;
    std::string counts;
    std::string purge;             // @hours, @limit
    std::size_t error_length = 0;  // of LastError, UTF-16 units
};

// What a queue's statements are built for.
struct QueueShape {
    std::string time_zone;          // as in SinkSettings
    std::size_t attempt_limit = 0;  // at least 1
};

// `queue` must have passed check_queue(). `sources` are the tables of `streams`, in their order.
QueueStatements make_queue_statements(const QueueShape& shape, const Table& queue,
                                      std::span<const Stream* const> streams, std::span<const Table> sources);

// The results behind the lock's. Error: the code Queue::in_use when the lock was refused.
Result<std::vector<ResultSet>> behind_lock(std::vector<ResultSet> results);

// `clock_offset`: how far the target's clock is ahead of SQL Server's. Error (retry): an unexpected answer.
Result<QueuePage> parse_page(const QueueStatements& statements, const std::vector<ResultSet>& results,
                             std::chrono::microseconds clock_offset);
Result<QueueCounts> parse_counts(const std::vector<ResultSet>& results, std::chrono::microseconds clock_offset);
// The one number of the one row.
Result<std::size_t> parse_number(const std::vector<ResultSet>& results);

// The verdicts as a JSON array; error texts are cut to `error_length`.
std::string queue_verdicts(std::span<const QueueVerdict> verdicts, std::size_t error_length);

}  // namespace revsync::sqlserver
