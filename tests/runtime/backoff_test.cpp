#include "runtime/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace revsync {
namespace {

using namespace std::chrono_literals;

std::vector<std::chrono::milliseconds> pauses(std::uint64_t seed, std::size_t count) {
    Backoff backoff{seed};
    std::vector<std::chrono::milliseconds> result(count);
    std::ranges::generate(result, [&] { return backoff.next(); });
    return result;
}

TEST(Backoff, doubles_from_one_second_to_a_minute_less_up_to_a_quarter) {
    const auto taken = pauses(7, 9);
    std::chrono::milliseconds step = Backoff::first;
    for (const auto pause : taken) {
        EXPECT_LE(pause, step);
        EXPECT_GE(pause, step * 3 / 4);
        step = std::min(step * 2, Backoff::last);
    }
    EXPECT_EQ(step, Backoff::last);
}

TEST(Backoff, starts_again_after_a_success) {
    Backoff backoff{7};
    for (int attempt = 0; attempt < 5; ++attempt) {
        backoff.next();
    }
    backoff.reset();
    EXPECT_LE(backoff.next(), Backoff::first);
}

TEST(Backoff, follows_from_its_seed_alone) {
    EXPECT_EQ(pauses(42, 20), pauses(42, 20));
}

TEST(Backoff, does_not_bring_many_daemons_back_at_one_moment) {
    std::set<std::chrono::milliseconds> first;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        first.insert(pauses(seed * 1'000'003, 8).back());
    }
    EXPECT_GT(first.size(), 80U);
}

}  // namespace
}  // namespace revsync
