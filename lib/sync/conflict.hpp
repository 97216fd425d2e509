// A column that both sides had edited, as the log and the status tell of it.
#pragma once

#include <span>
#include <string>

#include "runtime/logger.hpp"
#include "sync/ends.hpp"

namespace revsync {

// "batches [7] days: SQL Server's edit is the newer one".
std::string describe(const SettledConflict& conflict);

// One line each.
void log_conflicts(const Logger& logger, std::span<const SettledConflict> conflicts);

}  // namespace revsync
