#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>

#include "core/error.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::sqlserver {

// Reads at most `items` of the queue, with the rows that they carry, or that are read for those that carry none, or
// without any row.
using PageReader = std::function<boost::asio::awaitable<Result<QueuePage>>(std::size_t items, bool reread)>;

// A page of at most `limit` items. One row that cannot be read (disposition row), or that somebody has locked
// (1222), must not stop the others: the page is halved until that item stands alone, and comes back with the error.
boost::asio::awaitable<Result<QueuePage>> read_isolating(PageReader read, std::size_t limit);

}  // namespace revsync::sqlserver
