#include "sqlserver/batch_statement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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
};

std::vector<Written> written_columns(const Stream& stream, const Table& table) {
    std::vector<Written> written;
    for (const auto& pair : stream.key) {
        written.push_back({table.find(pair.target), pair.target, true, false});
    }
    for (const auto& pair : stream.columns) {
        const bool updated = stream.operations.update && !pair.insert_only && pair.owner != Owner::sqlserver;
        written.push_back({table.find(pair.target), pair.target, false, updated});
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
    Builder(const Stream& stream, const Table& table, std::string_view time_zone)
        : stream_{stream}, written_{written_columns(stream, table)}, time_zone_{time_zone}, table_{table} {}

    BatchStatement build() const {
        BatchStatement statement;
        statement.text = create_rows() + fill_rows() + plan() + remove() + update() + insert() + answer();
        for (const auto& written : written_) {
            if (written.key) {
                statement.key_members.push_back(written.member);
            }
            if (has_code_page(*written.column)) {
                statement.code_page_columns.push_back(written.column->name);
            }
        }
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
            "PRIMARY KEY ({}));\n"
            "CREATE TABLE #plan ([#n] int NOT NULL PRIMARY KEY, [#do] int NOT NULL);\n",
            columns, key);
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
        return fmt::format(
            "INSERT INTO #rows ([#n], [#remove], [#unfit], {}) SELECT j.[#n], j.[#remove], {}, {} "
            "FROM OPENJSON({}) WITH ([#n] int N'$.\"#n\"', [#remove] bit N'$.\"#remove\"', {}) AS j;\n",
            list(", ", name), unfit(), values, rows_parameter, members);
    }

    // The locks on the keys, also on absent ones, are held to the end of the transaction: what is decided here still
    // holds when it is done.
    std::string plan() const {
        return fmt::format(
            "BEGIN TRANSACTION;\n"
            "INSERT INTO #plan ([#n], [#do]) SELECT s.[#n], {} FROM #rows AS s "
            "LEFT JOIN {} AS t WITH (UPDLOCK, SERIALIZABLE) ON {} OPTION (LOOP JOIN);\n",
            verdict(), bracketed(stream_.target), same_key());
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

    static std::string if_any(Verdict verdict) {
        return fmt::format("IF EXISTS (SELECT 1 FROM #plan WHERE [#do] = {})\n", to_number(verdict));
    }

    std::string from_target(Verdict verdict) const {
        return fmt::format(
            "FROM {} AS t JOIN #rows AS s ON {} JOIN #plan AS p ON p.[#n] = s.[#n] WHERE p.[#do] = {};\n",
            bracketed(stream_.target), same_key(), to_number(verdict));
    }

    std::string remove() const {
        return stream_.operations.remove ? if_any(Verdict::remove) + "  DELETE t " + from_target(Verdict::remove) : "";
    }

    std::string update() const {
        const std::string assignments = list(
            ", ", [](const Written& w) { return fmt::format("{0} = s.{0}", name(w)); }, is_updated);
        return updates()
                   ? if_any(Verdict::update) + "  UPDATE t SET " + assignments + " " + from_target(Verdict::update)
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
            return if_any(Verdict::insert) + insert;
        }
        return fmt::format("{0}BEGIN\n  SET IDENTITY_INSERT {1} ON;\n{2}  SET IDENTITY_INSERT {1} OFF;\nEND;\n",
                           if_any(Verdict::insert), target, insert);
    }

    static std::string answer() {
        const auto count = [](Verdict verdict) {
            return fmt::format("COUNT(CASE WHEN [#do] = {} THEN 1 END)", to_number(verdict));
        };
        return fmt::format(
            "COMMIT TRANSACTION;\nSELECT {}, {}, {} FROM #plan;\n"
            "SELECT [#n], [#do] FROM #plan WHERE [#do] < 0 OR [#do] IN ({}, {}) ORDER BY [#n];",
            count(Verdict::insert), count(Verdict::update), count(Verdict::remove), to_number(Verdict::collision),
            to_number(Verdict::missing));
    }

    const Stream& stream_;
    const std::vector<Written> written_;
    const std::string_view time_zone_;
    const Table& table_;
};

}  // namespace

BatchStatement make_batch_statement(const Stream& stream, const Table& table, std::string_view time_zone) {
    return Builder{stream, table, time_zone}.build();
}

}  // namespace revsync::sqlserver
