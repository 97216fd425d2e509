#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sync/simulation/simulation.hpp"

namespace revsync::simulation {
namespace {

using memory::Fault;

// Seeds first … first + count - 1, in one case of CTest.
struct Seeds {
    std::uint64_t first = 0;
    std::uint64_t count = 100;
    bool trace = false;
};

void PrintTo(const Seeds& seeds, std::ostream* out) {
    *out << "seeds " << seeds.first << " and " << seeds.count - 1 << " more";
}

// SIMULATION_SEED=<n> replays one seed and prints what happens; SIMULATION_SEEDS=<count> runs so many from
// SIMULATION_FIRST=<n> on; without them the same 1,200 are run everywhere.
std::vector<Seeds> seeds_to_run() {
    if (const char* seed = std::getenv("SIMULATION_SEED")) {
        return {{.first = std::stoull(seed), .count = 1, .trace = true}};
    }
    if (const char* count = std::getenv("SIMULATION_SEEDS")) {
        const char* first = std::getenv("SIMULATION_FIRST");
        return {{.first = first ? std::stoull(first) : 0, .count = std::stoull(count)}};
    }
    std::vector<Seeds> all;
    for (std::uint64_t part = 0; part < 12; ++part) {
        all.push_back({.first = part * 100});
    }
    return all;
}

std::string described(const Outcome& outcome) {
    std::string text;
    for (const std::string& violation : outcome.violations) {
        text += "\n  " + violation;
    }
    return text;
}

class RandomRuns : public testing::TestWithParam<Seeds> {};

TEST_P(RandomRuns, lose_nothing_and_repeat_nothing) {
    const Seeds seeds = GetParam();
    for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
        const Outcome outcome = Simulation{{.seed = seed, .trace = seeds.trace}}.run();
        ASSERT_TRUE(outcome.violations.empty())
            << "seed " << seed << " fails; replay it with SIMULATION_SEED=" << seed
            << " revsync_sync_test --gtest_filter='*RandomRuns*'" << described(outcome);
    }
}

INSTANTIATE_TEST_SUITE_P(Simulation, RandomRuns, testing::ValuesIn(seeds_to_run()));

TEST(Simulation, is_the_same_for_the_same_seed) {
    const Outcome one = Simulation{{.seed = 7}}.run();
    const Outcome other = Simulation{{.seed = 7}}.run();

    EXPECT_EQ(one.points, other.points);
    EXPECT_EQ(one.faults, other.faults);
    EXPECT_EQ(one.crashes, other.crashes);
}

// One small workload, and each fault at each of its points in turn.
class OneFaultAtEveryPoint : public testing::TestWithParam<std::uint64_t> {};

TEST_P(OneFaultAtEveryPoint, loses_nothing) {
    const auto run = [](const memory::FaultPlan::Choose& faults) {
        return Simulation{{.seed = GetParam(), .actions = 12, .faults = faults}}.run();
    };
    std::vector<std::string> points;
    run([&](std::string_view point, std::size_t) {
        points.emplace_back(point);
        return Fault::none;
    });
    ASSERT_GT(points.size(), 20U);
    for (std::size_t at = 0; at < points.size(); ++at) {
        for (const Fault fault : faults_at(points[at])) {
            const Outcome outcome =
                run([&](std::string_view, std::size_t ordinal) { return ordinal == at ? fault : Fault::none; });
            EXPECT_EQ(outcome.faults, 1U);
            EXPECT_TRUE(outcome.violations.empty())
                << to_string(fault) << " at point " << at << ", " << points[at] << described(outcome);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Simulation, OneFaultAtEveryPoint, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace revsync::simulation
