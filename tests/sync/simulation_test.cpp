#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sync/simulation/simulation.hpp"

namespace revsync::simulation {
namespace {

using memory::Fault;

constexpr std::uint64_t seeds_per_case = 100;
constexpr std::uint64_t cases = 20;

std::string described(const Outcome& outcome) {
    std::string text;
    for (const std::string& violation : outcome.violations) {
        text += "\n  " + violation;
    }
    return text;
}

void hold_for(std::uint64_t seed, bool trace = false) {
    const Outcome outcome = Simulation{{.seed = seed, .trace = trace}}.run();
    EXPECT_TRUE(outcome.violations.empty())
        << "seed " << seed << " fails; replay it with SIMULATION_SEED=" << seed
        << " revsync_sync_test --gtest_filter='*replays_one_seed'" << described(outcome);
}

class RandomRuns : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomRuns, lose_nothing_and_repeat_nothing) {
    for (std::uint64_t seed = GetParam() * seeds_per_case; seed < (GetParam() + 1) * seeds_per_case; ++seed) {
        hold_for(seed);
    }
}

INSTANTIATE_TEST_SUITE_P(Simulation, RandomRuns, testing::Range<std::uint64_t>(0, cases));

TEST(Simulation, replays_one_seed) {
    const char* seed = std::getenv("SIMULATION_SEED");
    if (!seed) {
        GTEST_SKIP() << "SIMULATION_SEED names the seed to replay with a trace";
    }
    hold_for(std::stoull(seed), true);
}

TEST(Simulation, runs_as_many_seeds_as_asked) {
    const char* count = std::getenv("SIMULATION_SEEDS");
    const char* first = std::getenv("SIMULATION_FIRST");
    if (!count) {
        GTEST_SKIP() << "SIMULATION_SEEDS says how many seeds to run, SIMULATION_FIRST where to start";
    }
    const std::uint64_t start = first ? std::stoull(first) : cases * seeds_per_case;
    for (std::uint64_t seed = start; seed < start + std::stoull(count) && !testing::Test::HasFailure(); ++seed) {
        hold_for(seed);
    }
}

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
