#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mapping/stream.hpp"
#include "support/memory/memory_checkpoint.hpp"
#include "support/memory/memory_source.hpp"
#include "support/memory/memory_target.hpp"
#include "sync/inbox.hpp"

namespace revsync::simulation {

// All that outlives the pipeline's process: both databases, the disk, the clock, and what must hold between
// them. A broken rule is written down in `violations`.
class World {
public:
    World();

    // What the pipeline is promised to keep, asked at every change of the disk:
    //   - no row at or before a durable cursor is missing from the target, unless it is durably parked
    //   - no open transaction may still commit a row at or before a durable cursor
    //   - no row was inserted twice, and no note of the lab's was touched
    //   - no row is older in the target than a webhook's answer said that it is
    //   - no note whose deletion was acknowledged stands in the target, unless its key is durably parked
    void check_durable();
    // Once everything has healed and come to rest: both sides are equal and only what cannot be applied is parked.
    void check_at_rest();

    // A webhook about this row was answered. `sent_at` is versions() when it was sent.
    //   - committed: the target holds what the source held then, or later
    //   - a removal that was committed or accepted is never forgotten
    void check_answer(const WebhookEvent& event, std::size_t sent_at, const Delivery& delivery);

    // How many versions of the row there have been.
    std::size_t versions(const std::string& table, std::int64_t id) { return versions_[table][id].size(); }
    // Takes a written row's new version down.
    void note_written(const std::string& table, std::int64_t id);

    void violate(std::string what);

    Mapping mapping;
    memory::ManualClock clock;
    memory::MemorySource source;
    memory::MemoryTarget target;
    memory::MemoryDisk disk;
    std::set<std::int64_t> read_by_lab;     // notes that the lab marked as read in the target
    std::set<std::int64_t> written_by_lab;  // notes that stand in the target because the lab wrote them
    std::vector<std::string> violations;

private:
    void check_cursor(const Stream& stream, const Cursor& cursor);
    void check_inserted_once();
    void check_lab_notes();
    void check_arrived(const Stream& stream);
    void check_parked();
    void check_removed();
    void check_never_older();
    bool is_in_target(const Stream& stream, std::int64_t id, const std::optional<memory::Columns>& version);
    bool is_parked(const Stream& stream, const Key& key) const { return disk.find(stream.name, key) != nullptr; }

    // What the source has held under each key; nullopt: nothing.
    std::map<std::string, std::map<std::int64_t, std::vector<std::optional<memory::Columns>>>> versions_;
    std::map<std::string, std::map<std::int64_t, std::size_t>>
        committed_;                   // by stream and key: the version answered for
    std::set<std::int64_t> removed_;  // notes whose deletion was acknowledged
};

inline constexpr const char* notes_table = "aligner_notes";
inline constexpr const char* batches_table = "aligner_batches";
inline constexpr const char* target_notes = "tblAlignerNotes";
inline constexpr const char* target_batches = "tblAlignerBatches";

}  // namespace revsync::simulation
