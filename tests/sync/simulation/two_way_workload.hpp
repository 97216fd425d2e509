#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sync/simulation/random.hpp"
#include "sync/simulation/two_way_world.hpp"

namespace revsync::simulation {

// People on both sides who edit the same rows: doctors in transactions that may commit late or never, and the lab with
// its sets, batches and notes.
class TwoWayWorkload {
public:
    using Trace = std::function<void(const std::string&)>;

    // `whole_rows`: an edit of the lab's counts for every shared column, because nobody says which it concerned.
    TwoWayWorkload(TwoWayWorld& world, Random& random, bool whole_rows, Trace trace);

    // One thing that somebody does.
    void act();
    // Ends what is open.
    void settle();
    std::size_t lab_changes() const { return lab_changes_; }

private:
    using Transaction = memory::MemorySource::TransactionId;

    void doctor_acts();
    void doctor_edits_days(Transaction transaction);
    void doctor_writes_note(Transaction transaction);
    void doctor_edits_note(Transaction transaction);
    void doctor_deletes_note(Transaction transaction);
    void commit(Transaction transaction);
    void roll_back(Transaction transaction);
    Transaction some_open();

    void lab_acts();
    void lab_adds_set();
    void lab_edits_set();
    void lab_deletes_set();
    void lab_adds_batch();
    void lab_edits_batch();
    void lab_deletes_batch();
    void lab_writes_note();
    void lab_edits_note();
    void lab_deletes_note();
    void lab_puts(const std::string& table, std::int64_t id, memory::Columns row);
    void lab_erases(const std::string& table, std::int64_t id);

    // A row of the table, by chance; 0: there is none.
    std::int64_t some(const memory::Table& table);
    std::string version() { return std::to_string(++version_); }

    static constexpr std::size_t open_transactions = 3;
    static constexpr std::size_t most_rows = 6;

    TwoWayWorld& world_;
    Random& random_;
    Trace trace_;
    std::map<Transaction, std::vector<std::function<void()>>> on_commit_;
    std::map<std::int64_t, Timestamp> edited_in_supabase_;  // batches
    std::int64_t next_id_ = 1;                              // SQL Server's identities
    std::int64_t next_lab_note_ = 1;
    std::int64_t next_note_ = 1;  // Supabase's serial
    std::uint64_t version_ = 100;
    std::size_t lab_changes_ = 0;
    bool whole_rows_;
};

}  // namespace revsync::simulation
