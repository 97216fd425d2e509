#include "runtime/gate.hpp"

#include <boost/asio/this_coro.hpp>
#include <list>

#include "runtime/event.hpp"

namespace revsync {

namespace asio = boost::asio;

struct Gate::Queue {
    std::list<Event*> waiting;  // in the frames of those who wait
    bool held = false;

    // The next one goes in without the gate ever standing open, so that nobody overtakes.
    void leave() {
        held = !waiting.empty();
        if (held) {
            Event* const next = waiting.front();
            waiting.pop_front();
            next->set();
        }
    }
};

Gate::Gate() : queue_{std::make_shared<Queue>()} {}

Gate::Hold& Gate::Hold::operator=(Hold&& other) noexcept {
    if (this != &other) {
        release();
        queue_ = std::move(other.queue_);
    }
    return *this;
}

void Gate::Hold::release() {
    if (const auto queue = std::exchange(queue_, nullptr)) {
        queue->leave();
    }
}

bool Gate::contended() const {
    return !queue_->waiting.empty();
}

asio::awaitable<Gate::Hold> Gate::enter() {
    return enter(queue_);
}

asio::awaitable<Gate::Hold> Gate::enter(std::shared_ptr<Queue> queue) {
    if (!queue->held) {
        queue->held = true;
        co_return Hold{std::move(queue)};
    }
    Event turn{co_await asio::this_coro::executor};
    // Whoever is cancelled, or destroyed while it waits, gives up its place, or its turn when that has come already.
    struct Place {
        Queue& queue;
        Event* turn;
        bool taken = false;

        Place(Queue& all, Event* mine) : queue{all}, turn{mine} { queue.waiting.push_back(turn); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (!taken && queue.waiting.remove(turn) == 0) {
                queue.leave();
            }
        }
    };
    Place place{*queue, &turn};
    co_await turn.wait();
    place.taken = true;
    co_return Hold{std::move(queue)};
}

}  // namespace revsync
