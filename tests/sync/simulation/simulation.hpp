#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/memory/fault_plan.hpp"
#include "sync/simulation/random.hpp"
#include "sync/simulation/workload.hpp"
#include "sync/simulation/world.hpp"

namespace revsync::simulation {

struct Options {
    std::uint64_t seed = 0;
    std::uint64_t actions = 60;  // things that people do before everything heals
    // Decides every fault when given; else faults and crashes come at random, from the seed.
    memory::FaultPlan::Choose faults{};
    bool trace = false;  // print what happens
};

struct Outcome {
    std::vector<std::string> violations;  // none: everything held
    std::size_t points = 0;               // points that were passed while things could go wrong
    std::size_t crashes = 0;
    std::size_t faults = 0;
    std::size_t committed = 0;  // webhooks that were answered so
    std::size_t accepted = 0;
    std::size_t refused = 0;
};

// The faults that an end may truly meet at a point of this name.
const std::vector<memory::Fault>& faults_at(std::string_view point);

// The whole pipeline, poll and webhooks, on in-memory ends, single-stepped on a clock turned by hand, from one seed.
// Webhooks come late, in any order, twice or not at all, and some are forged. People act and
// things break between any two steps, then everything heals, and it must come to rest with nothing lost. The
// same options always give the same run.
class Simulation {
public:
    explicit Simulation(Options options);
    ~Simulation();

    Outcome run();

private:
    class Process;  // one life of the daemon

    memory::Fault choose_fault(std::string_view point, std::size_t ordinal);
    void step();
    void ask_to_stop();
    void let_time_pass();
    void advance(std::chrono::microseconds by);
    void start();
    void hear_of(const std::string& table, std::int64_t id, WebhookEvent::Kind kind);
    void send_webhook();
    void deliver(WebhookEvent event, std::int64_t id);
    void end_process(std::string_view why);
    void come_to_rest();
    void trace(const std::string& line) const;

    Options options_;
    Random random_;
    Random fault_random_;
    std::uint64_t fault_rate_;  // per mille
    World world_;
    memory::FaultPlan faults_;
    Workload workload_;
    bool healing_ = false;
    std::size_t clean_polls_ = 0;
    std::optional<std::size_t> pages_since_stop_;
    Outcome outcome_;
    struct Webhook {
        std::string table;
        std::int64_t id;
        WebhookEvent::Kind kind;
    };
    std::vector<Webhook> in_flight_;
    bool sends_webhooks_;
    std::unique_ptr<Process> process_;
    std::size_t max_records_;
};

}  // namespace revsync::simulation
