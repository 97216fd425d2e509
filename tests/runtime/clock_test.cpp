#include "runtime/clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

namespace revsync {
namespace {

namespace asio = boost::asio;

TEST(SystemClock, tells_the_time_in_microseconds) {
    const SystemClock clock;
    EXPECT_GT(clock.now(), *Timestamp::parse("2025-01-01T00:00:00Z"));
    EXPECT_LT(clock.now(), *Timestamp::parse("2200-01-01T00:00:00Z"));
}

TEST(SystemClock, wakes_a_sleeper) {
    asio::io_context context;
    SystemClock clock;
    bool awake = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            co_await clock.sleep(std::chrono::milliseconds{1});
            awake = true;
        },
        asio::detached);
    context.run();
    EXPECT_TRUE(awake);
}

TEST(SystemClock, lets_a_sleeper_be_cancelled) {
    asio::io_context context;
    SystemClock clock;
    asio::cancellation_signal stop;
    boost::system::error_code outcome;
    asio::co_spawn(context, clock.sleep(std::chrono::hours{24}),
                   asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& thrown) {
                       try {
                           std::rethrow_exception(thrown);
                       } catch (const boost::system::system_error& error) {
                           outcome = error.code();
                       }
                   }));
    context.poll();
    stop.emit(asio::cancellation_type::terminal);
    context.run();
    EXPECT_EQ(outcome, asio::error::operation_aborted);
}

}  // namespace
}  // namespace revsync
