#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoint/fields.hpp"
#include "checkpoint/format.hpp"

namespace revsync {
namespace {

std::size_t required_count(const Fields& fields, const std::string& name) {
    const auto number = require(fields, name).integer();
    if (!number || *number < 0) {
        damaged(fmt::format("'{}' is not a count", name));
    }
    return static_cast<std::size_t>(*number);
}

ParkedRow read_row(const RawJson& value) {
    const auto fields = fields_of(value, "a row");
    ParkedRow row;
    row.stream = required_text(fields, "stream");
    row.key = required_key(fields, "key");
    row.error_code = required_text(fields, "errorCode");
    row.error_text = required_text(fields, "error");
    row.changed_at = required_time(fields, "changedAt");
    row.first_failed = required_time(fields, "firstFailed");
    row.last_failed = required_time(fields, "lastFailed");
    row.attempts = required_count(fields, "attempts");
    return row;
}

std::string row_text(const ParkedRow& row) {
    return fmt::format(
        R"({{ "stream": {}, "key": {}, "errorCode": {}, "error": {}, "changedAt": "{}", "firstFailed": "{}", )"
        R"("lastFailed": "{}", "attempts": {} }})",
        quoted_json(row.stream), row.key, quoted_json(row.error_code), quoted_json(row.error_text),
        row.changed_at.iso_microseconds(), row.first_failed.iso_microseconds(), row.last_failed.iso_microseconds(),
        row.attempts);
}

std::vector<ParkedRow> read_quarantine(std::string_view text) {
    const auto fields = document_fields(text);
    const auto& list = require(fields, "rows");
    if (!list.is_array()) {
        damaged("'rows' is not a list");
    }
    std::vector<ParkedRow> rows;
    for (const auto& element : list.elements()) {
        rows.push_back(read_row(element));
    }
    return rows;
}

}  // namespace

FormatResult<std::vector<ParkedRow>> parse_quarantine(std::string_view text) {
    try {
        return read_quarantine(text);
    } catch (WrongFormat& wrong) {
        return std::move(wrong.problem);
    }
}

FormatResult<std::string> format_quarantine(const std::vector<ParkedRow>& rows) {
    std::vector<std::string> lines;
    lines.reserve(rows.size());
    for (const auto& row : rows) {
        if (!is_json_array(row.key)) {
            return FormatProblem{FormatProblem::Kind::damaged,
                                 fmt::format("a key of stream {} is not a list", row.stream)};
        }
        lines.push_back("\n    " + row_text(row));
    }
    return fmt::format("{{\n  \"version\": 1,\n  \"rows\": [{}{}]\n}}\n", fmt::join(lines, ","),
                       lines.empty() ? "" : "\n  ");
}

}  // namespace revsync
