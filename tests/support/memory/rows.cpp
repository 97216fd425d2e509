#include "support/memory/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

namespace revsync::memory {
namespace {

const std::string* find(const Columns& row, const std::string& column) {
    const auto found = row.find(column);
    return found == row.end() ? nullptr : &found->second;
}

Timestamp time_of(const std::string& text) {
    const auto time = Timestamp::parse(text);
    if (!time) {
        throw std::logic_error("a time column of the test does not hold a time");
    }
    return *time;
}

bool holds(const Condition& condition, const Columns& row) {
    const std::string* value = find(row, condition.column);
    if (!value) {
        return false;
    }
    if (condition.test == Condition::Test::equals) {
        return *value == condition.operand;
    }
    const std::string* other = find(row, condition.operand);
    return other && time_of(*value) > time_of(*other);
}

}  // namespace

Key key_of(std::int64_t id) {
    return fmt::format("[{}]", id);
}

std::int64_t id_of(const Key& key) {
    return std::stoll(key.substr(1));
}

bool passes_filter(const Stream& stream, const Columns& row) {
    return std::ranges::all_of(stream.filter, [&](const Condition& condition) { return holds(condition, row); });
}

Timestamp changed_at(const Stream& stream, const Columns& row) {
    Timestamp latest;
    for (const std::string& column : stream.changed_at) {
        if (const std::string* value = find(row, column)) {
            latest = std::max(latest, time_of(*value));
        }
    }
    return latest;
}

Change change_of(const Stream& stream, std::int64_t id, const Columns& row) {
    boost::json::object object;
    object[stream.key.front().target] = id;
    for (const ColumnPair& column : stream.columns) {
        if (const std::string* value = find(row, column.source)) {
            object[column.target] = *value;
        } else if (column.if_absent) {
            object[column.target] = *column.if_absent;
        } else {
            object[column.target] = nullptr;
        }
    }
    return {key_of(id), changed_at(stream, row), Operation::upsert, boost::json::serialize(object)};
}

Columns columns_of(const Change& change) {
    Columns columns;
    const boost::json::value row = boost::json::parse(change.row);
    for (const auto& [name, value] : row.as_object()) {
        if (value.is_string()) {
            columns[name] = value.as_string().c_str();
        } else if (!value.is_null()) {
            columns[name] = boost::json::serialize(value);
        }
    }
    return columns;
}

bool is_after(const Cursor& cursor, Timestamp changed_at, std::int64_t id) {
    if (changed_at != cursor.changed_at) {
        return changed_at > cursor.changed_at;
    }
    return !cursor.key || id > id_of(*cursor.key);
}

}  // namespace revsync::memory
