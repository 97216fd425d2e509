#include "support/memory/memory_forward_sink.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace revsync::memory {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using Values = std::map<std::string, std::optional<std::string>, std::less<>>;  // nullopt: NULL

Error refusal(std::string code, std::string text) {
    return {Disposition::row, std::move(code), std::move(text)};
}

// The members of an item's row; nullopt: it cannot be read.
std::optional<Values> values_of(const Change& change) {
    json::error_code error;
    const json::value row = json::parse(change.row, error);
    if (error || !row.is_object()) {
        return std::nullopt;
    }
    Values values;
    for (const auto& [name, value] : row.get_object()) {
        if (value.is_string() && value.get_string().find('\0') != json::string::npos) {
            return std::nullopt;
        }
        values[std::string{name}] = value.is_null()     ? std::nullopt
                                    : value.is_string() ? std::optional{std::string{value.get_string()}}
                                                        : std::optional{json::serialize(value)};
    }
    return values;
}

std::optional<std::string> value_of(const Columns& row, const std::string& column) {
    const auto found = row.find(column);
    return found == row.end() ? std::nullopt : std::optional{found->second};
}

void assign(Columns& row, const std::string& column, const std::optional<std::string>& value) {
    if (value) {
        row[column] = *value;
    } else {
        row.erase(column);
    }
}

bool is_owned(const Stream& stream, const Columns& row) {
    return !stream.owned_rows || value_of(row, stream.owned_rows->column) == stream.owned_rows->value;
}

// A row of the other side that the queue carries all the same.
bool is_foreign(const Stream& stream, const Values& item) {
    const auto value = stream.owned_rows ? item.find(stream.owned_rows->column) : item.end();
    return value != item.end() && value->second != stream.owned_rows->value;
}

// When the row was last edited in Supabase; nullopt: never.
std::optional<Timestamp> last_edit(const ForwardBatch& batch, const Key& key, const Columns& row) {
    const Stream* reader = batch.pair.reader;
    if (reader == nullptr || !passes_filter(*reader, row)) {
        return std::nullopt;
    }
    const Timestamp stamped = changed_at(*reader, row);
    for (const Echo& echo : batch.reverse.echoes) {
        if (echo.key == key && echo.stamped == stamped) {
            return echo.edited;
        }
    }
    return stamped;
}

bool was_delivered(const ForwardBatch& batch, const Key& key, const Columns& row) {
    const std::optional<Timestamp> edited = last_edit(batch, key, row);
    const auto received = batch.reverse.delivered.find(key);
    const bool ahead = received != batch.reverse.delivered.end() && received->second == edited;
    return batch.pair.reader != nullptr && passes_filter(*batch.pair.reader, row) &&
           (!edited || *edited < batch.reverse.delivered_until || ahead) && !batch.reverse.undelivered.contains(key);
}

bool may_remove(const ForwardBatch& batch, const Key& key, const Columns& row) {
    const Stream* reader = batch.pair.reader;
    const bool may_be_foreign = !batch.pair.stream->owned_rows && reader != nullptr && reader->operations.insert;
    const bool mine = may_be_foreign ? !passes_filter(*reader, row) : is_owned(*batch.pair.stream, row);
    return mine || was_delivered(batch, key, row);
}

// Whether all that the reader would carry to an existing row is in `settled`.
bool settles(const Stream& reader, const std::set<std::string>& settled) {
    return std::ranges::all_of(reader.columns, [&](const ColumnPair& pair) {
        return pair.insert_only || (pair.owner == Owner::shared && settled.contains(pair.source));
    });
}

}  // namespace

