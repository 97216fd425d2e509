#include <fmt/format.h>

#include <charconv>
#include <unordered_map>

#include "sqlserver/batch_statement.hpp"
#include "sqlserver/quoting.hpp"
#include "sqlserver/verdict.hpp"

namespace revsync::sqlserver {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

Error bad_row(std::string_view text) {
    return {Disposition::row, "", std::string{text}};
}

// When the row was edited, on SQL Server's clock.
std::string edit_time(const Change& change, std::chrono::microseconds clock_offset) {
    std::string time = (change.changed_at - clock_offset).iso_microseconds();
    time.pop_back();  // the Z: a datetime2 has no zone
    return fmt::format(R"("#at":"{}",)", time);
}

// Our members go in front of the row's own, whose text is not touched.
Result<void> append_upsert(std::string& rows, std::size_t number, const std::string& known, const Change& change) {
    const std::string_view row = trimmed(change.row);
    if (row.size() < 2 || row.front() != '{' || row.back() != '}') {
        return bad_row("the source's row is not a JSON object");
    }
    const std::string_view members = trimmed(row.substr(1));
    rows += fmt::format(R"({{{}"#n":{},"#remove":0{}{})", known, number, members == "}" ? "" : ",", members);
    return {};
}

Result<void> append_removal(std::string& rows, std::size_t number, const Change& change,
                            const std::vector<std::string>& members) {
    const auto values = split_key(change.key);
    if (!values || values->size() != members.size()) {
        return bad_row("the row's key does not have the stream's key columns");
    }
    rows += fmt::format(R"({{"#n":{},"#remove":1)", number);
    for (std::size_t i = 0; i < members.size(); ++i) {
        rows += fmt::format(",{}:{}", json_string(members[i]), (*values)[i]);
    }
    rows += '}';
    return {};
}

template <class Number>
std::optional<Number> number(const std::optional<std::string>& text) {
    Number value{};
    if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) {
        return std::nullopt;
    }
    return value;
}

Error refusal(const BatchStatement& statement, int verdict) {
    if (verdict == to_number(Verdict::collision)) {
        return {Disposition::row, "collision",
                fmt::format("the row of table {} under this key was created on the other side; give one of the two "
                            "another key",
                            statement.table)};
    }
    if (verdict == to_number(Verdict::missing)) {
        return {Disposition::row, "missing", fmt::format("table {} has no such row yet", statement.table)};
    }
    const auto position = static_cast<std::size_t>(-verdict - 1);
    return {Disposition::row, "code page",
            fmt::format("column {} of table {} cannot hold every character of the text; make it nvarchar",
                        position < statement.code_page_columns.size() ? statement.code_page_columns[position] : "",
                        statement.table)};
}

// The end of a JSON string that begins at `begin`, behind its closing quote; npos when there is none.
std::size_t string_end(std::string_view text, std::size_t begin) {
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

std::optional<std::vector<std::string_view>> split_key(std::string_view key) {
    std::string_view text = trimmed(key);
    if (text.size() < 3 || text.front() != '[' || text.back() != ']') {
        return std::nullopt;
    }
    text = text.substr(1, text.size() - 2);
    std::vector<std::string_view> elements;
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
        const bool quoted = text.starts_with('"');
        const auto search = quoted ? string_end(text, 0) : 0;
        if (search == std::string_view::npos) {
            return std::nullopt;
        }
        const auto end = std::min(text.find(',', search), text.size());
        const std::string_view element = trimmed(text.substr(0, end));
        const bool whole = !quoted || element.size() == search;
        if (element.empty() || !whole || (!quoted && element.find_first_of("[]{}\" ") != std::string_view::npos)) {
            return std::nullopt;
        }
        elements.push_back(element);
        if (end == text.size()) {
            return elements;
        }
        text.remove_prefix(end + 1);
    }
}

Result<std::string> batch_rows(const BatchStatement& statement, std::span<const Change> changes,
                               std::chrono::microseconds clock_offset) {
    const bool guarded = !statement.guarded_columns.empty();
    std::unordered_map<std::string_view, std::size_t> last;
    std::size_t size = 2;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        last[changes[i].key] = i;
        size += changes[i].row.size() + changes[i].key.size() + 64;
    }
    std::string rows;
    rows.reserve(size);
    rows += '[';
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const Change& change = changes[i];
        if (last[change.key] != i) {
            continue;
        }
        if (rows.size() > 1) {
            rows += ',';
        }
        std::string known = guarded ? edit_time(change, clock_offset) : "";
        if (statement.tells_delivered && change.delivered) {
            known += R"("#delivered":1,)";
        }
        const auto appended = change.operation == Operation::remove
                                  ? append_removal(rows, i, change, statement.key_members)
                                  : append_upsert(rows, i, known, change);
        if (!appended) {
            return appended.error();
        }
    }
    rows += ']';
    return rows;
}

Result<Applied> parse_applied(const BatchStatement& statement, const std::vector<ResultSet>& results,
                              std::span<const Change> changes) {
    const Error unexpected{Disposition::retry, "", "SQL Server answered the batch in an unexpected form"};
    // A trigger of the target may have returned results of its own before ours.
    const std::size_t answers = statement.guarded_columns.empty() ? 2 : 3;
    const std::size_t own = results.size() - answers;
    if (results.size() < answers || results[own].size() != 1 || results[own][0].size() != 3) {
        return unexpected;
    }
    Applied applied;
    const Row& counts = results[own][0];
    applied.inserted = number<std::size_t>(counts[0]).value_or(0);
    applied.updated = number<std::size_t>(counts[1]).value_or(0);
    applied.removed = number<std::size_t>(counts[2]).value_or(0);
    for (const Row& row : results[own + 1]) {
        if (row.size() != 2) {
            return unexpected;
        }
        const auto position = number<std::size_t>(row[0]);
        const auto verdict = number<int>(row[1]);
        if (!position || *position >= changes.size() || !verdict) {
            return unexpected;
        }
        applied.refused.push_back({changes[*position].key, refusal(statement, *verdict)});
    }
    if (answers == 3) {
        for (const Row& row : results[own + 2]) {
            if (row.size() != 3) {
                return unexpected;
            }
            const auto position = number<std::size_t>(row[0]);
            const auto column = number<std::size_t>(row[1]);
            const auto lost = number<int>(row[2]);
            if (!position || *position >= changes.size() || !column || *column >= statement.guarded_columns.size() ||
                !lost) {
                return unexpected;
            }
            applied.settled.push_back({statement.stream, changes[*position].key, statement.guarded_columns[*column],
                                       *lost == 0 ? Direction::forward : Direction::reverse});
        }
    }
    return applied;
}

}  // namespace revsync::sqlserver
