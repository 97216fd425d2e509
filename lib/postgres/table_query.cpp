#include "postgres/table_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "postgres/quoting.hpp"

#include "core/raw_json.hpp"

namespace revsync::postgres {
namespace {

constexpr std::string_view first_moment = "'0001-01-01 00:00:00+00'::timestamptz";
constexpr std::string_view last_moment = "'9999-12-31 23:59:59.999999+00'::timestamptz";
constexpr std::string_view iso = R"('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')";

std::string purpose(const StreamShape& shape) {
    return fmt::format("read {} for stream {}", shape.label, shape.stream);
}

std::string iso_text(std::string_view moment) {
    return fmt::format("to_char({} AT TIME ZONE 'UTC', {})", moment, iso);
}

// Element `i` of the JSON array `array`, as the key's column has it.
std::string key_part(const StreamShape& shape, std::string_view array, std::size_t i) {
    return fmt::format("({}->>{})::{}", array, i, shape.key_types[i]);
}

std::string conditions(std::vector<std::string> all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all.empty() ? "" : fmt::format(" WHERE {}", fmt::join(all, " AND "));
}

// Behind the cursor: its time is $1, its key $2.
std::vector<std::string> behind(const StreamShape& shape, const Cursor& after) {
    std::vector<std::string> both{fmt::format("{} <= {}", shape.changed_at, last_moment)};
    if (!after.key) {
        both.push_back(fmt::format("{} >= $1::timestamptz", shape.changed_at));
        return both;
    }
    std::string columns = shape.changed_at;
    std::string values = "$1::timestamptz";
    for (std::size_t i = 0; i < shape.key.size(); ++i) {
        columns += ", t." + shape.key[i];
        values += ", " + key_part(shape, "$2::json", i);
    }
    both.push_back(fmt::format("({}) > ({})", columns, values));
    return both;
}

std::string ordered_by(const StreamShape& shape) {
    return fmt::format("{}, t.{}", shape.changed_at, fmt::join(shape.key, ", t."));
}

// "c0, c1 …" for the first `count` carried columns.
std::string carried(std::string_view prefix, std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
        list += fmt::format("{}{}c{}", i == 0 ? "" : ", ", prefix, i);
    }
    return list;
}

std::string selected_columns(const StreamShape& shape) {
    std::string list;
    for (std::size_t i = 0; i < shape.columns.size(); ++i) {
        list += fmt::format(", t.{} AS c{}", shape.columns[i], i);
    }
    return list;
}

std::vector<std::optional<std::string>> cursor_parameters(const Cursor& after) {
    std::vector<std::optional<std::string>> parameters{after.changed_at.iso_microseconds()};
    if (after.key) {
        parameters.emplace_back(*after.key);
    }
    return parameters;
}

std::size_t to_number(std::string_view text) {
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// A JSON array of texts, so that no key can be taken for two.
std::string quoted_keys(std::span<const Key> keys) {
    std::string list = "[";
    for (const Key& key : keys) {
        list += (list.size() > 1 ? "," : "") + quoted_json(key);
    }
    return list + "]";
}

Error unreadable(const StreamShape& shape) {
    return {Disposition::stream, "",
            fmt::format("cannot {}: the change time of a row is unreadable; report this", purpose(shape))};
}

// Columns: changed at, key, row.
Result<Page> read_changes(const Rows& rows, const StreamShape& shape) {
    Page page;
    page.changes.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto changed_at = Timestamp::parse(rows.at(i, 0));
        if (!changed_at) {
            return unreadable(shape);
        }
        page.changes.push_back(
            {std::string{rows.at(i, 1)}, *changed_at, Operation::upsert, std::string{rows.at(i, 2)}});
    }
    return page;
}

}  // namespace

Statement page_statement(const StreamShape& shape, const Cursor& after, PageBounds bounds, bool with_total) {
    const std::vector<std::string> range = behind(shape, after);
    // One row more than wanted tells whether there is more. JSON is made of the chosen rows only, and once
    // (OFFSET 0 keeps the planner from doing it twice).
    const std::string chosen = fmt::format("SELECT {} AS changed_at{} FROM {} AS t{} ORDER BY {} LIMIT {}",
                                           shape.changed_at, selected_columns(shape), shape.table,
                                           conditions(range, shape.filter), ordered_by(shape), bounds.rows + 1);
    const std::string key_columns = carried("", shape.key.size());
    const std::string serialised =
        fmt::format("SELECT s.changed_at, {}, {} AS key, {} AS content FROM ({}) AS s OFFSET 0",
                    carried("s.", shape.key.size()), shape.key_text, shape.row_text, chosen);
    const std::string measured = fmt::format(
        "SELECT changed_at, key, content, count(*) OVER () AS found, row_number() OVER w AS number,"
        " sum(octet_length(content)) OVER w AS bytes FROM ({}) AS q"
        " WINDOW w AS (ORDER BY changed_at, {} ROWS UNBOUNDED PRECEDING)",
        serialised, key_columns);
    const std::string total = with_total && shape.shows_total
                                  ? fmt::format("(SELECT count(*) FROM {} AS t{})", shape.table, conditions(range, {}))
                                  : "0";
    return {purpose(shape),
            fmt::format("SELECT {}, key, content, found, {} FROM ({}) AS p"
                        " WHERE number = 1 OR (number <= {} AND bytes <= {}) ORDER BY number",
                        iso_text("changed_at"), total, measured, bounds.rows, bounds.bytes),
            cursor_parameters(after)};
}

