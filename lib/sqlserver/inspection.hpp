#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/finding.hpp"
#include "mapping/stream.hpp"
#include "runtime/clock.hpp"
#include "sqlserver/pool.hpp"

namespace revsync::sqlserver {

// What mints the keys of a stream's table on this side, to be compared with the source's generator.
struct KeyGenerator {
    std::string stream;
    TableName table;
    std::string column;
    std::int64_t seed = 1;
    std::int64_t increment = 1;
    std::optional<std::int64_t> last;  // none while no key was minted
};

struct Inspection {
    std::vector<Finding> findings;
    std::vector<KeyGenerator> generators;  // of streams whose key is an identity
};

// Asks SQL Server everything that decides whether `streams` can run: version, encryption, tables and columns,
// permissions, triggers, clock and time zone. Changes nothing. An error means that it could not be asked. `time_zone`
// as in SinkSettings; `clock` must live until it returns.
boost::asio::awaitable<Result<Inspection>> inspect(Pool& pool, std::vector<const Stream*> streams,
                                                   std::string time_zone, const Clock& clock);

}  // namespace revsync::sqlserver
