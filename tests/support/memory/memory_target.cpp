#include "support/memory/memory_target.hpp"

#include <algorithm>

namespace revsync::memory {

namespace asio = boost::asio;

namespace {

bool is_owned(const Stream& stream, const Columns& row) {
    if (!stream.owned_rows) {
        return true;
    }
    const auto column = row.find(stream.owned_rows->column);
    return column != row.end() && column->second == stream.owned_rows->value;
}

Error refusal(std::string code, std::string text) {
    return {Disposition::row, std::move(code), std::move(text)};
}

void assign(Columns& row, const std::string& column, const Columns& from) {
    const auto value = from.find(column);
    if (value == from.end()) {
        row.erase(column);
    } else {
        row[column] = value->second;
    }
}

// The row as an update leaves it: columns that are written with a new row only stay as they are.
Columns updated(const Stream& stream, Columns row, const Columns& from) {
    for (const ColumnPair& column : stream.columns) {
        if (!column.insert_only) {
            assign(row, column.target, from);
        }
    }
    return row;
}

}  // namespace

const Columns* MemoryTarget::find(const std::string& table, std::int64_t id) const {
    const auto rows = tables_.find(table);
    if (rows == tables_.end()) {
        return nullptr;
    }
    const auto row = rows->second.find(id);
    return row == rows->second.end() ? nullptr : &row->second;
}

void MemoryTarget::become(const std::string& table, std::int64_t id, std::optional<Columns> row, bool own) {
    Table& rows = tables_[table];
    const auto found = rows.find(id);
    const std::optional<Columns> before = found == rows.end() ? std::nullopt : std::optional{found->second};
    if (row) {
        rows[id] = *row;
    } else {
        rows.erase(id);
    }
    if (own && written_) {
        written_(table, id);
    }
    if (triggers_ && before != row) {
        triggers_->fire(table, id, before ? &*before : nullptr, row ? &*row : nullptr, own);
    }
}

// A shared column that was edited here later than the change keeps its value, and is sent once more. An older edit that
// still waits has lost.
Columns MemoryTarget::guarded(const Stream& stream, const Change& change, const Columns& before, Columns columns,
                              Applied& applied) {
    for (const ColumnPair& pair : stream.columns) {
        const auto here = before.find(pair.target);
        if (!triggers_ || pair.owner != Owner::shared || here == before.end() || columns[pair.target] == here->second) {
            continue;
        }
        const auto edited = triggers_->last_edit(stream.target.table, id_of(change.key), pair.target);
        if (edited && *edited > change.changed_at) {
            columns[pair.target] = here->second;
            triggers_->queue_again(stream.target.table, id_of(change.key), *edited);
            applied.settled.push_back({stream.name, change.key, pair.target, Direction::forward});
        } else if (triggers_->send_as_it_is(stream.target.table, id_of(change.key), pair.target)) {
            applied.settled.push_back({stream.name, change.key, pair.target, Direction::reverse});
        }
    }
    return columns;
}

Result<Applied> MemoryTarget::apply(const Stream& stream, std::span<const Change> changes) {
    for (const Change& change : changes) {
        if (const auto error = broken_reference(stream, change)) {
            return *error;
        }
    }
    Applied applied;
    for (const Change& change : changes) {
        if (change.operation == Operation::remove) {
            remove(stream, change, applied);
        } else {
            upsert(stream, change, applied);
        }
        if (received_ && change.operation == Operation::upsert && holds(stream, change)) {
            received_(stream.target.table, id_of(change.key));
        }
    }
    return applied;
}

bool MemoryTarget::holds(const Stream& stream, const Change& change) const {
    const Columns* row = find(stream.target.table, id_of(change.key));
    return row && is_owned(stream, *row) && updated(stream, *row, columns_of(change)) == *row;
}

// The lab has deleted what it had received.
bool MemoryTarget::stays_deleted(const Stream& stream, const Change& change) const {
    return change.delivered && triggers_ && triggers_->lab_deleted(stream.target.table, id_of(change.key));
}

// Checked for every row that would be written: the statement that breaks a foreign key takes all rows with it.
std::optional<Error> MemoryTarget::broken_reference(const Stream& stream, const Change& change) const {
    const auto column = parent_columns_.find(stream.target.table);
    if (column == parent_columns_.end() || change.operation == Operation::remove) {
        return std::nullopt;
    }
    const Columns* existing = find(stream.target.table, id_of(change.key));
    if (existing ? !is_owned(stream, *existing) : stays_deleted(stream, change)) {
        return std::nullopt;
    }
    if (parents_.contains(columns_of(change)[column->second])) {
        return std::nullopt;
    }
    return refusal("memory 547", "the row's parent is not there; it is tried again");
}

void MemoryTarget::upsert(const Stream& stream, const Change& change, Applied& applied) {
    Table& table = tables_[stream.target.table];
    const auto existing = table.find(id_of(change.key));
    const Columns columns = columns_of(change);
    if (existing == table.end()) {
        if (!stream.operations.insert) {
            applied.refused.push_back({change.key, refusal("", "the row is not in the target")});
            return;
        }
        if (stays_deleted(stream, change)) {
            return;
        }
        become(stream.target.table, id_of(change.key), columns, true);
        if (triggers_) {
            triggers_->end_row_before(stream.target.table, id_of(change.key));
        }
        ++activity_[stream.target.table][id_of(change.key)];
        ++applied.inserted;
        return;
    }
    if (!is_owned(stream, existing->second)) {
        applied.refused.push_back({change.key, refusal("", "the other side owns a row under this key")});
        return;
    }
    if (!stream.operations.update) {
        return;
    }
    Columns next = updated(stream, existing->second, guarded(stream, change, existing->second, columns, applied));
    if (next != existing->second) {
        become(stream.target.table, id_of(change.key), std::move(next), true);
        ++applied.updated;
    }
}

void MemoryTarget::remove(const Stream& stream, const Change& change, Applied& applied) {
    Table& table = tables_[stream.target.table];
    const auto existing = table.find(id_of(change.key));
    if (!stream.operations.remove || existing == table.end()) {
        return;
    }
    if (!is_owned(stream, existing->second)) {
        applied.refused.push_back({change.key, refusal("", "the other side owns a row under this key")});
        return;
    }
    become(stream.target.table, id_of(change.key), std::nullopt, true);
    ++applied.removed;
}

asio::awaitable<Result<std::vector<Result<void>>>> MemorySink::prepare(std::vector<const Stream*> streams) {
    const auto error = co_await faults_.point("sink.prepare");
    if (error && error->disposition != Disposition::stream) {
        co_return *error;
    }
    connected_ = true;
    std::vector<Result<void>> results(streams.size());
    if (error && !results.empty()) {
        results.front() = *error;
    }
    co_return results;
}

asio::awaitable<Result<Applied>> MemorySink::apply(const Stream& stream, std::span<const Change> changes) {
    const Alone::Visit visit = applying_[stream.name].enter();
    if (!connected_) {
        co_return Error{Disposition::retry, "", "the target is not connected", true};
    }
    if (const auto error = co_await faults_.point("sink.apply")) {
        connected_ = !error->connection_lost;
        co_return *error;
    }
    Result<Applied> applied = target_.apply(stream, changes);
    if (const auto error = co_await faults_.point("sink.committed")) {
        connected_ = !error->connection_lost;
        co_return *error;
    }
    co_return applied;
}

bool MemorySink::applied_twice_at_once() const {
    return std::ranges::any_of(applying_, [](const auto& entry) { return entry.second.violated(); });
}

asio::awaitable<Result<void>> MemorySink::check() {
    const auto error = co_await faults_.point("sink.check");
    connected_ = connected_ && !(error && error->connection_lost);
    co_return error ? Result<void>{*error} : Result<void>{};
}

}  // namespace revsync::memory
