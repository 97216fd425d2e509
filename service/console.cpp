#include "service/console.hpp"

#include <csignal>
#include <cstdlib>

namespace revsync {

StopSignals::StopSignals(boost::asio::io_context& io, const Logger& logger, std::function<void()> request_stop)
    : signals_{io, SIGINT, SIGTERM}, deadline_{io}, logger_{logger}, request_stop_{std::move(request_stop)} {
    wait();
}

void StopSignals::close() {
    signals_.cancel();
    deadline_.cancel();
}

void StopSignals::wait() {
    signals_.async_wait([this](boost::system::error_code error, int) {
        if (error) {
            return;
        }
        if (stopping_) {
            std::_Exit(EXIT_FAILURE);
        }
        stopping_ = true;
        logger_.info("⏹️  Stopping: the batch in hand is finished and remembered first");
        wait();
        arm_grace();
        request_stop_();
    });
}

void StopSignals::arm_grace() {
    deadline_.expires_after(grace);
    deadline_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            logger_.warning(
                "⚠️  The batch in hand did not finish in {} s; it will be applied again at the next start",
                grace.count());
            std::_Exit(EXIT_SUCCESS);
        }
    });
}

CatchUpSignal::CatchUpSignal(boost::asio::io_context& io, std::function<void()> catch_up)
    : signals_{io}, catch_up_{std::move(catch_up)} {
#ifdef SIGUSR1
    signals_.add(SIGUSR1);
    wait();
#endif
}

void CatchUpSignal::close() {
    signals_.cancel();
}

void CatchUpSignal::wait() {
    signals_.async_wait([this](boost::system::error_code error, int) {
        if (!error) {
            catch_up_();
            wait();
        }
    });
}

}  // namespace revsync
