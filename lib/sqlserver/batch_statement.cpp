#include "sqlserver/batch_statement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sqlserver/queue_table.hpp"
#include "sqlserver/quoting.hpp"
#include "sqlserver/verdict.hpp"

namespace revsync::sqlserver {
namespace {

constexpr std::string_view exact = "COLLATE Latin1_General_BIN2";

// A column of the target that the stream writes, and the member of the rows that holds its value.
struct Written {
    const Column* column;
    std::string member;
    bool key = false;
    bool updated = false;
    bool shared = false;
    std::string source;  // its name in the source, which is also that of the queue's JsonData
};

std::vector<Written> written_columns(const Stream& stream, const Table& table) {
    std::vector<Written> written;
    for (const auto& pair : stream.key) {
        written.push_back({table.find(pair.target), pair.target, true, false, false, pair.source});
    }
    for (const auto& pair : stream.columns) {
        const bool updated = stream.operations.update && !pair.insert_only && pair.owner != Owner::sqlserver;
        const bool shared = updated && pair.owner == Owner::shared;
        written.push_back({table.find(pair.target), pair.target, false, updated, shared, pair.source});
    }
    return written;
}

std::string collation(const Column& column) {
    return column.collation.empty() ? "" : " COLLATE " + column.collation;
}

// Text is taken whole (nvarchar(max)) and meets the column's length in #rows, where what is too long fails instead of
// being cut. Times and bytes come as text, because their form depends on the source's type.
std::string json_type(const Column& column) {
    switch (kind_of(column)) {
        case ColumnKind::character:
        case ColumnKind::xml:
        case ColumnKind::binary:
            return "nvarchar(max)";
        case ColumnKind::date_and_time:
        case ColumnKind::time_of_day:
        case ColumnKind::datetimeoffset:
            return "nvarchar(64)";
        default:
            return declared_type(column);
    }
}

// The value in the column's type. Times with an offset are moments and are kept in the configured zone; times without
// one are taken as they are. Bytes come as hex, "0x…" or "\x…".
std::string json_value(const Column& column, std::string_view time_zone) {
    std::string value = "j." + bracketed(column.name);
    const std::string type = declared_type(column);
    switch (kind_of(column)) {
        case ColumnKind::date_and_time:
            return fmt::format(
                "CASE WHEN {0} LIKE N'%T%[+-][0-9][0-9]:[0-9][0-9]' OR {0} LIKE N'%T%Z' "
                "THEN CONVERT({1}, CONVERT(datetimeoffset(7), {0}) AT TIME ZONE {2}) "
                "ELSE CONVERT({1}, CONVERT(datetimeoffset(7), {0})) END",
                value, type, literal(time_zone));
        case ColumnKind::time_of_day:
        case ColumnKind::datetimeoffset:
        case ColumnKind::xml:
            return fmt::format("CONVERT({}, {})", type, value);
        case ColumnKind::binary:
            return fmt::format(
                "CONVERT(varbinary(max), CASE WHEN {0} LIKE N'\\x%' THEN STUFF({0}, 1, 1, N'0') ELSE {0} END, 1)",
                value);
        default:
            return value;
    }
}

// The column's value as it is compared: the column's own collation ignores letter case and trailing blanks, and an
// edit of only those must arrive.
std::string comparable(std::string_view alias, const Column& column) {
    std::string value = fmt::format("{}.{}", alias, bracketed(column.name));
    const bool one_byte = column.base_type == "char" || column.base_type == "varchar" || column.base_type == "text";
    if (one_byte) {
        // The binary collation would first turn the text into its own code page, where other alphabets are all '?'.
        value = fmt::format("CONVERT(nvarchar(max), {})", value);
    } else if (column.base_type == "ntext" || column.base_type == "image") {
        value = fmt::format("CONVERT({}, {})", declared_type(column), value);
    }
    switch (kind_of(column)) {
        case ColumnKind::xml:
            value = fmt::format("CONVERT(nvarchar(max), {})", value);
            [[fallthrough]];
        case ColumnKind::character:
            return fmt::format("{0} {1}, DATALENGTH({0})", value, exact);
        case ColumnKind::binary:
            return fmt::format("{0}, DATALENGTH({0})", value);
        default:
            return value;
    }
}

// Builds the statement's parts from the stream's columns.
class Builder {
public:
    Builder(const Stream& stream, const Table& table, std::string_view time_zone, const Table* queue)
        : stream_{stream},
          written_{written_columns(stream, table)},
          time_zone_{time_zone},
          table_{table},
          queue_{stream.key.size() == 1 ? queue : nullptr} {
        for (const auto& written : written_) {
            if (queue_ != nullptr && written.shared) {
                guarded_.push_back(&written);
            }
        }
    }

