// Both ends, and how they answered last.
#pragma once

#include <optional>

#include "runtime/clock.hpp"
#include "sync/ends.hpp"

namespace revsync {

struct EndHealth {
    std::optional<Timestamp> last_answer;
    std::optional<Error> error;  // why it could not be asked the last time; none once it has answered again

    bool down() const { return error.has_value(); }
    // Takes up how a request ended. An error that the server itself answered with is an answer.
    void note(std::optional<Error> failure, Timestamp now);
};

// Passes everything on to `feed`, which must outlive it, as must the clock.
class WatchedFeed final : public Feed {
public:
    WatchedFeed(Feed& feed, Clock& clock) : feed_{feed}, clock_{clock} {}

    const EndHealth& health() const { return health_; }

    boost::asio::awaitable<Result<PollReading>> begin_poll(std::vector<PageRequest> pages) override;
    boost::asio::awaitable<Result<Page>> read_page(PageRequest request) override;
    boost::asio::awaitable<Result<std::vector<Result<RowReadings>>>> read_rows(
        std::vector<RowsRequest> requests) override;
    boost::asio::awaitable<Result<void>> check() override;

private:
    Feed& feed_;
    Clock& clock_;
    EndHealth health_;
};

// The same for a sink.
class WatchedSink final : public Sink {
public:
    WatchedSink(Sink& sink, Clock& clock) : sink_{sink}, clock_{clock} {}

    const EndHealth& health() const { return health_; }

    boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) override;
    boost::asio::awaitable<Result<Applied>> apply(const Stream& stream, std::span<const Change> changes) override;
    boost::asio::awaitable<Result<void>> check() override;

private:
    Sink& sink_;
    Clock& clock_;
    EndHealth health_;
};

}  // namespace revsync
