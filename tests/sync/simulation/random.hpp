#pragma once

#include <cstdint>
#include <random>

namespace revsync::simulation {

// Numbers that follow from the seed alone, on every platform.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}

    // 0 … limit-1.
    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
    // low … high, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
    }
    bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }

private:
    std::mt19937_64 engine_;
};

}  // namespace revsync::simulation
