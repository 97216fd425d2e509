#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
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
    // Somebody changed something; how often our own writes may follow is counted by that.
    void note_edit() { ++edits_; }
    Timestamp lab_time() const { return queue.now() + queue.offset; }

    // Rows that we have changed on either side.
    std::size_t writes() const { return target.written() + sent; }
    std::size_t edits() const { return edits_; }
    void violate(std::string what);

    Mapping mapping;
    memory::ManualClock clock;
    memory::MemorySource source;
    memory::MemoryTarget target;
    memory::MemoryQueueTable queue;
    memory::MemoryTriggers triggers;
    memory::MemoryDisk disk;
    bool keeps_change_times;
    std::size_t sent = 0;                       // rows that drains have changed in Supabase
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

    void check_table(const Stream& stream);
    void check_days();
    void check_doctors_notes();
    void check_queue();
    void check_deleted_notes();

    std::map<std::int64_t, Edit> newest_days_;
    std::size_t edits_ = 0;

    struct Deletion {
        Timestamp changed_at;  // of the version that the lab deleted
        std::size_t disturbances = 0;
    };
    std::size_t disturbances_ = 0;
    std::map<std::int64_t, std::size_t> received_;  // notes, by the disturbances until then
    std::map<std::int64_t, Deletion> deleted_for_good_;
};

}  // namespace revsync::simulation
