#include "runtime/event.hpp"

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

class EventTest : public testing::Test {
protected:
    void spawn_waiter() {
        asio::co_spawn(
            context_,
            [this]() -> asio::awaitable<void> {
                for (;;) {
                    co_await event_.wait();
                    ++wakes_;
                }
            },
            asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr& thrown) {
                ended_ = true;
                try {
                    std::rethrow_exception(thrown);
                } catch (const boost::system::system_error& error) {
                    outcome_ = error.code();
                }
            }));
    }

    void TearDown() override {
        stop_.emit(asio::cancellation_type::terminal);
        context_.restart();
        context_.poll();
    }

    asio::io_context context_;
    Event event_{context_.get_executor()};
    asio::cancellation_signal stop_;
    int wakes_ = 0;
    bool ended_ = false;
    boost::system::error_code outcome_;
};

TEST_F(EventTest, wakes_the_one_who_waits) {
    spawn_waiter();
    context_.poll();
    EXPECT_EQ(wakes_, 0);
    event_.set();
    context_.poll();
    EXPECT_EQ(wakes_, 1);
}

TEST_F(EventTest, is_remembered_while_nobody_waits) {
    event_.set();
    spawn_waiter();
    context_.poll();
    EXPECT_EQ(wakes_, 1);
}

TEST_F(EventTest, is_taken_back_by_the_one_who_waited) {
    event_.set();
    event_.set();
    spawn_waiter();
    context_.poll();
    EXPECT_EQ(wakes_, 1);
}

TEST_F(EventTest, lets_a_waiter_be_cancelled) {
    spawn_waiter();
    context_.poll();
    stop_.emit(asio::cancellation_type::terminal);
    context_.poll();
    EXPECT_TRUE(ended_);
    EXPECT_EQ(outcome_, asio::error::operation_aborted);
    EXPECT_EQ(wakes_, 0);
}

}  // namespace
}  // namespace revsync
