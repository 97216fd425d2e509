#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sync/ends.hpp"

namespace revsync {

// The writes of ours into Supabase whose change times look like edits, in memory and in the checkpoint. Whoever reads
// rows from Supabase to write them into SQL Server has them translated first. A row has one echo, and for as long as
// nobody knows whether a write was committed, one more for each such write. Used on one thread.
class Echoes {
public:
    explicit Echoes(Checkpoint& checkpoint) : checkpoint_{checkpoint} {}

    Result<void> load();

    // Returns after they are durable; when saving fails the memory is as it was before.
    Result<void> remember(const std::vector<Echo>& echoes);
    // Their writes are committed, and nobody has older readings of these rows in hand: the rows' older echoes go. On
    // the disk they stay until the next change.
    void supersede(const std::vector<Echo>& committed);
    // Forgets those that are `over`; durable when it returns. When saving fails the memory is as it was before.
    Result<void> forget(const std::function<bool(const Echo&)>& over);

    // nullptr: the row was changed by somebody else at that time.
    const Echo* find(const std::string& stream, const Key& key, Timestamp stamped) const;
    // All of one row.
    std::vector<Echo> of(const std::string& stream, const Key& key) const;
    const std::vector<Echo>& all() const { return echoes_; }

    // Gives each row the time at which it was edited in Supabase, and takes out those that nobody edited there.
    void translate(const Stream& stream, std::vector<Change>& changes) const;
    // The same for rows that were asked for by key: what nobody edited is not one of the stream's.
    void translate(const Stream& stream, RowReadings& rows) const;

private:
    Result<void> become(std::vector<Echo> next);

    Checkpoint& checkpoint_;
    std::vector<Echo> echoes_;  // by stream, key and time
};

}  // namespace revsync
