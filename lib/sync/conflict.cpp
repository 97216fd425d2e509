#include "sync/conflict.hpp"

#include <fmt/format.h>

namespace revsync {

std::string describe(const SettledConflict& conflict) {
    return fmt::format("{} {} {}: {}'s edit is the newer one", conflict.stream, conflict.key, conflict.column,
                       conflict.winner == Direction::forward ? "SQL Server" : "Supabase");
}

void log_conflicts(const Logger& logger, std::span<const SettledConflict> conflicts) {
    for (const SettledConflict& conflict : conflicts) {
        logger.info("⚖️  Both sides edited {}", describe(conflict));
    }
}

}  // namespace revsync
