#include "postgres/forward_pieces.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/raw_json.hpp"
#include "postgres/quoting.hpp"

namespace revsync::postgres {
namespace {

// [{"id": 7, "key": [5], "edited": {"days": "…"}, "row": {…}}, …]; a removal has no row.
std::string items_parameter(const std::vector<const QueueItem*>& items) {
    std::string text = "[";
    for (const QueueItem* item : items) {
        std::vector<std::string> edited;
        for (const auto& [column, time] : item->edited) {
            edited.push_back(fmt::format(R"({}:"{}")", quoted_json(column), time.iso_microseconds()));
        }
        text += fmt::format(R"({}{{"id":{},"key":{},"edited":{{{}}})", text.size() == 1 ? "" : ",", item->id,
                            item->change.key, fmt::join(edited, ","));
        if (item->change.operation == Operation::upsert) {
            text += R"(,"row":)" + item->change.row;
        }
        text += '}';
    }
    return text + ']';
}

std::string echoes_parameter(const std::vector<Echo>& echoes) {
    std::vector<std::string> all;
    for (const Echo& echo : echoes) {
        const std::string edited =
            echo.edited ? fmt::format(R"(,"edited":"{}")", echo.edited->iso_microseconds()) : std::string{};
        all.push_back(
            fmt::format(R"({{"key":{},"stamped":"{}"{}}})", echo.key, echo.stamped.iso_microseconds(), edited));
    }
    return fmt::format("[{}]", fmt::join(all, ","));
}

std::string delivered_parameter(const std::map<Key, Timestamp>& delivered) {
    std::vector<std::string> all;
    for (const auto& [key, edited] : delivered) {
        all.push_back(fmt::format(R"({{"key":{},"edited":"{}"}})", key, edited.iso_microseconds()));
    }
    return fmt::format("[{}]", fmt::join(all, ","));
}

}  // namespace

std::string purpose(const ForwardShape& shape) {
    return fmt::format("write {} for stream {}", shape.label, shape.stream);
}

std::vector<std::optional<std::string>> parameters(const ForwardShape& shape,
                                                   const std::vector<const QueueItem*>& items,
                                                   const ReverseView& view) {
    std::vector<std::optional<std::string>> all{items_parameter(items)};
    if (shape.reader) {
        all.emplace_back(echoes_parameter(view.echoes));
        all.emplace_back(view.delivered_until.iso_microseconds());
        all.emplace_back(fmt::format("[{}]", fmt::join(view.undelivered, ",")));
        all.emplace_back(delivered_parameter(view.delivered));
    }
    return all;
}

std::string owned(const ForwardShape& shape) {
    return shape.owned_rows ? fmt::format("(t.{} = {}) IS TRUE", identifier(shape.owned_rows->column),
                                          literal(shape.owned_rows->value))
                            : "true";
}

std::string item_table(const ForwardShape& shape, const ColumnSet& columns) {
    std::string values;
    std::vector<std::string> record;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const ForwardColumn& column = shape.columns[columns[i]];
        values += fmt::format(", {} AS v{}", column.value, i);
        record.push_back(column.quoted + " " + column.carried);
    }
    const std::string lateral =
        record.empty()
            ? ""
            : fmt::format(" CROSS JOIN LATERAL jsonb_to_record(e.item->'row') AS r({})", fmt::join(record, ", "));
    return fmt::format(
        "item AS MATERIALIZED (SELECT (e.item->>'id')::bigint AS id, (e.item->'key'->>0)::{} AS k,"
        " e.item->'edited' AS edited{}"
        " FROM jsonb_array_elements($1::jsonb) AS e(item){})",
        shape.key_type, values, lateral);
}

std::string present_table(const ForwardShape& shape, std::string_view mine, std::string_view more) {
    if (!shape.reader) {
        return fmt::format(
            "present AS MATERIALIZED (SELECT i.id, {} AS mine, false AS passes, NULL::timestamptz AS changed_at,"
            " NULL::timestamptz AS effective, false AS delivered{} FROM item AS i JOIN {} AS t ON t.{} = i.k)",
            mine, more, shape.table, shape.key);
    }
    const std::string found = fmt::format(
        "found AS MATERIALIZED (SELECT i.id, i.k, {} AS mine, {} AS passes, {} AS changed_at{}"
        " FROM item AS i JOIN {} AS t ON t.{} = i.k)",
        mine, shape.reader->passes, shape.reader->changed_at, more, shape.table, shape.key);
    const std::string echo = fmt::format(
        "echo AS MATERIALIZED (SELECT DISTINCT ON (k, stamped) k, stamped, edited FROM (SELECT (e.item->'key'->>0)::{}"
        " AS k, (e.item->>'stamped')::timestamptz AS stamped, (e.item->>'edited')::timestamptz AS edited"
        " FROM jsonb_array_elements($2::jsonb) AS e(item)) AS all_echoes)",
        shape.key_type);
    const std::string dated =
        "dated AS MATERIALIZED (SELECT f.*, CASE WHEN f.passes THEN CASE WHEN x.stamped IS NULL THEN f.changed_at"
        " ELSE x.edited END END AS effective"
        " FROM found AS f LEFT JOIN echo AS x ON x.k = f.k AND x.stamped = f.changed_at)";
    // Rows changed at the very moment of the cursor may still have to be read.
    return fmt::format(
        "{0}, {1}, {2}, present AS MATERIALIZED (SELECT d.*, d.passes"
        " AND COALESCE(d.effective < $3::timestamptz OR (d.k, d.effective) IN (SELECT (v.item->'key'->>0)::{3},"
        " (v.item->>'edited')::timestamptz FROM jsonb_array_elements($5::jsonb) AS v(item)), d.changed_at IS NOT NULL)"
        " AND (d.k IN (SELECT (u.key->>0)::{3} FROM jsonb_array_elements($4::jsonb) AS u(key))) IS NOT TRUE"
        " AS delivered FROM dated AS d)",
        found, echo, dated, shape.key_type);
}

}  // namespace revsync::postgres
