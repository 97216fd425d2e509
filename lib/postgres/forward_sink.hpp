#pragma once

#include <chrono>
#include <memory>

#include "postgres/conninfo.hpp"
#include "sync/forward_ends.hpp"

namespace revsync::postgres {

struct ForwardSinkSettings {
    Conninfo conninfo;
    std::chrono::milliseconds statement_timeout{60'000};
    // How long a statement waits for a row that somebody else has locked. Short, for the other direction waits as well.
    std::chrono::milliseconds lock_timeout{250};
};

// Writes SQL Server's edits into the tables of a PostgreSQL database, over a connection of its own that is opened by
// prepare(). It never retries by itself. apply() wants prepare() first, for the same pairs; again after a loss of
// the connection and after a failure of disposition stream.
//
// Each apply() is one transaction with reverse_sync.origin set to 'sqlserver', which triggers can ask for
// (packaging/sql/supabase), and one round trip; two when a reader might see the writes as edits, so that the echoes can
// be remembered before the commit.
std::unique_ptr<ForwardSink> create_forward_sink(ForwardSinkSettings settings);

}  // namespace revsync::postgres
