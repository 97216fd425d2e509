#include "support/memory/manual_clock.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace revsync::memory {

namespace asio = boost::asio;

class ManualClock::Place {
public:
    Place(Sleepers& sleepers, std::chrono::steady_clock::time_point due, asio::steady_timer& timer)
        : sleepers_{sleepers}, place_{sleepers.emplace(due, &timer)} {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { sleepers_.erase(place_); }

private:
    Sleepers& sleepers_;
    Sleepers::iterator place_;
};

asio::awaitable<void> ManualClock::sleep(std::chrono::milliseconds duration) {
    const auto due = steady_ + duration;
    asio::steady_timer timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    const Place place{sleepers_, due, timer};
    while (steady_ < due) {
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
    }
}

void ManualClock::advance(std::chrono::microseconds by) {
    now_ = now_ + by;
    steady_ += by;
    for (auto sleeper = sleepers_.begin(); sleeper != sleepers_.end() && sleeper->first <= steady_; ++sleeper) {
        sleeper->second->cancel();
    }
}

std::optional<std::chrono::microseconds> ManualClock::next_sleeper() const {
    if (sleepers_.empty()) {
        return std::nullopt;
    }
    const auto left = std::chrono::ceil<std::chrono::microseconds>(sleepers_.begin()->first - steady_);
    return std::max(left, std::chrono::microseconds{0});
}

}  // namespace revsync::memory
