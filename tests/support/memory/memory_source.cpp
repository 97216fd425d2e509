#include "support/memory/memory_source.hpp"

#include <algorithm>

namespace revsync::memory {

namespace asio = boost::asio;

MemorySource::TransactionId MemorySource::begin() {
    open_[next_transaction_].started = now();
    return next_transaction_++;
}

void MemorySource::put(TransactionId transaction, const std::string& table, std::int64_t id, Columns row) {
    open_.at(transaction).writes[table][id] = std::move(row);
}

void MemorySource::erase(TransactionId transaction, const std::string& table, std::int64_t id) {
    open_.at(transaction).writes[table][id] = std::nullopt;
}

void MemorySource::commit(TransactionId transaction) {
    for (auto& [table, rows] : open_.at(transaction).writes) {
        for (auto& [id, row] : rows) {
            if (row) {
                committed_[table][id] = std::move(*row);
            } else {
                committed_[table].erase(id);
            }
        }
    }
    open_.erase(transaction);
}

void MemorySource::commit_row(const std::string& table, std::int64_t id, Columns row) {
    const TransactionId transaction = begin();
    put(transaction, table, id, std::move(row));
    commit(transaction);
}

bool MemorySource::is_locked(const std::string& table, std::int64_t id) const {
    return std::ranges::any_of(open_, [&](const auto& entry) {
        const auto written = entry.second.writes.find(table);
        return written != entry.second.writes.end() && written->second.contains(id);
    });
}

Horizon MemorySource::horizon() const {
    const Timestamp now = this->now();
    if (sessions_hidden) {
        return {now - overlap, now, true};
    }
    Timestamp oldest = now;
    for (const auto& [id, transaction] : open_) {
        oldest = std::min(oldest, transaction.started);
    }
    return {oldest - margin, now, false};
}

asio::awaitable<Result<PollReading>> MemoryFeed::begin_poll(std::vector<PageRequest> pages,
                                                            std::vector<RowsRequest> rows_requests) {
    if (const auto error = co_await faults_.point("feed.horizon")) {
        co_return *error;
    }
    PollReading reading;
    reading.horizon = source_.horizon();
    for (const RowsRequest& request : rows_requests) {
        const auto error = co_await faults_.point("feed.rows");
        if (error && error->connection_lost) {
            co_return *error;
        }
        reading.rows.push_back(error ? Result<Page>{*error} : Result<Page>{rows(request)});
    }
    for (const PageRequest& request : pages) {
        const auto error = co_await faults_.point("feed.first_page");
        if (error && error->connection_lost) {
            co_return *error;
        }
        reading.pages.push_back(error ? Result<Page>{*error} : Result<Page>{page(request)});
    }
    co_return reading;
}

asio::awaitable<Result<Page>> MemoryFeed::read_page(PageRequest request) {
    if (const auto error = co_await faults_.point("feed.page")) {
        co_return *error;
    }
    co_return page(request);
}

Page MemoryFeed::page(const PageRequest& request) const {
    Page page;
    for (const auto& [id, row] : source_.committed(request.stream->source.table)) {
        if (is_after(request.after, changed_at(*request.stream, row), id)) {
            ++page.total_modified;
            if (passes_filter(*request.stream, row)) {
                page.changes.push_back(change_of(*request.stream, id, row));
            }
        }
    }
    // The table is walked in the order of its keys, so that a stable sort leaves equal times in that order.
    std::ranges::stable_sort(page.changes, {}, &Change::changed_at);
    page.more = page.changes.size() > request.limit;
    page.changes.resize(std::min(page.changes.size(), request.limit));
    return page;
}

Page MemoryFeed::rows(const RowsRequest& request) const {
    Page page;
    const Table& table = source_.committed(request.stream->source.table);
    for (const Key& key : request.keys) {
        const auto row = table.find(id_of(key));
        if (row != table.end() && passes_filter(*request.stream, row->second)) {
            page.changes.push_back(change_of(*request.stream, row->first, row->second));
        }
    }
    std::ranges::stable_sort(page.changes, [](const Change& left, const Change& right) {
        return std::pair{left.changed_at, id_of(left.key)} < std::pair{right.changed_at, id_of(right.key)};
    });
    return page;
}

}  // namespace revsync::memory
