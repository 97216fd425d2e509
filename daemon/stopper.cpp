#include "stopper.hpp"

namespace revsync {

void Stopper::request(const Logger& logger, const std::function<void()>& stop) {
    if (requested_) {
        exit_now_(EXIT_FAILURE);
    }
    requested_ = true;
    logger.info("⏹️  Stopping: the batch in hand is finished and remembered first");
    deadline_.expires_after(grace);
    deadline_.async_wait([this, &logger](boost::system::error_code cancelled) {
        if (!cancelled) {
            logger.warning(
                "⚠️  The batch in hand did not finish in {} s; it will be applied again at the next start",
                grace.count());
            exit_now_(EXIT_SUCCESS);
        }
    });
    stop();
}

}  // namespace revsync
