#include "sqlserver/connection.hpp"

namespace revsync::sqlserver {

Result<void> Connection::ensure_open() {
    if (session_ != nullptr) {
        return {};
    }
    if (cancelled_.load()) {
        return Error{Disposition::stopped, "", "cancelled", false};
    }
    auto session = Session::connect(settings_, cancelled_);
    if (!session) {
        return session.error();
    }
    session_ = std::move(*session);
    open_ = true;
    ++opened_;
    return {};
}

void Connection::close() {
    session_.reset();
    open_ = false;
}

}  // namespace revsync::sqlserver
