#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "postgres/forward_pieces.hpp"
#include "postgres/forward_query.hpp"
#include "postgres/quoting.hpp"

namespace revsync::postgres {
namespace {

std::string iso_text(std::string_view moment) {
    return fmt::format(R"(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))", moment);
}

// Writes the text of an upsert, piece by piece.
class Upsert {
public:
    Upsert(const ForwardShape& shape, const ColumnSet& columns) : shape_{shape} {
        for (const std::size_t index : columns) {
            columns_.push_back(&shape.columns[index]);
        }
        item_ = item_table(shape, columns);
    }

    std::string text() const {
        std::vector<std::string> tables{item_, present_table(shape_, owned(shape_), old_values()), decided_table()};
        if (updates()) {
            tables.push_back(updated_table());
        }
        if (shape_.operations.insert) {
            tables.push_back(inserted_table());
        }
        return fmt::format("WITH {} {}", fmt::join(tables, ", "), selection());
    }

private:
    std::string old_values() const {
        std::string list;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            list += fmt::format(", t.{} AS o{}", columns_[i]->quoted, i);
        }
        return list;
    }

    // When the shared column was edited in SQL Server; NULL: this edit did not concern it.
    std::string edited_at(std::size_t i) const {
        return fmt::format("(i.edited->>{})::timestamptz", literal(columns_[i]->name));
    }

    std::string differs(std::size_t i, const std::string& left, const std::string& right) const {
        const char* as_text = columns_[i]->compared_as_text ? "::text" : "";
        return fmt::format("{}{} IS DISTINCT FROM {}{}", left, as_text, right, as_text);
    }

    // Rows of the other side that the queue carries all the same are none of this stream's business.
    std::string foreign() const {
        for (std::size_t i = 0; shape_.owned_rows && i < columns_.size(); ++i) {
            if (columns_[i]->name == shape_.owned_rows->column) {
                return fmt::format("i.v{}::text IS DISTINCT FROM {}", i, literal(shape_.owned_rows->value));
            }
        }
        return "false";
    }

