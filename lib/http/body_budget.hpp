// What the bodies of all requests may hold in memory together.
#pragma once

#include <algorithm>
#include <cstddef>

namespace revsync::http {

// The first `small` bytes of each body always find room, since connections are bounded; what goes beyond comes out of
// one account for all. So large bodies cannot keep small ones out, and memory stays bounded whoever sends.
class BodyBudget {
public:
    BodyBudget(std::size_t small, std::size_t shared) : small_{small}, left_{shared} {}

    // One request's part of the account, given back when it ends.
    class Share {
    public:
        explicit Share(BodyBudget& budget) : budget_{budget} {}
        ~Share() { budget_.left_ += taken_; }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        // False when a body of `size` bytes does not fit.
        bool grow_to(std::size_t size) {
            const std::size_t beyond = size - std::min(size, budget_.small_);
            const std::size_t more = beyond - std::min(beyond, taken_);
            if (more > budget_.left_) {
                return false;
            }
            budget_.left_ -= more;
            taken_ += more;
            return true;
        }

    private:
        BodyBudget& budget_;
        std::size_t taken_ = 0;
    };

private:
    std::size_t small_;
    std::size_t left_;
};

}  // namespace revsync::http
