// What the queue's statements answer, and the verdicts they get.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "core/raw_json.hpp"
#include "sqlserver/errors.hpp"
#include "sqlserver/queue_statement.hpp"

namespace revsync::sqlserver {
namespace {

constexpr std::size_t item_columns = 11;
constexpr std::size_t row_columns = 3;

using Rows = std::map<std::pair<std::size_t, std::string>, std::string>;  // by stream and RecordID

Error unexpected() {
    return {Disposition::retry, "", "SQL Server answered the queue's statement in an unexpected form"};
}

template <class Number>
std::optional<Number> number(const std::optional<std::string>& text) {
    Number value{};
    if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) {
        return std::nullopt;
    }
    return value;
}

std::optional<Timestamp> moment(const std::optional<std::string>& microseconds, std::chrono::microseconds offset) {
    const auto value = number<std::int64_t>(microseconds);
    return value ? std::optional{Timestamp::from_microseconds(*value) + offset} : std::nullopt;
}

bool same_word(std::string_view text, std::string_view upper) {
    return std::ranges::equal(text, upper, {}, [](unsigned char c) { return std::toupper(c); });
}

Error of_row(std::string text) {
    return {Disposition::row, "", std::move(text)};
}

// The record as JSON: a number as it is, anything else as text.
std::string json_key(std::string record) {
    record.erase(record.find_last_not_of(' ') + 1);  // of an nchar
    const auto digits = record.starts_with('-') ? record.substr(1) : record;
    const bool integer = !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
    return integer ? record : quoted_json(record);
}

// The row that a trigger put into the queue, checked, because one that is not valid JSON would fail its whole page.
Result<std::string> carried_row(const Stream& stream, const std::string& key, const std::string& data) {
    const auto json = RawJson::parse(data);
    if (!json || !json->is_object()) {
        return of_row(
            fmt::format("JsonData of table {} is not a JSON object; correct the trigger", stream.target.table));
    }
    const auto members = json->members();
    const auto found = members.find(stream.key[0].target);
    if (found == members.end()) {
        const auto rest = data.substr(data.find('{') + 1);
        return fmt::format("{{{}:{}{}{}", quoted_json(stream.key[0].target), key, members.empty() ? "" : ",", rest);
    }
    if (found->second.compact() != key) {
        return of_row(fmt::format("JsonData of table {} holds another key than RecordID; correct the trigger",
                                  stream.target.table));
    }
    return data;
}

// A date, or a date and a time, that does not say of which zone.
bool is_without_zone(const RawJson& value) {
    constexpr std::size_t date = 10;
    const auto text = value.string();
    return text && text->size() >= date && text->find_first_of("Zz+-", date) == std::string::npos;
}

// Puts `times`, the same moments with their offset, in the place of the row's local times.
std::string with_offsets(const std::string& row, const std::string& times) {
    const auto carried = RawJson::parse(row);
    const auto known = RawJson::parse(times);
    if (!carried || !known || !known->is_object()) {
        return row;
    }
    std::map<std::size_t, std::pair<std::size_t, std::string_view>> changes;  // by place: length and what comes there
    const auto members = carried->members();
    for (const auto& [name, time] : known->members()) {
        if (const auto found = members.find(name); found != members.end() && is_without_zone(found->second)) {
            const std::string_view old = found->second.text();
            changes.emplace(old.data() - row.data(), std::pair{old.size(), time.text()});
        }
    }
    std::string changed;
    std::size_t done = 0;
    for (const auto& [place, change] : changes) {
        changed.append(row, done, place - done).append(change.second);
        done = place + change.first;
    }
    return changed.append(row, done, std::string::npos);
}

class PageReader {
public:
    PageReader(const QueueStatements& statements, std::chrono::microseconds offset)
        : statements_{statements}, offset_{offset} {}

    Result<QueuePage> read(const std::vector<ResultSet>& results) {
        if (results.empty()) {
            return unexpected();
        }
        for (std::size_t i = 1; i < results.size(); ++i) {
            for (const Row& row : results[i]) {
                const auto stream = number<std::size_t>(row[0]);
                if (row.size() != row_columns || !stream || !row[1] || !row[2]) {
                    return unexpected();
                }
                rows_.insert_or_assign({*stream, *row[1]}, *row[2]);
            }
        }
        QueuePage page;
        for (const Row& row : results.front()) {
            auto item = read_item(row);
            if (!item) {
                return item.error();
            }
            page.items.push_back(std::move(*item));
        }
        return page;
    }

private:
    Result<QueueItem> read_item(const Row& row) {
        if (row.size() != item_columns) {
            return unexpected();
        }
        const auto id = number<std::int64_t>(row[0]);
        const auto stream = number<int>(row[1]);
        const auto created = moment(row[6], offset_);
        if (!id || !stream || !created) {
            return unexpected();
        }
        QueueItem item;
        item.id = *id;
        item.attempts = number<std::size_t>(row[7]).value_or(0);
        item.change.key = fmt::format("[{}]", row[3] ? json_key(*row[3]) : "null");
        item.change.changed_at = *created;
        if (!row[3]) {
            item.error = of_row("the queue's row has no RecordID; correct the trigger");
            return item;
        }
        if (*stream < 0 || static_cast<std::size_t>(*stream) >= statements_.streams.size()) {
            item.error = of_row(fmt::format("no stream for table {}; add it to the mapping or drop its trigger",
                                            quotable(row[2].value_or(""))));
            return item;
        }
        fill(item, static_cast<std::size_t>(*stream), row);
        return item;
    }

