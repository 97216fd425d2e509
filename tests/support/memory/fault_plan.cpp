#include "support/memory/fault_plan.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace revsync::memory {

namespace asio = boost::asio;

namespace {

Error error_of(Fault fault) {
    switch (fault) {
        case Fault::connection_lost:
            return {Disposition::retry, "memory 1", "the connection was cut; it is opened again", true};
        case Fault::in_doubt:
            return {Disposition::in_doubt, "memory 2", "the reply was lost; the same work is sent again", true};
        case Fault::row:
            return {Disposition::row, "memory 3", "a row was refused; look at the row"};
        case Fault::stream:
            return {Disposition::stream, "memory 4", "the table is not there; create it"};
        case Fault::configuration:
            return {Disposition::configuration, "memory 5", "access was refused; check the settings"};
        case Fault::none:
        case Fault::retry:
        case Fault::crash:
            break;
    }
    return {Disposition::retry, "memory 6", "chosen as the deadlock's victim; the same work is sent again"};
}

}  // namespace

std::string_view to_string(Fault fault) noexcept {
    switch (fault) {
        case Fault::none:
            return "none";
        case Fault::retry:
            return "retry";
        case Fault::connection_lost:
            return "connection lost";
        case Fault::in_doubt:
            return "in doubt";
        case Fault::row:
            return "row";
        case Fault::stream:
            return "stream";
        case Fault::configuration:
            return "configuration";
        case Fault::crash:
            return "crash";
    }
    return "unknown";
}

asio::awaitable<std::optional<Error>> FaultPlan::point(std::string_view name) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    co_return check(name);
}

std::optional<Error> FaultPlan::check(std::string_view name) {
    if (crashed_) {
        throw Crash{};
    }
    const Fault fault = choose_ ? choose_(name, points_) : Fault::none;
    ++points_;
    if (fault == Fault::crash) {
        crashed_ = true;
        throw Crash{};
    }
    return fault == Fault::none ? std::nullopt : std::optional{error_of(fault)};
}

}  // namespace revsync::memory