    BatchStatement build() const {
        BatchStatement statement;
        statement.tells_delivered = keeps_deleted();
        statement.text = create_rows() + fill_rows() + "BEGIN TRANSACTION;\n" +
                         (!guarded_.empty() ? declare_local_time(time_zone_) : "") + guard() + plan() + count_plan() +
                         note_queue() + remove() + update() + insert() + end_rows_before() + mark_own() + answer();
        for (const Written* written : guarded_) {
            statement.guarded_columns.push_back(written->column->name);
        }
        for (const auto& written : written_) {
            if (written.key) {
                statement.key_members.push_back(written.member);
            }
            if (has_code_page(*written.column)) {
                statement.code_page_columns.push_back(written.column->name);
            }
        }
        statement.stream = stream_.name;
        statement.table = to_string(stream_.target);
        return statement;
    }

private:
    template <class Text>
    std::string list(
        std::string_view separator, Text text,
        bool (*chosen)(const Written&) = [](const Written&) { return true; }) const {
        std::vector<std::string> parts;
        for (const auto& written : written_) {
            if (chosen(written)) {
                parts.push_back(text(written));
            }
        }
        return fmt::format("{}", fmt::join(parts, separator));
    }

    static bool is_key(const Written& written) { return written.key; }
    static bool is_updated(const Written& written) { return written.updated; }
    static std::string name(const Written& written) { return bracketed(written.column->name); }

    // Whether what the lab has deleted is not inserted again.
    bool keeps_deleted() const { return queue_ != nullptr && stream_.operations.insert; }

    bool updates() const { return std::ranges::any_of(written_, is_updated); }

    std::string same_key() const {
        return list(
            " AND ", [](const Written& w) { return fmt::format("t.{0} = s.{0}", name(w)); }, is_key);
    }

    std::string create_rows() const {
        const std::string columns = list(", ", [](const Written& w) {
            return fmt::format("{} {}{} {}", name(w), declared_type(*w.column), collation(*w.column),
                               w.key ? "NOT NULL" : "NULL");
        });
        const std::string key = list(", ", name, is_key);
        return fmt::format(
            "CREATE TABLE #rows ([#n] int NOT NULL, [#remove] bit NOT NULL, [#unfit] int NOT NULL, {}, "
            "{}{}PRIMARY KEY ({}));\n"
            "CREATE TABLE #plan ([#n] int NOT NULL PRIMARY KEY, [#do] int NOT NULL);\n",
            columns, !guarded_.empty() ? "[#at] datetime2(7) NULL, " : "",
            keeps_deleted() ? "[#delivered] bit NULL, " : "", key);
    }

    // 0, or less: the first column whose code page would turn a character into '?'.
    std::string unfit() const {
        std::string cases;
        int position = 0;
        for (const auto& written : written_) {
            if (has_code_page(*written.column)) {
                const std::string value = "j." + name(written);
                cases +=
                    fmt::format(" WHEN CONVERT(nvarchar(max), CONVERT(varchar(max), {0}{1})) {2} <> {0} {2} THEN {3}",
                                value, collation(*written.column), exact, --position);
            }
        }
        return cases.empty() ? "0" : "CASE" + cases + " ELSE 0 END";
    }

