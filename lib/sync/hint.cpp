#include "sync/hint.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace revsync {
namespace {

// As in an attempt at the SQL behind a name, or in a body put together wrongly.
bool is_odd(std::string_view name) {
    return std::ranges::any_of(name, [](char c) {
        return c == '"' || c == '\'' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    });
}

Result<void> add_hints(const Stream& stream, const WebhookEvent& event, std::vector<Hint>& hints) {
    if (event.kind == WebhookEvent::Kind::remove) {
        const Result<Key> key = key_of(event.old_record, stream.key);
        if (!key) {
            return key.error();
        }
        if (stream.operations.remove) {
            hints.push_back({&stream, *key, true});
        }
        return {};
    }
    const Result<Key> key = key_of(event.record, stream.key);
    if (!key) {
        return key.error();
    }
    hints.push_back({&stream, *key, false});
    if (event.kind == WebhookEvent::Kind::update && stream.operations.remove) {
        const Result<Key> before = key_of(event.old_record, stream.key);
        if (before && *before != *key) {
            hints.push_back({&stream, *before, true});
        }
    }
    return {};
}

std::optional<RawJson> value_of(const JsonMembers& record, const std::string& column) {
    const auto member = record.find(column);
    if (member == record.end()) {
        return std::nullopt;
    }
    const auto value = RawJson::parse(member->second);
    return value && !value->is_null() ? std::optional{*value} : std::nullopt;
}

// A time without an offset is UTC, as the feed takes it.
std::optional<Timestamp> time_of(const JsonMembers& record, const std::string& column) {
    const auto value = value_of(record, column);
    const auto text = value ? value->string() : std::nullopt;
    if (!text) {
        return std::nullopt;
    }
    for (const char* rest : {"", "Z", "T00:00:00Z"}) {
        if (const auto time = Timestamp::parse(*text + rest)) {
            return time;
        }
    }
    return std::nullopt;
}

bool holds(const Condition& condition, const JsonMembers& record) {
    if (condition.test == Condition::Test::newer_than) {
        const auto time = time_of(record, condition.column);
        const auto other = time_of(record, condition.operand);
        return time && other && *time > *other;
    }
    const auto value = value_of(record, condition.column);
    return value && value->string().value_or(value->compact()) == condition.operand;
}

// Nested values travel as the text of their JSON (lib/postgres/row_json.hpp).
std::string row_value(const RawJson& value) {
    return value.is_object() || value.is_array() ? quoted_json(value.compact()) : value.compact();
}

std::string row_of(const Stream& stream, const JsonMembers& record) {
    std::string row = "{";
    const auto add = [&](const std::string& target, const std::string& value) {
        row += fmt::format("{}{}:{}", row.size() > 1 ? "," : "", quoted_json(target), value);
    };
    for (const KeyPair& pair : stream.key) {
        add(pair.target, row_value(*value_of(record, pair.source)));
    }
    for (const ColumnPair& pair : stream.columns) {
        if (const auto value = value_of(record, pair.source)) {
            add(pair.target, row_value(*value));
        } else {
            add(pair.target, pair.if_absent ? quoted_json(*pair.if_absent) : "null");
        }
    }
    return row + "}";
}

}  // namespace

Result<std::vector<Hint>> hints_of(const Mapping& mapping, const WebhookEvent& event) {
    const TableName table{event.schema, event.table};
    std::vector<Hint> hints;
    bool known = false;
    for (const Stream* stream : mapping.of(Direction::reverse)) {
        if (stream->source == table) {
            known = true;
            if (const Result<void> added = add_hints(*stream, event, hints); !added) {
                return added.error();
            }
        }
    }
    if (!known && (is_odd(table.schema) || is_odd(table.table))) {
        return Error{
            Disposition::row, "",
            "the body's 'schema' or 'table' holds a quote, a backslash or a control character, and the mapping "
            "has no such table"};
    }
    return hints;
}

Result<std::optional<Change>> change_of(const WebhookEvent& event, const Hint& hint) {
    const Stream& stream = *hint.stream;
    const JsonMembers& record = hint.removal ? event.old_record : event.record;
    std::optional<Timestamp> changed_at;
    for (const std::string& column : stream.changed_at) {
        changed_at = std::max(changed_at, time_of(record, column));
    }
    if (!changed_at) {
        return Error{Disposition::row, "",
                     fmt::format("the record lacks its change time '{}'; without a Supabase database the whole row is "
                                 "needed",
                                 stream.changed_at.front())};
    }
    if (!std::ranges::all_of(stream.filter, [&](const Condition& condition) { return holds(condition, record); })) {
        return std::optional<Change>{};
    }
    Change change{hint.key, *changed_at, hint.removal ? Operation::remove : Operation::upsert, ""};
    if (!hint.removal) {
        change.row = row_of(stream, record);
    }
    return std::optional{std::move(change)};
}

}  // namespace revsync
