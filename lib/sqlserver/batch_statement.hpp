// The one statement by which a stream's rows reach SQL Server, and the parameter that carries them. Pure text.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/change.hpp"
#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "sqlserver/catalog.hpp"
#include "sqlserver/result_set.hpp"
#include "sync/ends.hpp"

namespace revsync::sqlserver {

inline constexpr std::string_view rows_parameter = "@rows";

// The text is the same for every batch of a stream, so that the server keeps its plan.
//
// In one transaction it locks the keys, decides for every row what is to be done (insert, update when a value really
// differs, delete, nothing, refuse) and does it; statements without work are not run, so that no trigger fires for
// nothing. It answers one row of counts (inserted, updated, removed), then number and verdict of each refused row, then
// of each settled conflict number, column and whether the target's edit lost, if the stream has shared columns.
//
// Where the practice system queues its edits (dbo.SyncQueue), a shared column keeps the target's value when a newer
// edit of it stands in the queue, whether it has been sent or not. If it has been sent, it is to be sent again, because
// the source shows that it holds something else. An older edit that still waits is overwritten, and what waits of its
// record is sent with the row as it is then. What triggers queue for our own writes is marked as such (own_write)
// in the same transaction: done, unless the table computes columns, which have to follow. What waits of a row that had
// an inserted row's key before is done with. A row that was delivered before, and that the queue says was deleted
// since, is not inserted again.
struct BatchStatement {
    std::string text;
    std::vector<std::string> key_members;        // names of the key's members in the rows
    std::vector<std::string> code_page_columns;  // columns that cannot hold every character, in verdict order
    std::string stream;
    std::string table;                         // for errors
    bool tells_delivered = false;              // the rows say whether they were delivered before
    std::vector<std::string> guarded_columns;  // shared ones that the queue's edits guard
};

// `stream` must have passed check_stream() against `table`. `time_zone` is SQL Server's name of the zone in which
// columns without an offset are kept ("UTC", "Arabic Standard Time").
// `queue` is null where there is none that tells_edits(), or a stream's key has several columns.
BatchStatement make_batch_statement(const Stream& stream, const Table& table, std::string_view time_zone,
                                    const Table* queue = nullptr);

// The rows as the statement's parameter: a JSON array, each row with its position in `changes` ("#n") and whether it
// is to be removed. Of changes under one key only the last is sent. `clock_offset`: how far the source's clock is ahead
// of SQL Server's. Error (row): a row is not a JSON object, or a key
// does not have the stream's number of columns.
Result<std::string> batch_rows(const BatchStatement& statement, std::span<const Change> changes,
                               std::chrono::microseconds clock_offset = {});

// What the statement answered. Error (retry): it answered something else.
Result<Applied> parse_applied(const BatchStatement& statement, const std::vector<ResultSet>& results,
                              std::span<const Change> changes);

// The elements of a JSON array of scalars, as they are written; nullopt when it is not one.
std::optional<std::vector<std::string_view>> split_key(std::string_view key);

}  // namespace revsync::sqlserver
