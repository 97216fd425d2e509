// What decides whether edits made in SQL Server get into the queue, and out of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/finding.hpp"
#include "mapping/stream.hpp"
#include "sqlserver/catalog.hpp"
#include "sqlserver/pool.hpp"
#include "sqlserver/server_findings.hpp"

namespace revsync::sqlserver {

struct TriggerFacts {
    TableName table;
    std::string name;
    bool disabled = false;
    std::optional<std::string> definition;  // none: hidden from the login, or encrypted
};

struct QueueFacts {
    Table queue;
    Permissions permissions;
    std::vector<std::string> indexed;    // first columns of its indexes
    std::vector<Permissions> sources;    // one for each forward stream
    std::vector<TriggerFacts> triggers;  // of the queue and of the forward streams' sources
};

// Pure. The queue with its columns, indexes and permissions; for each forward stream, which generation of triggers
// queues what changes in its table: ours, ours of another version or mapping, an older one, both, or none.
std::vector<Finding> judge_queue(const QueueFacts& facts, const Mapping& mapping);

// Asks and judges; changes nothing. An error means that it could not be asked. `mapping` must live until it returns.
boost::asio::awaitable<Result<std::vector<Finding>>> inspect_queue(Pool& pool, const Mapping& mapping);

}  // namespace revsync::sqlserver
