#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sync/simulation/random.hpp"
#include "sync/simulation/world.hpp"

namespace revsync::simulation {

// The people on both sides: doctors who write in transactions that commit late, and a lab that adds what was
// missing or takes numbers that the doctors' rows will have.
class Workload {
public:
    using Trace = std::function<void(const std::string&)>;

    Workload(World& world, Random& random, Trace trace) : world_{world}, random_{random}, trace_{std::move(trace)} {}

    // One thing that somebody does.
    void act();
    // Ends what is open; every reference is met and most of the lab's colliding notes give way.
    void settle();
    // Ends the transactions that would otherwise have been open for longer than hidden sessions are allowed to.
    void before_advance(std::chrono::microseconds by);

private:
    void write();
    void insert_notes(memory::MemorySource::TransactionId transaction);
    void edit_notes(memory::MemorySource::TransactionId transaction);
    void delete_note(memory::MemorySource::TransactionId transaction);
    void edit_batches(memory::MemorySource::TransactionId transaction);
    void commit_some();
    void roll_back_some();
    void lab_adds_set();
    void lab_takes_note_number();
    void lab_gives_note_number_back();
    void lab_adds_batch();
    void lab_reads_note();
    std::string some_set() { return std::to_string(random_.between(1, sets)); }

    static constexpr std::int64_t sets = 6;
    static constexpr std::int64_t batches = 8;
    static constexpr std::size_t open_transactions = 4;

    World& world_;
    Random& random_;
    Trace trace_;
    std::int64_t next_note_ = 1;
    std::uint64_t version_ = 0;
};

}  // namespace revsync::simulation
