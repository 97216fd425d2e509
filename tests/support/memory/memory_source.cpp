#include "support/memory/memory_source.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace revsync::memory {

namespace asio = boost::asio;

namespace {

// The number in a key of one column, which may be spelled as a text, as Postgres casts it; nullopt when there is none.
std::optional<std::int64_t> number_in(std::string_view key) {
    for (const char wrapping : {'[', '"'}) {
        if (key.size() > 1 && key.front() == wrapping) {
            key = key.substr(1, key.size() - 2);
        }
    }
    std::int64_t number = 0;
    const auto end = key.data() + key.size();
    const auto parsed = std::from_chars(key.data(), end, number);
    return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional{number} : std::nullopt;
}

}  // namespace

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
    const auto writes = std::move(open_.extract(transaction).mapped().writes);
    std::vector<std::function<void()>> webhooks;
    for (const auto& [table, rows] : writes) {
        for (const auto& [id, row] : rows) {
            const bool existed = committed_[table].contains(id);
            const auto kind = !row      ? WebhookEvent::Kind::remove
                              : existed ? WebhookEvent::Kind::update
                                        : WebhookEvent::Kind::insert;
            if (row) {
                committed_[table][id] = *row;
            } else {
                committed_[table].erase(id);
            }
            if (listener_ && (row || existed)) {
                webhooks.push_back([this, name = table, number = id, kind] { listener_(name, number, kind); });
            }
        }
    }
    for (const auto& webhook : webhooks) {
        webhook();
    }
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

asio::awaitable<Result<PollReading>> MemoryFeed::begin_poll(std::vector<PageRequest> pages) {
    const Alone::Visit visit = alone_.enter();
    if (const auto error = co_await faults_.point("feed.horizon")) {
        co_return *error;
    }
    PollReading reading;
    reading.horizon = source_.horizon();
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
    const Alone::Visit visit = alone_.enter();
    if (const auto error = co_await faults_.point("feed.page")) {
        co_return *error;
    }
    co_return page(request);
}

asio::awaitable<Result<std::vector<Result<RowReadings>>>> MemoryFeed::read_rows(std::vector<RowsRequest> requests) {
    const Alone::Visit visit = alone_.enter();
    std::vector<Result<RowReadings>> readings;
    for (const RowsRequest& request : requests) {
        const auto error = co_await faults_.point("feed.rows");
        if (error && error->disposition != Disposition::stream) {
            co_return *error;
        }
        readings.push_back(error ? Result<RowReadings>{*error} : Result<RowReadings>{rows(request)});
    }
    co_return readings;
}

asio::awaitable<Result<void>> MemoryFeed::check() {
    const Alone::Visit visit = alone_.enter();
    const auto error = co_await faults_.point("feed.check");
    co_return error ? Result<void>{*error} : Result<void>{};
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

RowReadings MemoryFeed::rows(const RowsRequest& request) const {
    RowReadings readings;
    const Table& table = source_.committed(request.stream->source.table);
    for (const Key& key : request.keys) {
        const auto id = number_in(key);
        if (!id) {
            readings.emplace_back(Error{Disposition::row, "memory 22P02", "a key is not a number"});
            continue;
        }
        RowReading reading;
        reading.change.key = key_of(*id);
        const auto row = table.find(*id);
        if (row == table.end()) {
            reading.change.operation = Operation::remove;
        } else if (!passes_filter(*request.stream, row->second)) {
            reading.presence = RowReading::Presence::filtered;
        } else {
            reading.presence = RowReading::Presence::present;
            reading.change = change_of(*request.stream, *id, row->second);
        }
        readings.emplace_back(std::move(reading));
    }
    return readings;
}

}  // namespace revsync::memory