// Rolls back unless it was committed.
class MemoryForwardSink::Transaction {
public:
    explicit Transaction(MemoryForwardSink& sink) : sink_{sink}, id_{sink.source_.begin()} {}
    ~Transaction() {
        if (open_) {
            sink_.source_.rollback(id_);
        }
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit() {
        sink_.source_.commit(id_);
        open_ = false;
    }

    std::optional<Error> write(const std::vector<ForwardBatch>& batches) {
        applied.changed.resize(batches.size());
        for (std::size_t i = 0; i < batches.size() && !failure_; ++i) {
            each(batches[i], Operation::upsert, [&](const QueueItem& item) { upsert(i, batches[i], item); });
        }
        for (std::size_t i = batches.size(); i-- > 0 && !failure_;) {
            each(batches[i], Operation::remove, [&](const QueueItem& item) { remove(i, batches[i], item); });
        }
        return failure_;
    }

    ForwardApplied applied;
    std::vector<Echo> echoes;
    bool is_held_up = false;

private:
    template <class Apply>
    void each(const ForwardBatch& batch, Operation operation, Apply apply) {
        for (const QueueItem* item : batch.items) {
            if (item->change.operation != operation || failure_) {
                continue;
            }
            if (is_locked(batch.pair.stream->target.table, id_of(item->change.key))) {
                failure_ = Error{Disposition::retry, "", "a row is locked; it is tried again"};
                is_held_up = true;
            } else {
                apply(*item);
            }
        }
    }

    bool is_locked(const std::string& table, std::int64_t id) const {
        return std::ranges::any_of(sink_.source_.open(), [&](const auto& entry) {
            const auto written = entry.second.writes.find(table);
            return entry.first != id_ && written != entry.second.writes.end() && written->second.contains(id);
        });
    }

    std::optional<Columns> find(const std::string& table, std::int64_t id) const {
        const auto& writes = sink_.source_.open().at(id_).writes;
        if (const auto written = writes.find(table); written != writes.end() && written->second.contains(id)) {
            return written->second.at(id);
        }
        const Table& rows = sink_.source_.committed(table);
        const auto row = rows.find(id);
        return row == rows.end() ? std::nullopt : std::optional{row->second};
    }

    bool breaks_reference(const std::string& table, const Columns& row) const {
        const auto parent = sink_.parents_.find(table);
        if (parent == sink_.parents_.end()) {
            return false;
        }
        const auto value = value_of(row, parent->second.column);
        return value && !find(parent->second.table, std::stoll(*value));
    }

    Timestamp now() const { return sink_.source_.open().at(id_).started; }

    void refuse(const QueueItem& item, std::string code, std::string text) {
        applied.refused.emplace_back(item.id, refusal(std::move(code), std::move(text)));
    }

    void upsert(std::size_t number, const ForwardBatch& batch, const QueueItem& item) {
        const Stream& stream = *batch.pair.stream;
        const auto values = values_of(item.change);
        if (!values) {
            refuse(item, "unreadable", "the queued data cannot be read");
            return;
        }
        if (is_foreign(stream, *values)) {
            return;
        }
        const auto before = find(stream.target.table, id_of(item.change.key));
        if (before && !is_owned(stream, *before)) {
            refuse(item, "collision", "the other side owns a row under this key");
        } else if (!before && !stream.operations.insert) {
            refuse(item, "missing", "the row is not in the target");
        } else if (!before) {
            insert(number, batch, item, *values);
        } else if (stream.operations.update) {
            update(number, batch, item, *values, *before);
        }
    }

    void insert(std::size_t number, const ForwardBatch& batch, const QueueItem& item, const Values& values) {
        Columns row;
        if (is_stamped(batch)) {
            row["updated_at"] = now().iso_microseconds();
        }
        row["created_at"] = now().iso_microseconds();
        for (const ColumnPair& pair : batch.pair.stream->columns) {
            if (const auto value = values.find(pair.target); value != values.end()) {
                assign(row, pair.target, value->second);
            }
        }
        put(number, batch, item, row, std::nullopt);
    }

    void update(std::size_t number, const ForwardBatch& batch, const QueueItem& item, const Values& values,
                const Columns& before) {
        const Key& key = item.change.key;
        const std::optional<Timestamp> edited = last_edit(batch, key, before);
        Columns row = before;
        std::set<std::string> settled;
        for (const ColumnPair& pair : batch.pair.stream->columns) {
            const auto value = values.find(pair.target);
            if (value == values.end() || pair.insert_only) {
                continue;
            }
            bool wins = true;
            if (pair.owner == Owner::shared && edited) {
                const auto here = item.edited.find(pair.target);
                wins = here != item.edited.end() && here->second > *edited;
                const bool contested = here != item.edited.end() && value_of(before, pair.target) != value->second;
                if (contested && !(wins && was_delivered(batch, key, before))) {
                    applied.conflicts.push_back(
                        {batch.pair.stream->name, key, pair.target, wins ? Direction::forward : Direction::reverse});
                }
            }
            if (wins) {
                assign(row, pair.target, value->second);
                settled.insert(pair.target);
            }
        }
        if (row == before) {
            return;
        }
        if (is_stamped(batch) && !sink_.keeps_change_times) {
            row["updated_at"] = now().iso_microseconds();
        }
        const bool stands = edited && !settles(*batch.pair.reader, settled);
        put(number, batch, item, row, before, stands ? edited : std::nullopt);
    }

    void put(std::size_t number, const ForwardBatch& batch, const QueueItem& item, const Columns& row,
             const std::optional<Columns>& before, std::optional<Timestamp> edited = std::nullopt) {
        const std::string& table = batch.pair.stream->target.table;
        if (breaks_reference(table, row)) {
            failure_ = refusal("memory 23503", "the row's parent is not there; it is tried again");
            return;
        }
        sink_.source_.put(id_, table, id_of(item.change.key), row);
        ++applied.changed[number];
        const Stream* reader = batch.pair.reader;
        if (reader == nullptr || !passes_filter(*reader, row)) {
            return;
        }
        const Timestamp stamped = changed_at(*reader, row);
        if (!before || !passes_filter(*reader, *before) || changed_at(*reader, *before) != stamped) {
            echoes.push_back({reader->name, item.change.key, stamped, edited});
        }
    }

    void remove(std::size_t number, const ForwardBatch& batch, const QueueItem& item) {
        const Stream& stream = *batch.pair.stream;
        const auto before = find(stream.target.table, id_of(item.change.key));
        if (!before || !stream.operations.remove) {
            return;
        }
        const std::int64_t id = id_of(item.change.key);
        if (is_referred_to(stream.target.table, id)) {
            failure_ = Error{Disposition::retry, "", "a row is locked; it is tried again"};
            return;
        }
        if (!may_remove(batch, item.change.key, *before) || takes_undelivered(stream.target.table, id)) {
            refuse(item, "undelivered", "SQL Server has not received the row");
            return;
        }
        erase(stream.target.table, id);
        ++applied.changed[number];
    }

    // Whether an open transaction of somebody else's has written a row that refers to this one, and so locked it.
    bool is_referred_to(const std::string& parents, std::int64_t id) const {
        const auto refers = [&](const std::string& table, const std::optional<Columns>& row) {
            const auto parent = sink_.parents_.find(table);
            return row && parent != sink_.parents_.end() && parent->second.table == parents &&
                   value_of(*row, parent->second.column) == std::to_string(id);
        };
        return std::ranges::any_of(sink_.source_.open(), [&](const auto& entry) {
            return entry.first != id_ && std::ranges::any_of(entry.second.writes, [&](const auto& written) {
                       return std::ranges::any_of(written.second,
                                                  [&](const auto& row) { return refers(written.first, row.second); });
                   });
        });
    }

    // The rows of `table` that refer to row `id` of `parents`.
    std::vector<std::int64_t> children(const std::string& table, const std::string& parents, std::int64_t id) const {
        std::vector<std::int64_t> found;
        const Parent& parent = sink_.parents_.at(table);
        for (const auto& [child, committed] : sink_.source_.committed(table)) {
            const auto row = find(table, child);
            if (row && parent.table == parents && value_of(*row, parent.column) == std::to_string(id)) {
                found.push_back(child);
            }
        }
        return found;
    }

    bool takes_undelivered(const std::string& table, std::int64_t id) const {
        return std::ranges::any_of(sink_.inserters_, [&](const auto& inserter) {
            const std::string& child_table = inserter.first;
            const Stream* reader = inserter.second;
            const auto parent = sink_.parents_.find(child_table);
            return parent != sink_.parents_.end() && parent->second.cascades &&
                   std::ranges::any_of(children(child_table, table, id), [&](std::int64_t child) {
                       return passes_filter(*reader, *find(child_table, child));
                   });
        });
    }

    void erase(const std::string& table, std::int64_t id) {
        for (const auto& [child_table, parent] : sink_.parents_) {
            for (const std::int64_t child : children(child_table, table, id)) {
                if (!parent.cascades) {
                    failure_ = refusal("memory 23503", "other rows refer to the row; it is tried again");
                    return;
                }
                erase(child_table, child);
            }
        }
        sink_.source_.erase(id_, table, id);
    }

    static bool is_stamped(const ForwardBatch& batch) { return batch.pair.stream->target.table != "aligner_notes"; }

    MemoryForwardSink& sink_;
    MemorySource::TransactionId id_;
    bool open_ = true;
    std::optional<Error> failure_;
};

asio::awaitable<Result<std::vector<Result<void>>>> MemoryForwardSink::prepare(std::vector<ForwardPair> pairs) {
    const auto error = co_await faults_.point("forward.prepare");
    if (error && error->disposition != Disposition::stream) {
        co_return *error;
    }
    connected_ = true;
    for (const ForwardPair& pair : pairs) {
        if (pair.reader != nullptr && pair.reader->operations.insert) {
            inserters_[pair.reader->source.table] = pair.reader;
        }
    }
    std::vector<Result<void>> results(pairs.size());
    if (error && !results.empty()) {
        results.front() = *error;
    }
    co_return results;
}

asio::awaitable<Result<ForwardApplied>> MemoryForwardSink::apply(std::vector<ForwardBatch> batches,
                                                                 BeforeCommit before_commit) {
    if (!connected_) {
        co_return Error{Disposition::retry, "", "the target is not connected", true};
    }
    if (const auto error = co_await faults_.point("forward.apply")) {
        connected_ = !error->connection_lost;
        co_return *error;
    }
    Transaction transaction{*this};
    if (const auto failure = transaction.write(batches)) {
        if (transaction.is_held_up) {
            co_return ForwardApplied{{}, {}, {}, *failure};
        }
        co_return *failure;
    }
    if (const auto error = co_await faults_.point("forward.written")) {
        connected_ = !error->connection_lost;
        co_return *error;
    }
    const auto& changed = transaction.applied.changed;
    if (std::ranges::any_of(changed, [](std::size_t rows) { return rows > 0; }) || !transaction.echoes.empty()) {
        std::vector<Echo> echoes = transaction.echoes;
        if (const Result<void> allowed = co_await before_commit(std::move(echoes)); !allowed) {
            co_return allowed.error();
        }
    }
    transaction.commit();
    if (const auto error = co_await faults_.point("forward.committed")) {
        connected_ = !error->connection_lost;
        co_return *error;
    }
    co_return std::move(transaction.applied);
}

}  // namespace revsync::memory
