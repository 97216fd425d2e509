#include "clocks.hpp"

#include <fmt/format.h>

namespace revsync {

Finding compare_clocks(std::chrono::microseconds sqlserver_ahead) {
    if (std::chrono::abs(sqlserver_ahead) <= server_clock_tolerance) {
        return {Finding::Level::good, "the clocks of SQL Server and Supabase agree", ""};
    }
    const std::chrono::duration<double> seconds = std::chrono::abs(sqlserver_ahead);
    return {
        Finding::Level::warning,
        fmt::format("SQL Server's clock is {:.1f} s {} Supabase's: which of two edits is the newer is told by these "
                    "clocks",
                    seconds.count(), sqlserver_ahead.count() < 0 ? "behind" : "ahead of"),
        "synchronise SQL Server's machine with a time server (Windows: w32tm /resync)"};
}

}  // namespace revsync
