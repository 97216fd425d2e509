#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <functional>

#include "runtime/logger.hpp"

namespace revsync {

// How the process ends on request. The first request lets the work in hand end; the process is ended for good if it has
// not within `grace`, or at once by a second request. Ending it then is safe: what was in hand is applied again at the
// next start.
class Stopper {
public:
    static constexpr std::chrono::seconds grace{9};

    // `exit_now` ends the process and does not return.
    explicit Stopper(boost::asio::io_context& io, std::function<void(int exit_code)> exit_now = &std::_Exit)
        : deadline_{io}, exit_now_{std::move(exit_now)} {}

    // `stop` begins the end. `logger` is used until done().
    void request(const Logger& logger, const std::function<void()>& stop);
    bool requested() const { return requested_; }
    // The work has ended.
    void done() { deadline_.cancel(); }

private:
    boost::asio::steady_timer deadline_;
    std::function<void(int)> exit_now_;
    bool requested_ = false;
};

}  // namespace revsync
