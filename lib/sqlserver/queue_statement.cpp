#include "sqlserver/queue_statement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sqlserver/queue_table.hpp"
#include "sqlserver/quoting.hpp"

namespace revsync::sqlserver {
namespace {

constexpr std::size_t error_limit = 500;
constexpr std::chrono::milliseconds lock_wait{250};

// 1, 2, 4 … 60 minutes after the last attempt.
constexpr std::string_view due_at =
    "DATEADD(minute, CASE WHEN q.Attempts > 6 THEN 60 WHEN q.Attempts < 1 THEN 0 ELSE POWER(2, q.Attempts - 1) END, "
    "q.LastAttempt)";

// A last attempt in the future comes from a clock that was set back.
std::string is_due() {
    return fmt::format(
        "(ISNULL(q.Attempts, 0) < 1 OR q.LastAttempt IS NULL OR q.LastAttempt > GETDATE() OR {} <= GETDATE())", due_at);
}

// What this session holds of the lock.
std::string lock_mode() {
    return fmt::format("APPLOCK_MODE(N'public', N'{}', N'Session')", queue_lock);
}

std::string take_lock() {
    return fmt::format(
        "DECLARE @lock int = 0;\n"
        "IF {} <> N'Exclusive' EXEC @lock = sp_getapplock @Resource = N'{}', @LockMode = N'Exclusive', "
        "@LockOwner = N'Session', @LockTimeout = 0;\n"
        "SELECT @lock;\n"
        "IF @lock < 0 RETURN;\n",
        lock_mode(), queue_lock);
}

std::string look_at_lock() {
    return fmt::format("SELECT CASE {} WHEN N'Exclusive' THEN 0 ELSE -1 END;", lock_mode());
}

Error unreadable(const Stream& stream, std::string_view what) {
    return {Disposition::stream, "", fmt::format("stream {}: {}", stream.name, what)};
}

// A value of table t as FOR JSON is to write it for Postgres: local times with their offset, bytes as hex, everything
// else as it is. Dates at the calendar's ends have no other zone and stand for themselves.
std::string json_value(const Column& column, std::string_view time_zone) {
    std::string value = "t." + bracketed(column.name);
    switch (kind_of(column)) {
        case ColumnKind::date_and_time:
            if (column.base_type == "date") {
                return value;
            }
            return fmt::format(
                "CASE WHEN CONVERT(datetime2(7), {0}) BETWEEN '19000101' AND '99990101' THEN {0} AT TIME ZONE {1} "
                "ELSE TODATETIMEOFFSET({0}, N'+00:00') END",
                value, literal(time_zone));
        case ColumnKind::binary:
            return fmt::format("N'\\x' + CONVERT(varchar(max), CONVERT(varbinary(max), {}), 2)", value);
        case ColumnKind::xml:
            return fmt::format("CONVERT(nvarchar(max), {})", value);
        case ColumnKind::character:
            return column.base_type.ends_with("text") ? fmt::format("CONVERT({}, {})", declared_type(column), value)
                                                      : value;
        default:
            return value;
    }
}

Result<std::string> json_member(const Stream& stream, const Table& table, const ColumnPair& pair,
                                std::string_view time_zone) {
    const Column* column = table.find(pair.source);
    if (column == nullptr && pair.if_absent) {
        return fmt::format("{} AS {}", literal(*pair.if_absent), bracketed(pair.target));
    }
    if (column == nullptr) {
        return unreadable(stream, fmt::format("column {} is missing in table {}; add it or correct the mapping",
                                              pair.source, to_string(stream.source)));
    }
    if (kind_of(*column) == ColumnKind::unsupported) {
        return unreadable(stream, fmt::format("column {} of table {} has type {}, which cannot be read; take it out of "
                                              "the mapping",
                                              pair.source, to_string(stream.source), column->base_type));
    }
    std::string value = json_value(*column, time_zone);
    if (pair.if_absent) {
        value = fmt::format("ISNULL({}, {})", value, literal(*pair.if_absent));
    }
    return fmt::format("{} AS {}", value, bracketed(pair.target));
}

bool is_local_time(const Column* column) {
    return column != nullptr && kind_of(*column) == ColumnKind::date_and_time && column->base_type != "date" &&
           column->base_type != "datetimeoffset";
}

// The local times in the JsonData of queue row p with their offset, as a JSON object under the members' names; those
// that cannot be read are left out. An empty text when the stream has none.
std::string carried_times(const Stream& stream, const Table& table, std::string_view time_zone) {
    std::vector<std::string> members;
    std::vector<std::string> values;
    for (const auto& pair : stream.columns) {
        if (!is_local_time(table.find(pair.source))) {
            continue;
        }
        const std::string name = bracketed(pair.target);
        const std::string time = fmt::format("TRY_CONVERT(datetime2(7), LEFT(j.{}, 40))", name);
        members.push_back(fmt::format("{} nvarchar(max) {}", name, literal(json_path(pair.target))));
        values.push_back(
            fmt::format("CASE WHEN {0} BETWEEN '19000101' AND '99990101' THEN {0} AT TIME ZONE {1} END AS {2}", time,
                        literal(time_zone), name));
    }
    if (members.empty()) {
        return {};
    }
    return fmt::format("(SELECT {} FROM OPENJSON({}) WITH ({}) AS j FOR JSON PATH, WITHOUT_ARRAY_WRAPPER)",
                       fmt::join(values, ", "), readable_data("p"), fmt::join(members, ", "));
}

// The present rows of items that carry none, each once.
Result<std::string> reread(const Stream& stream, std::size_t number, const Table& table, std::string_view time_zone) {
    if (table.columns.empty()) {
        return unreadable(stream, fmt::format("table {} is missing or hidden from the login; create it or grant access",
                                              to_string(stream.source)));
    }
    std::vector<ColumnPair> pairs{{stream.key[0].source, stream.key[0].target, Owner::sqlserver, false, {}}};
    pairs.insert(pairs.end(), stream.columns.begin(), stream.columns.end());
    std::vector<std::string> members;
    for (const auto& pair : pairs) {
        auto member = json_member(stream, table, pair, time_zone);
        if (!member) {
            return member.error();
        }
        members.push_back(std::move(*member));
    }
    return fmt::format(
        "SELECT {0}, k.RecordID, (SELECT {1} FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER) "
        "FROM (SELECT DISTINCT p.RecordID FROM #page AS p WHERE p.[#stream] = {0} AND p.[#bare] = 1) AS k "
        "JOIN {2} AS t ON t.{3} = k.RecordID;\n",
        number, fmt::join(members, ", "), bracketed(stream.source), bracketed(table.find(stream.key[0].source)->name));
}

class Builder {
public:
    Builder(const QueueShape& shape, const Table& queue, std::span<const Stream* const> streams,
            std::span<const Table> sources)
        : shape_{shape}, queue_{queue}, streams_{streams}, sources_{sources} {}

