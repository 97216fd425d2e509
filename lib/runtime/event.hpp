#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace revsync {

// A flag that one coroutine waits for and others set, on one thread. Setting it while nobody waits is
// remembered; waiting takes it back.
class Event {
public:
    explicit Event(const boost::asio::any_io_executor& executor) : timer_{executor, never()} {}

    void set();
    // Returns once the flag is set, at once if it was. Cancellation ends the wait with operation_aborted.
    boost::asio::awaitable<void> wait();

private:
    static boost::asio::steady_timer::time_point never() { return boost::asio::steady_timer::time_point::max(); }

    boost::asio::steady_timer timer_;
    bool set_ = false;
};

}  // namespace revsync
