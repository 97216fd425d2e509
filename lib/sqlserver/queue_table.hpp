// dbo.SyncQueue as both directions see it: the table that SQL Server's triggers fill, and what a row of it says about
// an edit. Pure text.
#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"
#include "mapping/stream.hpp"
#include "sqlserver/catalog.hpp"

namespace revsync::sqlserver {

// What LastError begins with in a row that a trigger added for a write of ours. It stays there when the row is settled:
// such a row is no edit of the lab's.
inline constexpr std::string_view own_write = "written by Reverse Sync";

TableName queue_name();

// The JsonData of a queue row, or NULL where it is no JSON, or holds the character NUL, which no item may carry.
std::string readable_data(std::string_view alias);

// Whether the table has the columns that an installation of any age has. Errors (stream) name what is missing.
Result<void> check_queue(const Table& queue);

// Whether a write of ours caused the row.
std::string is_own(std::string_view alias);

// Whether writes of ours can be told from the lab's in it: it passes check_queue(), and its ids are an identity.
bool tells_edits(const Table& queue);

// Status in every spelling that triggers write, so that an index on it serves whatever the collation.
std::string has_status(std::string_view alias, std::string_view status);

// CreatedAt and LastAttempt come from GETDATE(). They are read in `time_zone` as long as the server's local time is
// that zone's, so that they stay right over a change to summer time; else by the server's present offset. The batch
// declares what the expression needs.
std::string declare_local_time(std::string_view time_zone);
// A local time as datetime2(7) in UTC.
std::string utc(std::string_view local, std::string_view time_zone);

// Whether the edit of queue row `alias` concerned a column: 1 or 0. Ours concerned none. An UPDATE that names its
// ChangedColumns says so itself (comma-separated names of shared columns, no blanks). One that carries the row is
// compared with the row's previous entry, as long as that carries it too. Unknown: 1.
std::string concerns(std::string_view alias, const Table& queue, std::string_view column, std::string_view member);

// Text that is compared with TableName, in that column's type so that its index serves.
std::string table_literal(const Table& queue, std::string_view table);

}  // namespace revsync::sqlserver
