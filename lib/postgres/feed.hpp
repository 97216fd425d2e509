#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "postgres/conninfo.hpp"
#include "sync/ends.hpp"

namespace revsync::postgres {

struct FeedSettings {
    Conninfo conninfo;
    // How far the horizon stays behind when open transactions cannot be seen.
    std::chrono::seconds overlap{300};
    std::size_t page_bytes = 1024 * 1024;
    std::chrono::milliseconds statement_timeout{60'000};
};

// Changes of a PostgreSQL database's tables. Connects when first asked and reconnects when asked after a loss; it
// never retries by itself. The tables' columns are read from the catalog after each connect and after each
// failure of a stream. A warm begin_poll is one round trip.
std::unique_ptr<Feed> create_feed(FeedSettings settings);

}  // namespace revsync::postgres
