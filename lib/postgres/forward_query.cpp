#include "postgres/forward_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "core/raw_json.hpp"
#include "postgres/forward_pieces.hpp"
#include "postgres/quoting.hpp"

namespace revsync::postgres {
namespace {

// "\u0000" as JSON escapes it; "\\u0000" is a backslash and five letters.
bool holds_nul(std::string_view json) {
    constexpr std::string_view escape = "u0000";
    for (std::size_t at = json.find(escape); at != std::string_view::npos; at = json.find(escape, at + 1)) {
        std::size_t backslashes = 0;
        while (backslashes < at && json[at - 1 - backslashes] == '\\') {
            ++backslashes;
        }
        if (backslashes % 2 == 1) {
            return true;
        }
    }
    return false;
}

// Whether the stream may delete the row t. Without a word on ownership a row that the reader brings to SQL Server may
// be one that was made in Supabase.
std::string removable(const ForwardShape& shape) {
    const bool may_be_foreign = !shape.owned_rows && shape.reader && shape.reader->inserts;
    return may_be_foreign ? fmt::format("NOT ({})", shape.reader->passes) : owned(shape);
}

// Their rows would go with the removed one, and SQL Server, which removed it, cannot have had them.
std::string without_dependents(const ForwardShape& shape) {
    std::string text;
    for (const std::string& dependents : shape.dependents) {
        text += " AND NOT " + dependents;
    }
    return text;
}

Error unreadable(const ForwardShape& shape) {
    return {Disposition::stream, "",
            fmt::format("cannot {}: the server's answer is unreadable; report this", purpose(shape))};
}

std::optional<ForwardOutcome> outcome_of(std::string_view word) {
    constexpr std::pair<std::string_view, ForwardOutcome> words[] = {
        {"written", ForwardOutcome::written},         {"equal", ForwardOutcome::equal},
        {"missing", ForwardOutcome::missing},         {"collision", ForwardOutcome::collision},
        {"undelivered", ForwardOutcome::undelivered},
    };
    const auto* const found = std::ranges::find(words, word, [](const auto& pair) { return pair.first; });
    return found == std::end(words) ? std::nullopt : std::optional{found->second};
}

std::vector<ForwardConflict> conflicts_of(std::string_view text) {
    std::vector<ForwardConflict> conflicts;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        conflicts.push_back(
            {std::string{text.substr(0, end - 1)}, text[end - 1] == '+' ? Direction::forward : Direction::reverse});
        text.remove_prefix(end + 1);
    }
    return conflicts;
}

}  // namespace

std::optional<ColumnSet> columns_of(const ForwardShape& shape, const QueueItem& item, std::string& problem) {
    const auto row = RawJson::parse(item.change.row);
    if (!row || !row->is_object()) {
        problem = "the queued data is not a JSON object; queue the row again";
        return std::nullopt;
    }
    if (holds_nul(item.change.row)) {
        problem = "a text holds the character NUL, which Postgres cannot store; remove it and the row is queued again";
        return std::nullopt;
    }
    ColumnSet columns;
    const auto members = row->members();
    for (std::size_t i = 0; i < shape.columns.size(); ++i) {
        if (members.contains(shape.columns[i].name)) {
            columns.push_back(i);
        }
    }
    return columns;
}

Statement lock_statement(const ForwardShape& shape, const std::vector<const QueueItem*>& items, RowLock lock) {
    std::vector<std::string_view> keys;
    for (const QueueItem* item : items) {
        keys.emplace_back(item->change.key);
    }
    return {
        purpose(shape),
        fmt::format("SELECT count(*) FROM (SELECT FROM {0} AS t JOIN (SELECT DISTINCT (e.key->>0)::{1} AS k FROM"
                    " jsonb_array_elements($1::jsonb) AS e(key)) AS w ON w.k = t.{2} ORDER BY t.{2} FOR {3} OF t)"
                    " AS locked",
                    shape.table, shape.key_type, shape.key, lock == RowLock::for_removal ? "UPDATE" : "NO KEY UPDATE"),
        {fmt::format("[{}]", fmt::join(keys, ","))}};
}

Statement remove_statement(const ForwardShape& shape, const std::vector<const QueueItem*>& items,
                           const ReverseView& view) {
    return {purpose(shape),
            fmt::format("WITH {}, {}, removed AS (DELETE FROM {} AS t USING item AS i JOIN present AS p ON p.id = i.id"
                        " WHERE t.{} = i.k AND (p.mine OR p.delivered){} RETURNING i.id)"
                        " SELECT i.id, CASE WHEN g.id IS NOT NULL THEN 'written' WHEN p.id IS NULL THEN 'equal'"
                        " ELSE 'undelivered' END, false, NULL, NULL, '' FROM item AS i"
                        " LEFT JOIN present AS p ON p.id = i.id LEFT JOIN removed AS g ON g.id = i.id",
                        item_table(shape, {}), present_table(shape, removable(shape), ""), shape.table, shape.key,
                        without_dependents(shape)),
            parameters(shape, items, view)};
}

Result<std::vector<ForwardAnswer>> read_forward_answers(const Rows& rows, const ForwardShape& shape) {
    std::vector<ForwardAnswer> answers;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ForwardAnswer answer;
        const std::string_view id = rows.at(i, 0);
        const auto outcome = outcome_of(rows.at(i, 1));
        if (std::from_chars(id.data(), id.data() + id.size(), answer.item).ec != std::errc{} || !outcome) {
            return unreadable(shape);
        }
        answer.outcome = *outcome;
        answer.echoes = rows.is_true(i, 2);
        if (answer.echoes) {
            const auto stamped = Timestamp::parse(rows.at(i, 3));
            answer.edited = Timestamp::parse(rows.at(i, 4));
            if (!stamped || (!answer.edited && !rows.is_null(i, 4))) {
                return unreadable(shape);
            }
            answer.stamped = *stamped;
        }
        answer.conflicts = conflicts_of(rows.at(i, 5));
        answers.push_back(std::move(answer));
    }
    return answers;
}

}  // namespace revsync::postgres
