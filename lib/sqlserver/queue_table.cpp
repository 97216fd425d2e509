#include "sqlserver/queue_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "sqlserver/quoting.hpp"

namespace revsync::sqlserver {
namespace {

constexpr std::array required_columns{"QueueID",   "TableName", "RecordID",    "Operation", "JsonData",
                                      "CreatedAt", "Attempts",  "LastAttempt", "LastError", "Status"};
constexpr std::string_view changed_columns = "ChangedColumns";

std::string in_case(std::string_view text, int (*change)(int)) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), [&](unsigned char c) { return static_cast<char>(change(c)); });
    return result;
}

// The member's text in a queue row's JsonData: one row, or none when there is no readable object.
std::string member_of(std::string_view alias, std::string_view member) {
    return fmt::format("SELECT j.v COLLATE Latin1_General_BIN2 AS v FROM OPENJSON({}) WITH (v nvarchar(max) {}) AS j",
                       readable_data(alias), literal(json_path(member)));
}

}  // namespace

TableName queue_name() {
    return {"dbo", "SyncQueue"};
}

Result<void> check_queue(const Table& queue) {
    const std::string name = to_string(queue_name());
    if (queue.columns.empty()) {
        return Error{
            Disposition::stream, "",
            fmt::format("table {} is missing or hidden from the login; run the install script or grant access", name)};
    }
    for (const char* column : required_columns) {
        if (queue.find(column) == nullptr) {
            return Error{Disposition::stream, "",
                         fmt::format("column {} is missing in table {}; run the install script", column, name)};
        }
    }
    return {};
}

bool tells_edits(const Table& queue) {
    return check_queue(queue) && queue.find("QueueID")->identity;
}

std::string is_own(std::string_view alias) {
    return fmt::format("ISNULL({}.LastError, N'') LIKE N'{}%'", alias, own_write);
}

std::string has_status(std::string_view alias, std::string_view status) {
    return fmt::format("{}.Status IN ('{}', '{}', '{}')", alias, status, in_case(status, std::tolower),
                       in_case(status, std::toupper));
}

std::string declare_local_time(std::string_view time_zone) {
    return fmt::format(
        "DECLARE @local int = DATEPART(tzoffset, SYSDATETIMEOFFSET()), "
        "@zone int = DATEPART(tzoffset, SYSDATETIMEOFFSET() AT TIME ZONE {});\n",
        literal(time_zone));
}

std::string utc(std::string_view local, std::string_view time_zone) {
    return fmt::format(
        "CASE WHEN @zone = @local THEN CONVERT(datetime2(7), {0} AT TIME ZONE {1} AT TIME ZONE N'UTC') "
        "ELSE DATEADD(minute, -@local, CONVERT(datetime2(7), {0})) END",
        local, literal(time_zone));
}

std::string readable_data(std::string_view alias) {
    return fmt::format(
        R"(CASE WHEN ISJSON({0}.JsonData) = 1 AND CHARINDEX(N'\u0000', {0}.JsonData) = 0 THEN {0}.JsonData END)",
        alias);
}

std::string concerns(std::string_view alias, const Table& queue, std::string_view column, std::string_view member) {
    std::string named;
    if (queue.find(changed_columns) != nullptr) {
        named = fmt::format(
            "WHEN {0}.{1} IS NOT NULL THEN CASE WHEN CHARINDEX({2}, CONCAT(N',', {0}.{1}, N',') "
            "COLLATE Latin1_General_CI_AS) > 0 THEN 1 ELSE 0 END ",
            alias, changed_columns, literal(fmt::format(",{},", column)));
    }
    return fmt::format(
        "CASE WHEN {5} THEN 0 WHEN CONVERT(nvarchar(20), {0}.Operation) COLLATE Latin1_General_CI_AS <> N'UPDATE' THEN "
        "1 {1}"
        "WHEN EXISTS (SELECT 1 FROM (SELECT TOP (1) e.JsonData FROM {2} AS e WHERE e.TableName = {0}.TableName "
        "AND e.RecordID = {0}.RecordID AND e.QueueID < {0}.QueueID ORDER BY e.QueueID DESC) AS earlier "
        "WHERE EXISTS ({3} INTERSECT {4})) THEN 0 ELSE 1 END",
        alias, named, bracketed(queue_name()), member_of(alias, member), member_of("earlier", member), is_own(alias));
}

std::string table_literal(const Table& queue, std::string_view table) {
    return fmt::format("CONVERT({}, {})", declared_type(*queue.find("TableName")), literal(table));
}

}  // namespace revsync::sqlserver
