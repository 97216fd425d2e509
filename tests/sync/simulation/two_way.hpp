#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/memory/fault_plan.hpp"
#include "sync/simulation/random.hpp"
#include "sync/simulation/two_way_workload.hpp"
#include "sync/simulation/two_way_world.hpp"

namespace revsync::simulation {

struct TwoWayOptions {
    std::uint64_t seed = 0;
    std::uint64_t actions = 60;  // things that people do before everything heals
    bool trace = false;          // print what happens
};

struct TwoWayOutcome {
    std::vector<std::string> violations;  // none: everything held
    std::size_t crashes = 0;
    std::size_t faults = 0;
    std::size_t edits = 0;
    std::size_t writes = 0;
    std::size_t conflicts = 0;
    std::size_t echoes = 0;  // that were remembered
};

// Both directions on in-memory ends, single-stepped on a clock turned by hand, from one seed: poll, webhooks and drain,
// with people who edit the same rows on both sides. Webhooks and notifications come late, in any order, twice or not at
// all. Things break and the process crashes between any two steps, then everything heals, and it must come to rest with
// both sides equal, every shared column at its newest edit, and nobody writing any more. The seed also chooses how the
// databases were set up. The same options always give the same run.
class TwoWaySimulation {
public:
    explicit TwoWaySimulation(TwoWayOptions options);
    ~TwoWaySimulation();

    TwoWayOutcome run();

private:
    class Process;  // one life of the daemon

    memory::Fault choose_fault(std::string_view point, std::size_t ordinal);
    void act();
    void step();
    void let_time_pass();
    void start();
    void stop();
    void end_process(std::string_view why);
    void send_webhook();
    void come_to_rest();
    void run_for(std::chrono::hours time);
    void trace(const std::string& line) const;

    TwoWayOptions options_;
    Random random_;
    Random fault_random_;
    std::uint64_t fault_rate_;  // per mille
    Setting setting_;
    TwoWayWorld world_;
    memory::FaultPlan faults_;
    TwoWayWorkload workload_;
    bool healing_ = false;
    TwoWayOutcome outcome_;
    struct Webhook {
        std::string table;
        std::int64_t id;
        WebhookEvent::Kind kind;
    };
    std::vector<Webhook> in_flight_;
    bool sends_webhooks_;
    bool notifies_;
    std::size_t max_records_;
    std::chrono::seconds check_interval_;
    std::unique_ptr<Process> process_;
};

}  // namespace revsync::simulation