    // What the row shall be: n0 …; won0 … tells whether a shared column takes the item's value.
    std::string decided_table() const {
        std::string judged;
        std::string values;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i]->shared) {
                judged += fmt::format(", (p.effective IS NULL OR COALESCE({} > p.effective, false)) AS won{}",
                                      edited_at(i), i);
                judged += fmt::format(", (p.effective IS NOT NULL AND {} IS NOT NULL AND {}) AS contested{}",
                                      edited_at(i), differs(i, fmt::format("p.o{}", i), fmt::format("i.v{}", i)), i);
                values += fmt::format(", CASE WHEN j.won{0} THEN j.v{0} ELSE j.o{0} END AS n{0}", i);
            } else {
                values += fmt::format(", j.v{0} AS n{0}", i);
            }
        }
        return fmt::format(
            "judged AS MATERIALIZED (SELECT i.*, p.mine, p.passes, p.changed_at, p.effective, p.delivered, p.id IS NOT"
            " NULL AS is_there, {} AS is_foreign{}{} FROM item AS i LEFT JOIN present AS p ON p.id = i.id),"
            " decided AS MATERIALIZED (SELECT j.*{} FROM judged AS j)",
            foreign(), selected_old_values(), judged, values);
    }

    std::string selected_old_values() const {
        std::string list;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            list += fmt::format(", p.o{}", i);
        }
        return list;
    }

    bool updates() const {
        return shape_.operations.update &&
               std::ranges::any_of(columns_, [](const ForwardColumn* column) { return !column->insert_only; });
    }

    // The row's change time after the write, and whether the reader reads it.
    std::string returned() const {
        return shape_.reader
                   ? fmt::format("{} AS stamped, {} AS passes", shape_.reader->changed_at, shape_.reader->passes)
                   : "NULL::timestamptz AS stamped, false AS passes";
    }

    std::string updated_table() const {
        std::vector<std::string> assignments;
        std::vector<std::string> differences;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (!columns_[i]->insert_only) {
                const std::string value = fmt::format("d.n{}", i);
                assignments.push_back(columns_[i]->quoted + " = " + value);
                differences.push_back(differs(i, "t." + columns_[i]->quoted, value));
            }
        }
        return fmt::format(
            "updated AS (UPDATE {} AS t SET {} FROM decided AS d WHERE t.{} = d.k AND d.mine AND NOT d.is_foreign"
            " AND ({}) RETURNING d.id, {})",
            shape_.table, fmt::join(assignments, ", "), shape_.key, fmt::join(differences, " OR "), returned());
    }

    std::string inserted_table() const {
        std::string names = shape_.key;
        std::string values = "d.k";
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            names += ", " + columns_[i]->quoted;
            values += fmt::format(", d.v{}", i);
        }
        return fmt::format(
            "inserted AS (INSERT INTO {} AS t ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM decided AS d"
            " WHERE NOT d.is_there AND NOT d.is_foreign RETURNING t.{} AS k, {})",
            shape_.table, names, values, shape_.key, returned());
    }

    // Whether nothing of an edit in Supabase is left that the reader would have to carry.
    std::string settled() const {
        if (!shape_.reader || !shape_.reader->shared) {
            return "false";
        }
        std::vector<std::string> all;
        for (const std::string& name : *shape_.reader->shared) {
            const auto column = std::ranges::find(columns_, name, &ForwardColumn::name);
            if (column == columns_.end() || !(*column)->shared) {
                return "false";
            }
            all.push_back(fmt::format("d.won{}", column - columns_.begin()));
        }
        return all.empty() ? "true" : fmt::format("{}", fmt::join(all, " AND "));
    }

    // One text per item: "days+" where SQL Server's edit won, "days-" where Supabase's did, one a line.
    std::string conflicts() const {
        std::string text = "''";
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i]->shared) {
                text += fmt::format(
                    " || CASE WHEN d.is_foreign OR d.mine IS NOT TRUE OR d.contested{0} IS NOT TRUE THEN ''"
                    " WHEN NOT d.won{0} THEN {1} WHEN NOT d.delivered THEN {2} ELSE '' END",
                    i, literal(columns_[i]->name + "-\n"), literal(columns_[i]->name + "+\n"));
            }
        }
        return text;
    }

    std::string selection() const {
        const std::string inserted = shape_.operations.insert ? "n.k IS NOT NULL" : "false";
        const std::string updated = updates() ? "u.id IS NOT NULL" : "false";
        // An update that leaves the change time as it was makes no echo.
        const std::string echoes = fmt::format(
            "COALESCE({}, false)",
            fmt::join(std::vector<std::string>{shape_.operations.insert ? "n.passes" : "NULL",
                                               updates() ? "u.passes AND (NOT d.passes OR u.stamped IS DISTINCT FROM"
                                                           " d.changed_at)"
                                                         : "NULL"},
                      ", "));
        const std::string stamped = shape_.operations.insert && updates() ? "COALESCE(n.stamped, u.stamped)"
                                    : shape_.operations.insert            ? "n.stamped"
                                    : updates()                           ? "u.stamped"
                                                                          : "NULL::timestamptz";
        std::string joins;
        if (shape_.operations.insert) {
            joins += " LEFT JOIN inserted AS n ON n.k = d.k";
        }
        if (updates()) {
            joins += " LEFT JOIN updated AS u ON u.id = d.id";
        }
        return fmt::format(
            "SELECT d.id, CASE WHEN {} OR {} THEN 'written' WHEN d.is_foreign THEN 'equal' WHEN NOT d.is_there THEN"
            " 'missing' WHEN NOT d.mine THEN 'collision' ELSE 'equal' END, {}, {}, {}, {} FROM decided AS d{}",
            inserted, updated, echoes, iso_text(stamped),
            iso_text(fmt::format("CASE WHEN {} THEN NULL ELSE d.effective END", settled())), conflicts(), joins);
    }

    const ForwardShape& shape_;
    std::vector<const ForwardColumn*> columns_;
    std::string item_;
};

}  // namespace

Statement upsert_statement(const ForwardShape& shape, const ColumnSet& columns,
                           const std::vector<const QueueItem*>& items, const ReverseView& view) {
    return {purpose(shape), Upsert{shape, columns}.text(), parameters(shape, items, view)};
}

}  // namespace revsync::postgres
