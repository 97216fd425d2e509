// What the pipeline sees of the world: a feed that changes come from, a sink that takes them, a checkpoint
// that remembers. Everything in sync/ works against these alone, so that the same code runs on real servers
// and, single-stepped on a manual clock, on in-memory ends.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/change.hpp"
#include "core/error.hpp"
#include "mapping/stream.hpp"

namespace revsync {

struct PageRequest {
    const Stream* stream = nullptr;
    Cursor after;
    std::size_t limit = 0;  // rows, at least 1
};

struct RowsRequest {
    const Stream* stream = nullptr;
    std::vector<Key> keys;
};

// Where a source stands when a poll begins.
//
// `time` is safe to remember: every transaction that may still commit a row stamped by now() began at or
// after it. Rows newer than `time` are delivered all the same, but the cursor must not pass it.
struct Horizon {
    Timestamp time;
    Timestamp source_now;                // the source's clock
    bool other_sessions_hidden = false;  // the role cannot see all sessions: `time` is now less the overlap window
};

struct PollReading {
    Horizon horizon;
    std::vector<Result<Page>> pages;  // one per PageRequest, in its order
};

// What the source holds under a key that it was asked for.
struct RowReading {
    enum class Presence {
        present,   // `change` is the row
        filtered,  // the row is there, but it is not one of the stream's
        gone       // `change` is its removal
    };

    Presence presence = Presence::gone;
    Change change;  // its key is always there, spelled as the source spells it
};

// One per key of a RowsRequest, in its order. An error (disposition row) is that key's alone: it cannot be a key of
// this table.
using RowReadings = std::vector<Result<RowReading>>;

// A source of changes. One request at a time.
class Feed {
public:
    virtual ~Feed() = default;

    // The horizon, taken before everything else, then the first pages, in one exchange. An error of the outer
    // result means that nothing was read; a stream's own failure is in its element.
    virtual boost::asio::awaitable<Result<PollReading>> begin_poll(std::vector<PageRequest> pages) = 0;
    virtual boost::asio::awaitable<Result<Page>> read_page(PageRequest request) = 0;
    // What the source holds under these keys now, without a horizon; one element per request, in their order, and in
    // it one per key. Errors as in begin_poll. A key that was committed before the call is seen.
    virtual boost::asio::awaitable<Result<std::vector<Result<RowReadings>>>> read_rows(
        std::vector<RowsRequest> requests) = 0;
    // Whether the source answers: one light round trip, after connecting if need be.
    virtual boost::asio::awaitable<Result<void>> check() = 0;
};

// A row that the sink refused on purpose, while the rest of its batch was committed.
struct Refusal {
    Key key;
    Error error;  // disposition row
};

// A shared column that both sides had edited.
struct SettledConflict {
    std::string stream;
    Key key;
    std::string column;                     // the target's name
    Direction winner = Direction::forward;  // forward: SQL Server's edit was the newer one
};

struct Applied {
    std::size_t inserted = 0;
    std::size_t updated = 0;
    std::size_t removed = 0;
    std::vector<Refusal> refused;
    // Columns that were not written because the target's own edit is newer, and those where one that the source has not
    // heard of yet was overwritten because it is older.
    std::vector<SettledConflict> settled;

    std::size_t changed() const { return inserted + updated + removed; }
};

// A destination of changes.
class Sink {
public:
    virtual ~Sink() = default;

    // Makes sure that the destination can be reached and that `streams` fit it, one result per stream in their
    // order. Costs nothing while connected and nothing has failed since. The outer error: not reachable.
    virtual boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) = 0;

    // Applies all of `changes` in one transaction, or none of them. Applying the same changes again changes
    // nothing. `changes` must stay alive until it returns. An error of disposition row concerns at least one
    // of them without saying which.
    virtual boost::asio::awaitable<Result<Applied>> apply(const Stream& stream, std::span<const Change> changes) = 0;

    // Whether the destination answers: one light round trip, after connecting if need be.
    virtual boost::asio::awaitable<Result<void>> check() = 0;
};

// A row that could not be applied. It holds no column values: the row is read again from its source.
struct ParkedRow {
    std::string stream;
    Key key;
    std::string error_code;
    std::string error_text;
    Timestamp changed_at;
    Timestamp first_failed;
    Timestamp last_failed;
    std::size_t attempts = 1;

    friend bool operator==(const ParkedRow&, const ParkedRow&) = default;
};

// What survives a restart.
struct State {
    std::map<std::string, Cursor> cursors;  // by stream; a stream without one starts at the look-back window
    std::optional<Timestamp> last_poll;

    friend bool operator==(const State&, const State&) = default;
};

// A write of ours into Supabase that its change time shows as if it were an edit: the row of `key` that carries the
// change time `stamped` was last edited there at `edited`, or never (it holds nothing that SQL Server lacks).
struct Echo {
    std::string stream;  // the reverse stream that would read it
    Key key;
    Timestamp stamped;
    std::optional<Timestamp> edited;

    friend bool operator==(const Echo&, const Echo&) = default;
};

// Durable memory. Each save is atomic: after a crash the old or the new content is there, never anything else.
class Checkpoint {
public:
    virtual ~Checkpoint() = default;

    virtual Result<State> load() = 0;
    virtual Result<void> save(const State& state) = 0;
    virtual Result<std::vector<ParkedRow>> load_quarantine() = 0;
    virtual Result<void> save_quarantine(const std::vector<ParkedRow>& rows) = 0;
    virtual Result<std::vector<Echo>> load_echoes() = 0;
    virtual Result<void> save_echoes(const std::vector<Echo>& echoes) = 0;
};

}  // namespace revsync
