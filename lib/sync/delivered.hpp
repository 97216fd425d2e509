#pragma once

#include <cstddef>
#include <map>
#include <memory_resource>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mapping/stream.hpp"
#include "sync/apply.hpp"
#include "sync/quarantine.hpp"

namespace revsync {

// Which rows SQL Server has received: those that a cursor has passed, but the parked ones, and those that went ahead of
// it, by webhook or past the horizon, each with its change time. Poll and webhooks read them once more; by then the lab
// may have deleted one, or edited it. A deletion of what was delivered means it, and an edit on top of it is no
// conflict.
//
// What went ahead is in memory alone. What is not known is taken as not delivered, which brings a row back that the lab
// has deleted, where the lab sees it, and never loses one. After a start that is so until the first poll, at once,
// which delivers what was ahead again. Used on one thread, inside the gate.
class Delivered {
public:
    // `parked` must outlive it.
    explicit Delivered(const Quarantine& parked) : parked_{parked} {}

    static constexpr std::size_t limit = 4000;  // rows of one stream; beyond it the oldest are forgotten

    // Tells of each change whether it was delivered.
    void mark(const Stream& stream, std::vector<Change>& changes) const;
    // `changes` were applied, but for the failures.
    void note(const Stream& stream, std::span<const Change> changes, const std::vector<RowFailure>& failures);
    // The stream's cursor stands at `cursor`.
    void passed(const std::string& stream, Timestamp cursor);

    // The change time at which the row was delivered last; nullopt: not ahead of the cursor.
    std::optional<Timestamp> find(const std::string& stream, const Key& key) const;

private:
    struct Rows {
        // Side by side: spread over the heap, these few would keep all of it from being given back.
        std::pmr::unsynchronized_pool_resource memory{{.max_blocks_per_chunk = 256, .largest_required_pool_block = 0}};
        std::pmr::map<Key, Timestamp> times{&memory};
        std::pmr::set<std::pair<Timestamp, Key>> in_order{&memory};
        Timestamp cursor;

        void erase(const Key& key);
        void erase_oldest();
    };

    const Quarantine& parked_;
    std::map<std::string, Rows> streams_;
};

}  // namespace revsync