Result<Page> read_page(const Rows& rows, const StreamShape& shape) {
    Result<Page> page = read_changes(rows, shape);
    if (page && rows.size() > 0) {
        page->more = to_number(rows.at(0, 3)) > rows.size();
        page->total_modified = to_number(rows.at(0, 4));
    }
    return page;
}

Statement rows_statement(const StreamShape& shape, std::span<const Key> keys) {
    std::string parts;
    std::string columns;
    std::vector<std::string> named;
    std::vector<std::string> matches;
    for (std::size_t i = 0; i < shape.columns.size(); ++i) {
        // The key comes from the table where it can, so that it is spelled as the pages spell it.
        columns += i < shape.key.size() ? fmt::format(", COALESCE(t.{0}, k.k{1}) AS c{1}", shape.columns[i], i)
                                        : fmt::format(", t.{} AS c{}", shape.columns[i], i);
    }
    for (std::size_t i = 0; i < shape.key.size(); ++i) {
        parts += fmt::format(", {} AS k{}", key_part(shape, "e.value::json", i), i);
        named.push_back(fmt::format("k.k{} IS NOT NULL", i));
        matches.push_back(fmt::format("t.{} = k.k{}", shape.key[i], i));
    }
    const std::string filter = shape.filter.empty() ? "true" : fmt::format("{}", fmt::join(shape.filter, " AND "));
    const std::string wanted =
        fmt::format("SELECT e.n{} FROM json_array_elements_text($1::json) WITH ORDINALITY AS e(value, n)", parts);
    // GREATEST and LEAST would swallow the NULL.
    const std::string moment = fmt::format("COALESCE({}, 'epoch'::timestamptz)", shape.changed_at);
    const std::string found = fmt::format(
        "SELECT k.n, {} AS named, t.{} IS NOT NULL AS present, ({}) IS TRUE AS passes, {} AS changed_at{}"
        " FROM ({}) AS k LEFT JOIN {} AS t ON {}",
        fmt::join(named, " AND "), shape.key.front(), filter, moment, columns, wanted, shape.table,
        fmt::join(matches, " AND "));
    const std::string clamped = fmt::format("GREATEST({}, LEAST(s.changed_at, {}))", first_moment, last_moment);
    return {purpose(shape),
            fmt::format("SELECT s.n, s.named, s.present, s.present AND s.passes, {}, {},"
                        " CASE WHEN s.present AND s.passes THEN {} END,"
                        " CASE WHEN pg_is_in_recovery() THEN 'replica' WHEN row_security_active({}) THEN 'policy' END"
                        " FROM ({}) AS s ORDER BY s.n",
                        shape.key_text, iso_text(clamped), shape.row_text, literal(shape.table), found),
            {quoted_keys(keys)}};
}

namespace {

// Where an absent row may only be hidden, or not have arrived yet, none may be taken for gone.
Error cannot_see_all(const StreamShape& shape, std::string_view why) {
    if (why == "replica") {
        return {
            Disposition::configuration, "",
            "the server is a replica, which may lack a row that its primary has; set SUPABASE_DB_URL to the primary"};
    }
    return {
        Disposition::stream, "sqlstate 42501",
        fmt::format("cannot {}: a row level security policy would hide rows from this role; ALTER ROLE … BYPASSRLS, "
                    "or connect as a role that has it",
                    purpose(shape))};
}

}  // namespace

Result<RowReadings> read_rows(const Rows& rows, const StreamShape& shape, std::size_t asked) {
    const Error not_a_key{Disposition::row, "",
                          fmt::format("cannot {}: a key lacks one of its columns", purpose(shape))};
    RowReadings readings(asked, not_a_key);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t position = to_number(rows.at(i, 0)) - 1;
        const auto changed_at = Timestamp::parse(rows.at(i, 5));
        if (position >= asked || !changed_at) {
            return unreadable(shape);
        }
        if (const std::string_view why = rows.at(i, 7); !why.empty()) {
            return cannot_see_all(shape, why);
        }
        if (!rows.is_true(i, 1)) {
            continue;
        }
        RowReading reading;
        reading.change.key = rows.at(i, 4);
        if (rows.is_true(i, 3)) {
            reading.presence = RowReading::Presence::present;
            reading.change.changed_at = *changed_at;
            reading.change.row = rows.at(i, 6);
        } else if (rows.is_true(i, 2)) {
            reading.presence = RowReading::Presence::filtered;
        } else {
            reading.change.operation = Operation::remove;
        }
        readings[position] = std::move(reading);
    }
    return readings;
}

Statement explain_statement(const StreamShape& shape) {
    return {fmt::format("explain the reading of {}", shape.label),
            fmt::format("EXPLAIN (FORMAT JSON) SELECT 1 FROM {} AS t WHERE {} >= 'epoch' ORDER BY {} LIMIT 500",
                        shape.table, shape.changed_at, ordered_by(shape)),
            {}};
}

std::string create_index_statement(const StreamShape& shape) {
    const bool is_expression = shape.index_changed_at.find('(') != std::string::npos;
    return fmt::format("CREATE INDEX CONCURRENTLY ON {} ({}{}{}, {})", shape.table, is_expression ? "(" : "",
                       shape.index_changed_at, is_expression ? ")" : "", fmt::join(shape.key, ", "));
}

Statement undated_count(const StreamShape& shape) {
    const std::string undated =
        fmt::format("({0} IS NULL OR {0} NOT BETWEEN {1} AND {2})", shape.changed_at, first_moment, last_moment);
    return {fmt::format("count the rows of {} without a change time", shape.label),
            fmt::format("SELECT count(*) FROM {} AS t{}", shape.table, conditions({undated}, shape.filter)),
            {}};
}

}  // namespace revsync::postgres
