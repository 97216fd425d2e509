#include "runtime/gate.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "runtime/event.hpp"

namespace revsync {
namespace {

namespace asio = boost::asio;

// Visitors who go in, and stay until they are let out.
class GateTest : public testing::Test {
protected:
    struct Visitor {
        explicit Visitor(asio::io_context& context) : leave{context.get_executor()} {}
        Event leave;
        asio::cancellation_signal cancel;
    };

    Visitor& arrive(int name) {
        Visitor& visitor = visitors_.emplace_back(context_);
        asio::co_spawn(context_, visit(name, visitor),
                       asio::bind_cancellation_slot(visitor.cancel.slot(), [](const std::exception_ptr&) {}));
        context_.poll();
        return visitor;
    }

    void TearDown() override {
        for (Visitor& visitor : visitors_) {
            visitor.cancel.emit(asio::cancellation_type::terminal);
        }
        context_.restart();
        context_.poll();
    }

    asio::awaitable<void> visit(int name, Visitor& visitor) {
        const Gate::Hold hold = co_await gate_.enter();
        entered_.push_back(name);
        co_await visitor.leave.wait();
    }

    void poll() { context_.poll(); }

    asio::io_context context_;
    Gate gate_;
    std::vector<int> entered_;
    std::deque<Visitor> visitors_;
};

TEST_F(GateTest, lets_in_one_at_a_time_in_the_order_of_arrival) {
    Visitor& first = arrive(1);
    Visitor& second = arrive(2);
    arrive(3);
    EXPECT_THAT(entered_, testing::ElementsAre(1));

    first.leave.set();
    poll();
    EXPECT_THAT(entered_, testing::ElementsAre(1, 2));

    second.leave.set();
    poll();
    EXPECT_THAT(entered_, testing::ElementsAre(1, 2, 3));
}

TEST_F(GateTest, is_contended_while_somebody_waits) {
    Visitor& first = arrive(1);
    EXPECT_FALSE(gate_.contended());
    arrive(2);
    EXPECT_TRUE(gate_.contended());
    first.leave.set();
    poll();
    EXPECT_FALSE(gate_.contended());
}

TEST_F(GateTest, lets_nobody_overtake_the_one_whose_turn_has_come) {
    Visitor& first = arrive(1);
    arrive(2);
    first.leave.set();
    while (!gate_.contended() && entered_.size() < 2) {
        ASSERT_EQ(context_.poll_one(), 1U);
        arrive(3);
    }

    poll();

    EXPECT_EQ(entered_.at(1), 2);
}

TEST_F(GateTest, forgets_who_is_cancelled_while_waiting) {
    Visitor& first = arrive(1);
    Visitor& second = arrive(2);
    arrive(3);

    second.cancel.emit(asio::cancellation_type::terminal);
    poll();
    first.leave.set();
    poll();

    EXPECT_THAT(entered_, testing::ElementsAre(1, 3));
}

TEST_F(GateTest, passes_on_the_turn_of_who_is_cancelled_when_it_has_come) {
    Visitor& first = arrive(1);
    Visitor& second = arrive(2);
    arrive(3);

    first.cancel.emit(asio::cancellation_type::terminal);
    second.cancel.emit(asio::cancellation_type::terminal);
    poll();

    EXPECT_EQ(entered_.back(), 3);
}

TEST_F(GateTest, may_end_before_those_who_use_it) {
    std::optional<Gate> gate{std::in_place};
    asio::io_context context;
    std::vector<Gate::Hold> holds;
    const auto enter = [](Gate& entered, std::vector<Gate::Hold>& into) -> asio::awaitable<void> {
        into.push_back(co_await entered.enter());
    };
    for (int i = 0; i < 2; ++i) {
        asio::co_spawn(context, enter(*gate, holds), [](const std::exception_ptr&) {});
    }
    context.poll();
    gate.reset();

    holds.front().release();
    context.poll();

    EXPECT_EQ(holds.size(), 2U);
}

}  // namespace
}  // namespace revsync
