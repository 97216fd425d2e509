#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/finding.hpp"
#include "mapping/stream.hpp"
#include "postgres/conninfo.hpp"
#include "runtime/clock.hpp"

namespace revsync::postgres {

// What mints the keys of a stream's table on this side, to be compared with the target's generator.
struct KeyGenerator {
    std::string stream;
    TableName table;
    std::string column;
    std::string sequence;  // as SQL spells it
    std::int64_t increment = 1;
    std::optional<std::int64_t> last;  // none while no key was minted, or when the role may not see it
};

struct Inspection {
    std::vector<Finding> findings;
    std::vector<KeyGenerator> generators;                  // of streams whose key comes from a sequence
    std::optional<std::chrono::microseconds> clock_ahead;  // the source's clock less ours, to a round trip
};

// Asks the source everything that decides whether `streams` can run: version, encryption, pooler, visible
// sessions, clock, tables, columns, permissions, row level security, keys, indexes, rows without a change time.
// Over a connection of its own; changes nothing. An error means that it could not be asked. `clock` must live
// until it returns.
boost::asio::awaitable<Result<Inspection>> inspect(Conninfo conninfo, std::vector<const Stream*> streams,
                                                   const Clock& clock);

}  // namespace revsync::postgres
