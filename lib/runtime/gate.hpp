#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

namespace revsync {

// Lets one coroutine through at a time, in the order in which they came. Used on one thread. The gate may end
// before its holds and its waiting coroutines do.
class Gate {
    struct Queue;

public:
    // The right to be inside; given back when it goes.
    class Hold {
    public:
        Hold(Hold&& other) noexcept = default;
        Hold& operator=(Hold&& other) noexcept;
        ~Hold() { release(); }

        // Leaves early; a second time does nothing.
        void release();

    private:
        friend class Gate;
        explicit Hold(std::shared_ptr<Queue> queue) : queue_{std::move(queue)} {}

        std::shared_ptr<Queue> queue_;
    };

    Gate();

    // Returns once everybody who came before has left. Cancellation ends the wait with operation_aborted and gives
    // the place in the queue up.
    boost::asio::awaitable<Hold> enter();
    // Whether somebody waits.
    bool contended() const;

private:
    static boost::asio::awaitable<Hold> enter(std::shared_ptr<Queue> queue);

    std::shared_ptr<Queue> queue_;
};

}  // namespace revsync