    void fill(QueueItem& item, std::size_t number, const Row& row) {
        const QueuedStream& queued = statements_.streams[number];
        item.stream = queued.stream;
        const std::string operation = row[4].value_or("");
        const bool removal = same_word(operation, "DELETE");
        const bool reread = row[10] == "1";
        if (removal && !reread) {
            item.change.operation = Operation::remove;
            return;
        }
        if (!removal && !same_word(operation, "INSERT") && !same_word(operation, "UPDATE")) {
            item.error =
                of_row(fmt::format("operation of table {} is not INSERT, UPDATE or DELETE; correct the trigger",
                                   queued.stream->target.table));
            return;
        }
        if (!removal) {
            mark_edited(item, queued, row[8].value_or(""));
        }
        const bool carried = row[5] && !reread;
        if (queued.unreadable && (!carried || queued.stream->key.size() != 1)) {
            item.error = queued.unreadable;
        } else if (carried) {
            auto data = carried_row(*queued.stream, json_key(*row[3]), *row[5]);
            if (data && row[9]) {
                data = with_offsets(*data, *row[9]);
            }
            take(item, std::move(data));
        } else {
            take_present_row(item, number, *row[3]);
        }
    }

    void mark_edited(QueueItem& item, const QueuedStream& queued, std::string_view marks) const {
        for (std::size_t i = 0; i < queued.shared.size(); ++i) {
            if (i >= marks.size() || marks[i] == '1') {
                item.edited.emplace(queued.shared[i], item.change.changed_at);
            }
        }
    }

    static void take(QueueItem& item, Result<std::string> row) {
        if (row) {
            item.change.row = std::move(*row);
        } else {
            item.error = row.error();
        }
    }

    // A row that is gone is a removal: its own queue row may be lost, or come later.
    void take_present_row(QueueItem& item, std::size_t stream, const std::string& record) const {
        const auto found = rows_.find({stream, record});
        if (found == rows_.end()) {
            item.change.operation = Operation::remove;
            item.edited.clear();
        } else {
            item.change.row = found->second;
        }
    }

    const QueueStatements& statements_;
    const std::chrono::microseconds offset_;
    Rows rows_;
};

// At most `limit` UTF-16 units, in whole characters.
std::string_view cut(std::string_view text, std::size_t limit) {
    std::size_t units = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool continues = (byte & 0xC0U) == 0x80U;
        units += continues ? 0U : byte >= 0xF0U ? 2U : 1U;
        if (units > limit) {
            return text.substr(0, i);
        }
    }
    return text;
}

}  // namespace

Result<std::vector<ResultSet>> behind_lock(std::vector<ResultSet> results) {
    if (results.empty() || results[0].size() != 1 || results[0][0].size() != 1) {
        return unexpected();
    }
    const auto granted = number<int>(results[0][0][0]);
    if (!granted) {
        return unexpected();
    }
    if (*granted < 0) {
        return Error{Disposition::retry, Queue::in_use,
                     "another daemon drains the queue of this SQL Server database; stop one of the two"};
    }
    results.erase(results.begin());
    return results;
}

Result<QueuePage> parse_page(const QueueStatements& statements, const std::vector<ResultSet>& results,
                             std::chrono::microseconds clock_offset) {
    return PageReader{statements, clock_offset}.read(results);
}

Result<QueueCounts> parse_counts(const std::vector<ResultSet>& results, std::chrono::microseconds clock_offset) {
    if (results.size() != 1 || results[0].size() != 1 || results[0][0].size() != 4) {
        return unexpected();
    }
    const Row& row = results[0][0];
    QueueCounts counts;
    counts.pending = number<std::uint64_t>(row[0]).value_or(0);
    counts.failed = number<std::uint64_t>(row[1]).value_or(0);
    counts.oldest_pending = moment(row[2], clock_offset);
    counts.next_due = moment(row[3], clock_offset);
    return counts;
}

Result<std::size_t> parse_number(const std::vector<ResultSet>& results) {
    if (results.size() != 1 || results[0].size() != 1 || results[0][0].size() != 1) {
        return unexpected();
    }
    const auto value = number<std::size_t>(results[0][0][0]);
    return value ? Result<std::size_t>{*value} : Result<std::size_t>{unexpected()};
}

std::string queue_verdicts(std::span<const QueueVerdict> verdicts, std::size_t error_length) {
    std::string text = "[";
    for (const auto& verdict : verdicts) {
        text += fmt::format("{}{{\"id\":{}", text.size() > 1 ? "," : "", verdict.id);
        if (verdict.error) {
            text += fmt::format(",\"error\":{}", quoted_json(cut(describe(*verdict.error), error_length)));
        }
        text += '}';
    }
    return text + "]";
}

}  // namespace revsync::sqlserver
