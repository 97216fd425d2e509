#pragma once

#include <chrono>

#include "core/error.hpp"
#include "postgres/statement.hpp"
#include "sync/ends.hpp"

namespace revsync::postgres {

// A transaction shows its start a moment after now() was fixed for it, and clocks step.
inline constexpr std::chrono::seconds horizon_margin{1};

// The moment before which no open transaction can still commit a row stamped by now(): the start of the
// oldest transaction of any other session of this database, or now. Autovacuum writes no rows and is left out.
// A prepared transaction shows when it was prepared, not when it began: it counts as begun `overlap` before.
// When the role cannot see every session, the horizon is at most now less `overlap`.
Statement horizon_statement(std::chrono::seconds overlap);
Result<Horizon> read_horizon(const Rows& rows);

}  // namespace revsync::postgres