    QueueStatements build() const {
        QueueStatements made;
        made.error_length = error_length();
        std::string rows;
        for (std::size_t i = 0; i < streams_.size(); ++i) {
            QueuedStream queued{streams_[i], shared_columns(*streams_[i]), {}};
            if (auto statement = read_rows(i)) {
                rows += *statement;
            } else {
                queued.unreadable = statement.error();
            }
            made.streams.push_back(std::move(queued));
        }
        made.page = take_lock() + page() + items() + rows;
        made.held = look_at_lock();
        made.settle = take_lock() + settle();
        made.anything_due =
            take_lock() +
            fmt::format(
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM {} AS q WITH (READPAST, READCOMMITTEDLOCK) WHERE {} "
                "AND {}) THEN 1 ELSE 0 END;",
                table(), has_status("q", "Pending"), is_due());
        made.counts = take_lock() + counts();
        made.purge = take_lock() + purge();
        return made;
    }

private:
    static std::string table() { return bracketed(queue_name()); }

    static std::vector<std::string> shared_columns(const Stream& stream) {
        std::vector<std::string> names;
        for (const auto& pair : stream.columns) {
            if (pair.owner == Owner::shared) {
                names.push_back(pair.target);
            }
        }
        return names;
    }

    std::size_t error_length() const {
        const Column& column = *queue_.find("LastError");
        if (column.max_length < 0) {
            return error_limit;
        }
        const bool wide = column.base_type == "nvarchar" || column.base_type == "nchar";
        return std::min(error_limit, static_cast<std::size_t>(column.max_length) / (wide ? 2U : 1U));
    }

    Result<std::string> read_rows(std::size_t i) const {
        const Stream& stream = *streams_[i];
        if (stream.key.size() != 1) {
            return unreadable(stream,
                              fmt::format("table {} has a key of several columns, but the queue names one; take "
                                          "the stream out of the mapping",
                                          to_string(stream.source)));
        }
        return reread(stream, i, sources_[i], shape_.time_zone);
    }

