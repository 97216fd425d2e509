// What the inbox keeps in mind; shared by its two source files.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>

#include "sync/inbox.hpp"

namespace revsync {

inline Delivery refused(const Error& why) {
    return {Delivery::Outcome::refused, describe(why), std::chrono::seconds{5}};
}

inline Delivery noted() {
    return {Delivery::Outcome::accepted, "noted; it is applied as soon as possible", {}};
}

// Whether what came later takes the place of what came before it. A removal carries the time of the row that it
// removed, so of equal times the removal is the newer one.
inline bool overtakes(const Change& later, const Change& before) {
    const bool is_removed = before.operation == Operation::remove && later.operation == Operation::upsert;
    return later.changed_at > before.changed_at || (later.changed_at == before.changed_at && !is_removed);
}

struct Inbox::Waiter {
    Waiter(const boost::asio::any_io_executor& executor, std::size_t hints) : done{executor}, open{hints} {}

    // Takes up what became of one hint. True: it was the last one.
    bool settle(const Delivery& delivery) {
        if (!worst || delivery.outcome > worst->outcome) {
            worst = delivery;
        }
        return --open == 0;
    }

    Event done;
    std::size_t open;  // hints that nothing is known of yet
    std::optional<Delivery> worst;
    bool needs_note = false;  // one of the hints is to be noted unless it is applied
};

struct Inbox::Waiting {
    bool removal = false;
    bool owed = false;              // durably noted
    std::optional<Change> payload;  // only without a Supabase database
    std::vector<std::shared_ptr<Waiter>> waiters;

    // Those of which everything is known now are added to `settled`.
    void finish(const Delivery& delivery, std::vector<std::shared_ptr<Waiter>>& settled) {
        for (std::shared_ptr<Waiter>& waiter : std::exchange(waiters, {})) {
            if (waiter->settle(delivery)) {
                settled.push_back(std::move(waiter));
            }
        }
    }
};

struct Inbox::Lane {
    std::map<Key, Waiting> keys;
    std::deque<Key> order;  // of arrival

    std::vector<Key> asked() const { return {order.begin(), order.end()}; }
};

struct Inbox::Reading {
    Quarantine::Revision read_at = 0;
    Result<std::vector<Result<RowReadings>>> rows = std::vector<Result<RowReadings>>{};  // one per lane
};

struct Inbox::Recent {
    static constexpr std::size_t limit = 10'000;
    struct Version {
        Timestamp changed_at;
        bool removed = false;
    };

    std::map<Key, Version> newest;
    std::deque<Key> order;

    bool is_stale(const Change& change) const {
        const auto known = newest.find(change.key);
        if (known == newest.end()) {
            return false;
        }
        // A row that was removed comes back by a newer version only.
        const bool overtaken = known->second.removed && change.operation == Operation::upsert;
        return change.changed_at < known->second.changed_at ||
               (overtaken && change.changed_at == known->second.changed_at);
    }

    void note(const Change& change) {
        const Version version{change.changed_at, change.operation == Operation::remove};
        if (!newest.insert_or_assign(change.key, version).second) {
            return;
        }
        order.push_back(change.key);
        if (order.size() > limit) {
            newest.erase(order.front());
            order.pop_front();
        }
    }
};

inline std::array<Inbox::Lanes*, 3> Inbox::all_lanes() {
    return {&waiting_, &ahead_, &running_};
}

inline std::array<const Inbox::Lanes*, 3> Inbox::all_lanes() const {
    return {&waiting_, &ahead_, &running_};
}

}  // namespace revsync
