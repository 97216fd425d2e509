#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "core/error.hpp"

namespace revsync::memory {

// What an end meets at one of its points.
enum class Fault { none, retry, connection_lost, in_doubt, row, stream, configuration, crash };

std::string_view to_string(Fault fault) noexcept;

// Thrown at a point where the process ends. Nothing in the pipeline may catch it.
struct Crash {};

// Decides what goes wrong. Every in-memory end passes a point before each of its effects and one after it, so
// that a failure can come before the effect, after it, or instead of everything that would have followed.
// Used on one thread.
class FaultPlan {
public:
    // `ordinal` counts the points of this plan from 0.
    using Choose = std::function<Fault(std::string_view point, std::size_t ordinal)>;

    // Without a choice everything passes.
    void choose(Choose choose) { choose_ = std::move(choose); }

    // The point of an end that waits: lets other work run first. An error is what the end must fail with.
    boost::asio::awaitable<std::optional<Error>> point(std::string_view name);
    // The point of an end that does not wait.
    std::optional<Error> check(std::string_view name);

    std::size_t points() const { return points_; }

    // After a crash every further point throws, so that nothing of the dead process can take effect.
    void crash() { crashed_ = true; }
    bool crashed() const { return crashed_; }
    void restart() { crashed_ = false; }

private:
    Choose choose_;
    std::size_t points_ = 0;
    bool crashed_ = false;
};

}  // namespace revsync::memory