    // A row that is read again may be locked: it is not waited for long (the setting ends with the statement).
    // READPAST: an edit that is not committed yet is not waited for; it comes with a later page. An item that is tried
    // again may have been overtaken by a newer one, so that what it carries no longer counts. Where a newer one waits,
    // the row is sent as it is by now, and that one, which may be on a later page, finds it there.
    std::string page() const {
        std::string stream = "CASE CONVERT(nvarchar(128), q.TableName) COLLATE Latin1_General_CI_AS";
        for (std::size_t i = 0; i < streams_.size(); ++i) {
            stream += fmt::format(" WHEN {} THEN {}", literal(streams_[i]->target.table), i);
        }
        return fmt::format("SET LOCK_TIMEOUT {};\n", lock_wait.count()) + declare_local_time(shape_.time_zone) +
               fmt::format(
                   "DECLARE @rows int = CONVERT(int, {0}), @from bigint = CONVERT(bigint, {1});\n"
                   "SELECT TOP (@rows) q.QueueID, q.TableName, q.RecordID, q.Operation, q.JsonData, q.CreatedAt, "
                   "q.Attempts, q.LastAttempt, q.LastError{2}, {3} ELSE -1 END AS [#stream], CASE WHEN {4} <> N'1' "
                   "THEN 0 "
                   "WHEN q.Attempts > 0 OR q.LastAttempt IS NOT NULL OR (q.JsonData IS NULL AND "
                   "CONVERT(nvarchar(20), q.Operation) COLLATE Latin1_General_CI_AS <> N'DELETE') THEN 1 "
                   "WHEN EXISTS (SELECT 1 FROM {5} AS l WITH (READPAST, READCOMMITTEDLOCK) WHERE "
                   "l.TableName = q.TableName AND l.RecordID = q.RecordID AND l.QueueID > q.QueueID AND {8}) THEN 1 "
                   "ELSE 0 END AS [#bare] INTO #page FROM {5} AS q WITH (READPAST, READCOMMITTEDLOCK) WHERE {6} AND "
                   "q.QueueID > @from AND {7} ORDER BY q.QueueID;\n",
                   limit_parameter, after_parameter,
                   queue_.find("ChangedColumns") != nullptr ? ", q.ChangedColumns" : "",
                   streams_.empty() ? "CASE WHEN 1 = 0 THEN 0" : stream, reread_parameter, table(),
                   has_status("q", "Pending"), is_due(), has_status("l", "Pending"));
    }

    // For every shared column of the item's stream '1' when the edit concerned it, else '0'.
    std::string edited() const {
        std::string cases;
        for (std::size_t i = 0; i < streams_.size(); ++i) {
            std::vector<std::string> marks;
            for (const auto& pair : streams_[i]->columns) {
                if (pair.owner == Owner::shared) {
                    marks.push_back(concerns("p", queue_, pair.source, pair.target));
                }
            }
            if (!marks.empty()) {
                cases += fmt::format(" WHEN {} THEN CONCAT({}, N'')", i, fmt::join(marks, ", "));
            }
        }
        return cases.empty() ? "NULL" : fmt::format("CASE p.[#stream]{} END", cases);
    }

    std::string times() const {
        std::string cases;
        for (std::size_t i = 0; i < streams_.size(); ++i) {
            if (const std::string object = carried_times(*streams_[i], sources_[i], shape_.time_zone);
                !object.empty()) {
                cases += fmt::format(" WHEN {} THEN {}", i, object);
            }
        }
        return cases.empty() ? "NULL" : fmt::format("CASE p.[#stream]{} END", cases);
    }

    std::string microseconds(std::string_view local) const {
        return fmt::format("DATEDIFF_BIG(microsecond, '19700101', {})", utc(local, shape_.time_zone));
    }

    std::string items() const {
        return fmt::format(
            "SELECT p.QueueID, p.[#stream], p.TableName, p.RecordID, p.Operation, CASE WHEN {} = N'1' THEN p.JsonData "
            "END, {}, ISNULL(p.Attempts, 0), {}, {}, CASE WHEN p.Attempts > 0 OR p.LastAttempt IS NOT NULL THEN 1 ELSE "
            "p.[#bare] END "
            "FROM #page AS p ORDER BY p.QueueID;\n",
            reread_parameter, microseconds("ISNULL(p.CreatedAt, GETDATE())"), edited(), times());
    }

