#include "sync/watched_ends.hpp"

namespace revsync {

namespace asio = boost::asio;

namespace {

template <class T>
std::optional<Error> failure_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional{result.error()};
}

}  // namespace

void EndHealth::note(std::optional<Error> failure, Timestamp now) {
    if (failure && failure->disposition == Disposition::stopped) {
        return;
    }
    if (failure && (failure->connection_lost || failure->disposition == Disposition::configuration)) {
        error = std::move(failure);
    } else {
        error.reset();
        last_answer = now;
    }
}

asio::awaitable<Result<PollReading>> WatchedFeed::begin_poll(std::vector<PageRequest> pages) {
    Result<PollReading> result = co_await feed_.begin_poll(std::move(pages));
    health_.note(failure_of(result), clock_.now());
    co_return result;
}

asio::awaitable<Result<Page>> WatchedFeed::read_page(PageRequest request) {
    Result<Page> result = co_await feed_.read_page(std::move(request));
    health_.note(failure_of(result), clock_.now());
    co_return result;
}

asio::awaitable<Result<std::vector<Result<RowReadings>>>> WatchedFeed::read_rows(std::vector<RowsRequest> requests) {
    Result<std::vector<Result<RowReadings>>> result = co_await feed_.read_rows(std::move(requests));
    health_.note(failure_of(result), clock_.now());
    co_return result;
}

asio::awaitable<Result<void>> WatchedFeed::check() {
    Result<void> result = co_await feed_.check();
    health_.note(failure_of(result), clock_.now());
    co_return result;
}

asio::awaitable<Result<std::vector<Result<void>>>> WatchedSink::prepare(std::vector<const Stream*> streams) {
    // A sink that is connected asks nothing when it prepares, and after a failure one of its connections says nothing
    // of the others.
    if (health_.down()) {
        if (const Result<void> answered = co_await check(); !answered) {
            co_return answered.error();
        }
    }
    Result<std::vector<Result<void>>> result = co_await sink_.prepare(std::move(streams));
    if (!result) {
        health_.note(failure_of(result), clock_.now());
    }
    co_return result;
}

asio::awaitable<Result<Applied>> WatchedSink::apply(const Stream& stream, std::span<const Change> changes) {
    Result<Applied> result = co_await sink_.apply(stream, changes);
    health_.note(failure_of(result), clock_.now());
    co_return result;
}

asio::awaitable<Result<void>> WatchedSink::check() {
    Result<void> result = co_await sink_.check();
    health_.note(failure_of(result), clock_.now());
    co_return result;
}

}  // namespace revsync
