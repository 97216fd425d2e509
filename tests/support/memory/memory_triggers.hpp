#pragma once

#include <optional>
#include <string>

#include "support/memory/memory_queue.hpp"
#include "support/memory/rows.hpp"

namespace revsync::memory {

// The practice system's triggers, which fill a MemoryQueueTable, and what the daemon's batch asks of that table.
class MemoryTriggers {
public:
    enum class Generation {
        carrying,  // the older one: an item carries its row, and our own writes are queued too
        bare,      // the newer one: the row is read later, and our own writes are queued too
        scripts    // ours: our own writes are skipped, and an item names the shared columns that the edit concerned
    };

    MemoryTriggers(const Mapping& mapping, MemoryQueueTable& queue, Generation generation)
        : mapping_{mapping}, queue_{queue}, generation_{generation} {}

    // A row of `table` has changed; nullptr: it was, or is, not there. `own`: by a write of ours, whose items are
    // marked as such, and are done unless computed columns have to follow.
    void fire(const std::string& table, std::int64_t id, const Columns* before, const Columns* after, bool own);

    // When somebody but us edited the column last, by the other database's clock; nullopt: nobody is known to have.
    std::optional<Timestamp> last_edit(const std::string& table, std::int64_t id, const std::string& column) const;
    // The edit of that time is sent once more, unless it waits anyway.
    void queue_again(const std::string& table, std::int64_t id, Timestamp edited);
    // Where an edit of the column waits, all that waits of the row is sent with the row as it is by then; whether one
    // does.
    bool send_as_it_is(const std::string& table, std::int64_t id, const std::string& column);
    // Whether a deletion of the row that was not ours is queued, sent or not.
    bool lab_deleted(const std::string& table, std::int64_t id) const;
    // A new row of ours stands under this key: what waits to be sent of the one that had it before is over.
    void end_row_before(const std::string& table, std::int64_t id);

private:
    const Stream* stream_from(const std::string& table) const;
    bool carries(const Stream& stream, const Columns& row) const;

    const Mapping& mapping_;
    MemoryQueueTable& queue_;
    Generation generation_;
};

}  // namespace revsync::memory