    std::string fill_rows() const {
        const std::string values = list(", ", [&](const Written& w) { return json_value(*w.column, time_zone_); });
        const std::string members = list(", ", [](const Written& w) {
            return fmt::format("{} {} {}", name(w), json_type(*w.column), literal(json_path(w.member)));
        });
        std::string more;
        std::string more_values;
        std::string more_members;
        const auto add = [&](std::string_view column, std::string_view type, std::string_view path) {
            more += fmt::format(", {}", column);
            more_values += fmt::format(", j.{}", column);
            more_members += fmt::format(", {} {} N'{}'", column, type, path);
        };
        if (!guarded_.empty()) {
            add("[#at]", "datetime2(7)", R"($."#at")");
        }
        if (keeps_deleted()) {
            add("[#delivered]", "bit", R"($."#delivered")");
        }
        return fmt::format(
            "INSERT INTO #rows ([#n], [#remove], [#unfit], {0}{1}) SELECT j.[#n], j.[#remove], {2}, {3}{4} "
            "FROM OPENJSON({5}) WITH ([#n] int N'$.\"#n\"', [#remove] bit N'$.\"#remove\"', {6}{7}) AS j;\n",
            list(", ", name), more, unfit(), values, more_values, rows_parameter, members, more_members);
    }

    // The locks on the keys, also on absent ones, are held to the end of the transaction: what is decided here still
    // holds when it is done.
    std::string plan() const {
        return fmt::format(
            "INSERT INTO #plan ([#n], [#do]) SELECT s.[#n], {} FROM #rows AS s "
            "LEFT JOIN {} AS t WITH (UPDLOCK, SERIALIZABLE) ON {} OPTION (LOOP JOIN);\n",
            verdict(), bracketed(stream_.target), same_key());
    }

    // Counted once: what there is nothing of costs no statement.
    static std::string count_plan() {
        const auto count = [](Verdict verdict) {
            return fmt::format("COUNT(CASE WHEN [#do] = {} THEN 1 END)", to_number(verdict));
        };
        return fmt::format(
            "DECLARE @inserts int, @updates int, @removals int;\n"
            "SELECT @inserts = {}, @updates = {}, @removals = {} FROM #plan;\n",
            count(Verdict::insert), count(Verdict::update), count(Verdict::remove));
    }

    const Written& key() const { return written_.front(); }

    // The record's rows in the queue, alias q.
    std::string record_in_queue() const {
        return fmt::format("q.TableName = {} AND q.RecordID = CONVERT({}, s.{})",
                           table_literal(*queue_, stream_.source.table), declared_type(*queue_->find("RecordID")),
                           name(key()));
    }

    // The target's rows are locked before the queue is read: an edit of theirs is committed with its queue row, or
    // waits for us.
    std::string guard() const {
        if (guarded_.empty()) {
            return "";
        }
        std::string text = fmt::format(
            "CREATE TABLE #held ([#n] int NOT NULL);\n"
            "CREATE TABLE #settled ([#n] int NOT NULL, [#column] int NOT NULL, [#lost] int NOT NULL, [#item] {} NOT "
            "NULL);\n"
            "INSERT INTO #held ([#n]) SELECT s.[#n] FROM #rows AS s JOIN {} AS t WITH (UPDLOCK, SERIALIZABLE) ON "
            "{} OPTION (LOOP JOIN);\n",
            declared_type(*queue_->find("QueueID")), bracketed(stream_.target), same_key());
        for (std::size_t i = 0; i < guarded_.size(); ++i) {
            text += guard_column(*guarded_[i], i);
        }
        return text;
    }

    // In whole microseconds, as the other direction compares them: of two edits both must find the same one newer.
    std::string queued_later() const {
        return fmt::format("DATEDIFF_BIG(microsecond, '19700101', {}) > DATEDIFF_BIG(microsecond, '19700101', s.[#at])",
                           utc("q.CreatedAt", time_zone_));
    }

    // The newest edit of the column that stands in the queue: one later than the change, or else an older one that
    // waits.
    std::string newest_edit(const Written& written) const {
        return fmt::format(
            "SELECT TOP (1) q.QueueID, CASE WHEN {0} THEN 0 ELSE 1 END AS lost FROM {1} AS q WHERE {2} "
            "AND CONVERT(nvarchar(20), q.Operation) COLLATE Latin1_General_CI_AS <> N'DELETE' AND ({0} OR {3}) "
            "AND {4} = 1 ORDER BY lost, q.CreatedAt DESC, q.QueueID DESC",
            queued_later(), bracketed(queue_name()), record_in_queue(), has_status("q", "Pending"),
            concerns("q", *queue_, written.column->name, written.source));
    }

    std::string guard_column(const Written& written, std::size_t number) const {
        return fmt::format(
            "INSERT INTO #settled ([#n], [#column], [#lost], [#item]) SELECT s.[#n], {0}, e.lost, e.QueueID FROM #rows "
            "AS s JOIN {1} AS t ON {2} CROSS APPLY ({3}) AS e WHERE s.[#remove] = 0 AND EXISTS (SELECT {4} EXCEPT "
            "SELECT {5});\n"
            "IF EXISTS (SELECT 1 FROM #settled WHERE [#column] = {0})\nBEGIN\n"
            "  UPDATE s SET {6} = t.{6} FROM #rows AS s JOIN {1} AS t ON {2} JOIN #settled AS x ON x.[#n] = s.[#n] "
            "WHERE x.[#column] = {0} AND x.[#lost] = 0;\n"
            "{7}END;\n",
            number, bracketed(stream_.target), same_key(), newest_edit(written), comparable("s", *written.column),
            comparable("t", *written.column), name(written), send_as_it_is(number));
    }

    // An edit that won, and has been sent, waits once more. What waits of a record whose edit lost carries what is
    // overwritten now. Both are sent as what is tried again: with the row as it is by then.
    std::string send_as_it_is(std::size_t number) const {
        return fmt::format(
            "  UPDATE e SET Status = 'Pending', Attempts = 1, LastAttempt = NULL FROM {1} AS e JOIN #settled AS x ON "
            "x.[#item] = e.QueueID WHERE x.[#column] = {0} AND x.[#lost] = 0 AND NOT ({2});\n"
            "  UPDATE q SET LastAttempt = GETDATE() FROM {1} AS q WITH (ROWLOCK) JOIN #rows AS s ON {3} JOIN #settled "
            "AS x ON x.[#n] = s.[#n] WHERE x.[#column] = {0} AND x.[#lost] = 1 AND {4} AND ISNULL(q.Attempts, 0) < "
            "1;\n",
            number, bracketed(queue_name()), has_status("e", "Pending"), record_in_queue(), has_status("q", "Pending"));
    }

    // Behind the locks, so that every later queue row of these records is ours. Of the catalog, because the table's
    // last rows may be another session's that are not committed.
    std::string note_queue() const {
        return queue_ == nullptr ? ""
                                 : fmt::format(
                                       "DECLARE @newest bigint;\n"
                                       "{}  SET @newest = ISNULL((SELECT CONVERT(bigint, c.last_value) FROM "
                                       "sys.identity_columns AS c WHERE c.object_id = OBJECT_ID({}, N'U')), "
                                       "-9223372036854775808);\n",
                                       if_written, literal(bracketed(queue_name())));
    }

    // Rows of other sessions are locked by them, and passed over.
    std::string mark_own() const {
        if (queue_ == nullptr) {
            return "";
        }
        const bool computes = std::ranges::any_of(table_.columns, &Column::computed);
        const std::string status =
            computes ? fmt::format("CASE p.[#do] WHEN {} THEN 'Synced' ELSE q.Status END", to_number(Verdict::remove))
                     : "'Synced'";
        const std::string written = fmt::format("[#do] IN ({}, {}, {})", to_number(Verdict::insert),
                                                to_number(Verdict::update), to_number(Verdict::remove));
        return fmt::format(
            "{6}  UPDATE q SET Status = {1}, LastAttempt = GETDATE(), LastError = N'{2}' FROM {3} AS q WITH (READPAST, "
            "READCOMMITTEDLOCK, "
            "ROWLOCK) JOIN #rows AS s ON {4} JOIN #plan AS p ON p.[#n] = s.[#n] WHERE q.QueueID > @newest AND {5} "
            "AND p.{0};\n",
            written, status, own_write, bracketed(queue_name()), record_in_queue(), has_status("q", "Pending"),
            if_written);
    }

    // What waits of a row that had the number before must not be sent: it would hit the row that was inserted now.
    std::string end_rows_before() const {
        if (queue_ == nullptr || !stream_.operations.insert) {
            return "";
        }
        return fmt::format(
            "{4}  UPDATE q SET Status = 'Synced', LastAttempt = GETDATE() FROM {1} AS q WITH (ROWLOCK) JOIN #rows AS s "
            "ON {2} JOIN #plan "
            "AS p ON p.[#n] = s.[#n] WHERE q.QueueID <= @newest AND {3} AND p.[#do] = {0};\n",
            to_number(Verdict::insert), bracketed(queue_name()), record_in_queue(), has_status("q", "Pending"),
            if_inserts);
    }

    std::string verdict() const {
        const Operations& allowed = stream_.operations;
        std::string cases = fmt::format("CASE WHEN s.[#remove] = 0 AND s.[#unfit] < 0 THEN s.[#unfit]");
        const auto when = [&](std::string_view condition, Verdict then) {
            cases += fmt::format(" WHEN {} THEN {}", condition, to_number(then));
        };
        const std::string absent = fmt::format("t.{} IS NULL", name(written_.front()));
        if (!allowed.remove) {
            when("s.[#remove] = 1", Verdict::nothing);
        }
        if (!allowed.insert && !updates()) {
            when("s.[#remove] = 0", Verdict::nothing);
        }
        when(absent + " AND s.[#remove] = 1", Verdict::nothing);
        if (keeps_deleted()) {
            when(
                fmt::format("{} AND s.[#delivered] = 1 AND EXISTS (SELECT 1 FROM {} AS q WHERE {} AND "
                            "CONVERT(nvarchar(20), q.Operation) COLLATE Latin1_General_CI_AS = N'DELETE' AND NOT ({}))",
                            absent, bracketed(queue_name()), record_in_queue(), is_own("q")),
                Verdict::nothing);
        }
        when(absent, allowed.insert ? Verdict::insert : Verdict::missing);
        if (stream_.owned_rows) {
            const std::string column = "t." + bracketed(table_.find(stream_.owned_rows->column)->name);
            when(fmt::format("{0} IS NULL OR {0} <> {1}", column, literal(stream_.owned_rows->value)),
                 Verdict::collision);
        }
        when("s.[#remove] = 1", Verdict::remove);
        if (updates()) {
            when(fmt::format("EXISTS (SELECT {} EXCEPT SELECT {})", compared("s"), compared("t")), Verdict::update);
        }
        return cases + fmt::format(" ELSE {} END", to_number(Verdict::nothing));
    }

    std::string compared(std::string_view alias) const {
        return list(
            ", ", [&](const Written& w) { return comparable(alias, *w.column); }, is_updated);
    }

    static constexpr std::string_view if_inserts = "IF @inserts > 0\n";
    static constexpr std::string_view if_updates = "IF @updates > 0\n";
    static constexpr std::string_view if_removals = "IF @removals > 0\n";
    static constexpr std::string_view if_written = "IF @inserts + @updates + @removals > 0\n";

    std::string from_target(Verdict verdict) const {
        return fmt::format(
            "FROM {} AS t JOIN #rows AS s ON {} JOIN #plan AS p ON p.[#n] = s.[#n] WHERE p.[#do] = {};\n",
            bracketed(stream_.target), same_key(), to_number(verdict));
    }

    std::string remove() const {
        return stream_.operations.remove ? fmt::format("{}  DELETE t {}", if_removals, from_target(Verdict::remove))
                                         : "";
    }

    std::string update() const {
        const std::string assignments = list(
            ", ", [](const Written& w) { return fmt::format("{0} = s.{0}", name(w)); }, is_updated);
        return updates() ? fmt::format("{}  UPDATE t SET {} {}", if_updates, assignments, from_target(Verdict::update))
                         : "";
    }

    std::string insert() const {
        if (!stream_.operations.insert) {
            return "";
        }
        const std::string target = bracketed(stream_.target);
        const std::string insert = fmt::format(
            "  INSERT INTO {} ({}) SELECT {} FROM #rows AS s JOIN #plan AS p ON p.[#n] = s.[#n] WHERE p.[#do] = {};\n",
            target, list(", ", name), list(", ", [](const Written& w) { return "s." + name(w); }),
            to_number(Verdict::insert));
        const bool identity = std::ranges::any_of(written_, [](const Written& w) { return w.column->identity; });
        if (!identity) {
            return fmt::format("{}{}", if_inserts, insert);
        }
        return fmt::format("{0}BEGIN\n  SET IDENTITY_INSERT {1} ON;\n{2}  SET IDENTITY_INSERT {1} OFF;\nEND;\n",
                           if_inserts, target, insert);
    }

    // An edit of the lab's has lost when its value was overwritten, not when the row was refused.
    std::string answer() const {
        return fmt::format(
            "COMMIT TRANSACTION;\nSELECT @inserts, @updates, @removals;\n"
            "SELECT [#n], [#do] FROM #plan WHERE [#do] < 0 OR [#do] IN ({}, {}) ORDER BY [#n];{}",
            to_number(Verdict::collision), to_number(Verdict::missing),
            guarded_.empty() ? ""
                             : fmt::format("\nSELECT x.[#n], x.[#column], x.[#lost] FROM #settled AS x JOIN #plan AS p "
                                           "ON p.[#n] = x.[#n] WHERE x.[#lost] = 0 OR p.[#do] = {} ORDER BY x.[#n];",
                                           to_number(Verdict::update)));
    }

    const Stream& stream_;
    const std::vector<Written> written_;
    const std::string_view time_zone_;
    const Table& table_;
    const Table* const queue_;             // null: none
    std::vector<const Written*> guarded_;  // into written_
};

}  // namespace

BatchStatement make_batch_statement(const Stream& stream, const Table& table, std::string_view time_zone,
                                    const Table* queue) {
    return Builder{stream, table, time_zone, queue}.build();
}

}  // namespace revsync::sqlserver