    std::string settle() const {
        const std::string update = fmt::format(
            "UPDATE q SET Status = CASE WHEN v.error IS NULL THEN 'Synced' WHEN ISNULL(q.Attempts, 0) + 1 >= {0} THEN "
            "'Failed' ELSE q.Status END, Attempts = CASE WHEN v.error IS NULL THEN q.Attempts ELSE "
            "ISNULL(q.Attempts, 0) + 1 END, LastAttempt = GETDATE(), "
            "LastError = CASE WHEN {5} THEN LEFT(CONCAT(N'{6}', N': ' + v.error), {7}) ELSE v.error END "
            "FROM OPENJSON({1}) WITH (id {2} N'$.id', error nvarchar(max) N'$.error') AS v "
            "JOIN {3} AS q ON q.QueueID = v.id WHERE {4};",
            shape_.attempt_limit, verdicts_parameter, declared_type(*queue_.find("QueueID")), table(),
            has_status("q", "Pending"), is_own("q"), own_write, error_length());
        return update + queue_needed();
    }

    // Triggers may queue a row only since another refers to it. That one then fails: what it needs is queued now, the
    // first time only, and what that needs when it fails in its turn.
    std::string queue_needed() const {
        const bool named = queue_.find("ChangedColumns") != nullptr;
        std::string text;
        for (const Stream* needed : streams_) {
            if (!needed->referenced_by) {
                continue;
            }
            const auto by = std::ranges::find(streams_, needed->referenced_by->stream, &Stream::name);
            const Column* reference =
                by == streams_.end()
                    ? nullptr
                    : sources_[static_cast<std::size_t>(by - streams_.begin())].find(needed->referenced_by->column);
            if (reference == nullptr || (*by)->key.size() != 1) {
                continue;
            }
            text += fmt::format(
                "\nINSERT INTO {0} (TableName, RecordID, Operation{1}) SELECT DISTINCT {2}, t.{3}, 'UPDATE'{4} "
                "FROM OPENJSON({5}) WITH (id {6} N'$.id', error nvarchar(max) N'$.error') AS v "
                "JOIN {0} AS q ON q.QueueID = v.id JOIN {7} AS t ON t.{8} = q.RecordID "
                "WHERE v.error IS NOT NULL AND q.Attempts = 1 AND t.{3} IS NOT NULL AND "
                "CONVERT(nvarchar(128), q.TableName) COLLATE Latin1_General_CI_AS = {9};",
                table(), named ? ", ChangedColumns" : "", table_literal(queue_, needed->target.table),
                bracketed(reference->name), named ? ", N''" : "", verdicts_parameter,
                declared_type(*queue_.find("QueueID")), bracketed((*by)->source), bracketed((*by)->key.front().source),
                literal((*by)->target.table));
        }
        return text;
    }

    std::string counts() const {
        const std::string pending = has_status("q", "Pending");
        const std::string waiting = fmt::format("{} AND NOT {}", pending, is_due());
        return declare_local_time(shape_.time_zone) +
               fmt::format(
                   "SELECT c.pending, c.failed, {0}, {1} FROM (SELECT COUNT(CASE WHEN {2} THEN 1 END) AS pending, "
                   "COUNT(CASE WHEN {3} THEN 1 END) AS failed, MIN(CASE WHEN {2} THEN q.CreatedAt END) AS oldest, "
                   "MIN(CASE WHEN {4} THEN {5} END) AS due FROM {6} AS q WITH (READPAST, READCOMMITTEDLOCK) WHERE {2} "
                   "OR {3}) AS c;",
                   microseconds("c.oldest"), microseconds("c.due"), pending, has_status("q", "Failed"), waiting, due_at,
                   table());
    }

    std::string purge() const {
        return fmt::format(
            "DECLARE @rows int = CONVERT(int, {0});\n"
            "DELETE TOP (@rows) q FROM {1} AS q WHERE {2} AND q.CreatedAt < DATEADD(hour, -CONVERT(int, {3}), "
            "GETDATE());\n"
            "SELECT @@ROWCOUNT;",
            limit_parameter, table(), has_status("q", "Synced"), hours_parameter);
    }

    const QueueShape& shape_;
    const Table& queue_;
    const std::span<const Stream* const> streams_;
    const std::span<const Table> sources_;
};

}  // namespace

QueueStatements make_queue_statements(const QueueShape& shape, const Table& queue,
                                      std::span<const Stream* const> streams, std::span<const Table> sources) {
    return Builder{shape, queue, streams, sources}.build();
}

}  // namespace revsync::sqlserver
