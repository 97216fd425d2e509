#pragma once

#include <chrono>

#include "core/finding.hpp"

namespace revsync {

inline constexpr std::chrono::seconds server_clock_tolerance{1};

// Whether the two servers' clocks, which tell the newer of two edits of one column, agree. `sqlserver_ahead`: SQL
// Server's clock less Supabase's.
Finding compare_clocks(std::chrono::microseconds sqlserver_ahead);

}  // namespace revsync
