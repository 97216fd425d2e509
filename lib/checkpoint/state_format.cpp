#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "checkpoint/fields.hpp"
#include "checkpoint/format.hpp"

namespace revsync {
namespace {

// The field in which older installations kept a stream's position. People know it and edit it.
struct DocumentedField {
    std::string stream;
    std::string name;
};

const std::array<DocumentedField, 2>& documented_fields() {
    static const std::array<DocumentedField, 2> fields{{{"notes", "lastNotesSync"}, {"batches", "lastBatchesSync"}}};
    return fields;
}

constexpr const char* last_poll_field = "lastPollTime";

// As people type it: also without a zone (UTC) or without a time of day. Nothing, or an empty text: no time.
std::optional<Timestamp> typed_time(const Fields& fields, const std::string& name) {
    if (find(fields, name) == nullptr) {
        return std::nullopt;
    }
    const auto text = required_text(fields, name);
    if (text.empty()) {
        return std::nullopt;
    }
    for (const std::string_view completion : {"", "Z", "T00:00:00Z"}) {
        if (const auto time = Timestamp::parse(fmt::format("{}{}", text, completion))) {
            return time;
        }
    }
    damaged(fmt::format("'{}' is not a time", name));
}

std::map<std::string, Cursor> read_cursors(const RawJson& value) {
    std::map<std::string, Cursor> cursors;
    for (const auto& [stream, position] : fields_of(value, "'cursors'")) {
        const auto fields = fields_of(position, "a cursor");
        Cursor cursor{required_time(fields, "changedAt"), std::nullopt};
        if (find(fields, "key") != nullptr) {
            cursor.key = required_key(fields, "key");
        }
        cursors.emplace(stream, std::move(cursor));
    }
    return cursors;
}

// The documented field decides; the cursor only adds what a millisecond cannot say.
void settle(ParsedState& parsed, const DocumentedField& field, std::optional<Timestamp> time, bool had_cursors) {
    auto& cursors = parsed.state.cursors;
    const auto cursor = cursors.find(field.stream);
    if (!time) {
        if (cursors.erase(field.stream) > 0) {
            parsed.remarks.push_back(
                fmt::format("{} was removed from the state file: {} are read from the look-back "
                            "window on",
                            field.name, field.stream));
        }
        return;
    }
    if (cursor != cursors.end() &&
        cursor->second.changed_at.truncated_to_milliseconds() == time->truncated_to_milliseconds()) {
        return;
    }
    cursors.insert_or_assign(field.stream, Cursor{*time, std::nullopt});
    if (had_cursors) {
        parsed.remarks.push_back(fmt::format("{} was edited in the state file: {} are read from {} on", field.name,
                                             field.stream, time->iso_milliseconds()));
    }
}

ParsedState read_state(std::string_view text) {
    const auto fields = document_fields(text);
    const auto* cursors = find(fields, "cursors");
    ParsedState parsed;
    if (cursors != nullptr) {
        parsed.state.cursors = read_cursors(*cursors);
    }
    for (const auto& field : documented_fields()) {
        settle(parsed, field, typed_time(fields, field.name), cursors != nullptr);
    }
    if (cursors == nullptr && !parsed.state.cursors.empty()) {
        parsed.remarks.emplace_back("the state file of an older installation is taken over");
    }
    parsed.state.last_poll = typed_time(fields, last_poll_field);
    return parsed;
}

std::string cursor_text(const Cursor& cursor) {
    const auto key = cursor.key ? fmt::format(R"(, "key": {})", *cursor.key) : std::string{};
    return fmt::format(R"({{ "changedAt": "{}"{} }})", cursor.changed_at.iso_microseconds(), key);
}

}  // namespace

FormatResult<ParsedState> parse_state(std::string_view text) {
    try {
        return read_state(text);
    } catch (WrongFormat& wrong) {
        return std::move(wrong.problem);
    }
}

FormatResult<std::string> format_state(const State& state) {
    std::vector<std::string> lines;
    for (const auto& field : documented_fields()) {
        if (const auto cursor = state.cursors.find(field.stream); cursor != state.cursors.end()) {
            lines.push_back(fmt::format(R"(  "{}": "{}")", field.name, cursor->second.changed_at.iso_milliseconds()));
        }
    }
    if (state.last_poll) {
        lines.push_back(fmt::format(R"(  "{}": "{}")", last_poll_field, state.last_poll->iso_milliseconds()));
    }
    lines.emplace_back(R"(  "version": 1)");
    std::vector<std::string> cursors;
    for (const auto& [stream, cursor] : state.cursors) {
        if (cursor.key && !is_json_array(*cursor.key)) {
            return FormatProblem{FormatProblem::Kind::damaged,
                                 fmt::format("the key of stream {} is not a list", stream)};
        }
        cursors.push_back(fmt::format("\n    {}: {}", quoted_json(stream), cursor_text(cursor)));
    }
    lines.push_back(fmt::format("  \"cursors\": {{{}{}}}", fmt::join(cursors, ","), cursors.empty() ? "" : "\n  "));
    return fmt::format("{{\n{}\n}}\n", fmt::join(lines, ",\n"));
}

}  // namespace revsync
