#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mapping/stream.hpp"
#include "support/memory/memory_checkpoint.hpp"
#include "support/memory/memory_forward_sink.hpp"
#include "support/memory/memory_queue.hpp"
#include "support/memory/memory_source.hpp"
#include "support/memory/memory_target.hpp"
#include "support/memory/memory_triggers.hpp"

namespace revsync::simulation {

// How the two databases were set up.
struct Setting {
    memory::MemoryTriggers::Generation triggers = memory::MemoryTriggers::Generation::carrying;
    bool keeps_change_times = false;              // our origin guard is installed in Supabase
    std::chrono::microseconds supabase_ahead{0};  // of our clock
    std::chrono::microseconds sqlserver_ahead{0};
    bool difference_known = true;
};

// Both databases with people on both sides, the queue between them, the daemon's disk and the clock: all that outlives
// its process. It notes what people do, and knows from that what both sides must hold once everything has come to rest.
class TwoWayWorld {
public:
    explicit TwoWayWorld(const Setting& setting);

    // Nobody waits for anything any more.
    void check_at_rest();

    // The days of a batch were edited at `time` on Supabase's clock, as far as the daemon can tell.
    void note_days(std::int64_t batch, Timestamp time, Direction from, const std::string& days);
    // The lab deletes a doctor's note.
    void note_deletion_by_lab(std::int64_t note);
    // Something broke, or the process ended: what it remembers of deliveries may be gone.
    void note_disturbance() { ++disturbances_; }
    // Somebody changed a row; how often it may be written is counted by that. The table of either side.
    void note_edit(const std::string& table, std::int64_t id) { ++history(table, id).edits; }
    // Somebody wrote it in Supabase, or we in SQL Server.
    void note_write(const std::string& table, std::int64_t id) { ++history(table, id).writes; }
    Timestamp lab_time() const { return queue.now() + queue.offset; }

    std::size_t writes() const;
    std::size_t edits() const;
    void violate(std::string what);

    Mapping mapping;
    memory::ManualClock clock;
    memory::MemorySource source;
    memory::MemoryTarget target;
    memory::MemoryQueueTable queue;
    memory::MemoryTriggers triggers;
    memory::MemoryDisk disk;
    bool keeps_change_times;
    std::set<std::int64_t> written_by_doctors;  // notes that were committed
    std::set<std::int64_t> deleted_by_doctors;
    std::set<std::int64_t> deleted_by_lab;  // of the doctors' notes
    std::vector<std::string> violations;

private:
    struct Edit {
        Timestamp time;
        Direction from;
        std::string days;
    };

    struct History {
        std::size_t edits = 0;
        std::size_t writes = 0;
    };

    History& history(const std::string& table, std::int64_t id);
    bool holds_back(std::int64_t set);
    void check_histories();
    void check_table(const Stream& stream);
    void check_days();
    void check_doctors_notes();
    void check_queue();
    void check_deleted_notes();

    std::map<std::int64_t, Edit> newest_days_;
    std::map<std::pair<std::string, std::int64_t>, History> histories_;  // of rows, by Supabase's table

    struct Deletion {
        Timestamp changed_at;  // of the version that the lab deleted
        std::size_t disturbances = 0;
    };
    std::size_t disturbances_ = 0;
    std::map<std::int64_t, std::size_t> received_;  // notes, by the disturbances until then
    std::map<std::int64_t, Deletion> deleted_for_good_;
};

}  // namespace revsync::simulation
