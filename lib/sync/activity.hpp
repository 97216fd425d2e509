#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"
#include "sync/catch_up.hpp"
#include "sync/drainer.hpp"
#include "sync/inbox.hpp"
#include "sync/poller.hpp"
#include "sync/status.hpp"
#include "sync/watched_ends.hpp"

namespace revsync {

// The parts of a running daemon that a status tells of; each may be null where it is not configured.
struct StatusSources {
    const CatchUp* catch_up = nullptr;
    const Poller* poller = nullptr;
    const Inbox* inbox = nullptr;
    const Drainer* drainer = nullptr;
    const WatchedFeed* feed = nullptr;
    const WatchedSink* sink = nullptr;
};

// What has happened since the daemon started: counts by stream and the last events. An empty poll is no event, and
// what happens again within a minute is told together, but each settled conflict by itself. Keys, counts and error
// texts, never a row's values. Used on one thread; the mapping and the clock must outlive it.
class Activity {
public:
    static constexpr std::chrono::minutes together{1};

    Activity(const Mapping& mapping, Clock& clock);

    void note(const CatchUpReport& report);
    void note(const InboxReport& report);
    void note(const DrainReport& report);

    // Everything but what only the daemon knows: `version`, `polling`, `why_not`, `why_not_drained` and the ends'
    // `connections`.
    Status status(const StatusSources& sources) const;

private:
    struct Entry {
        ActivityEvent event;
        std::map<std::string, std::size_t> counts;  // by stream
    };
    struct Tally {
        Counts poll;
        Counts webhook;
        Counts queue;
        std::uint64_t won_by_supabase = 0;
        std::uint64_t won_by_sqlserver = 0;
        std::size_t parked = 0;
        std::optional<Timestamp> last_ok;
        std::optional<Error> error;
        std::optional<Error> webhook_error;  // until webhooks or a poll of the stream succeed
        std::optional<PastError> last_error;
    };

    // By direction and stream.
    using Tallies = std::map<std::pair<Direction, std::string>, Tally>;

    Tally& reverse(const std::string& stream) { return tallies_[{Direction::reverse, stream}]; }
    void note_end(Tally& tally, const std::optional<Error>& error);
    void note_error(Tally& tally, const std::optional<Error>& error);
    void note_failure(std::set<std::string>& failing, const Error* error);
    void note_parked(const StreamReport& report);
    void note_conflicts(Direction direction, const std::vector<SettledConflict>& conflicts);
    StreamStatus status_of(const Stream& stream, const StatusSources& sources) const;
    void add(ActivityEvent::Kind kind, const std::map<std::string, std::size_t>& counts);
    void add(ActivityEvent::Kind kind, std::string text);
    void push(Entry entry);
    std::string text_of(ActivityEvent::Kind kind, const std::map<std::string, std::size_t>& counts) const;

    const Mapping& mapping_;
    Clock& clock_;
    Timestamp started_;
    Tallies tallies_;
    std::set<std::string> failing_;        // error texts since the last clean catch-up
    std::set<std::string> drain_failing_;  // since the last clean drain
    std::chrono::milliseconds last_duration_{0};
    std::deque<Entry> entries_;  // the newest last
};

}  // namespace revsync
