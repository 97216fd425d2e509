#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "config/settings.hpp"
#include "core/error.hpp"
#include "runtime/clock.hpp"
#include "runtime/gate.hpp"
#include "runtime/logger.hpp"
#include "sync/catch_up.hpp"
#include "sync/drain.hpp"
#include "sync/watched_ends.hpp"

namespace revsync {

// The one place where the ends are put together, with real clock and connections. `logger` must outlive it; destroying
// it closes every connection and joins their threads.
class Application {
public:
    // The error (configuration): SUPABASE_DB_URL or the state file cannot be used.
    static Result<std::unique_ptr<Application>> create(const Settings& settings, Mapping mapping, const Logger& logger);
    ~Application();

    const Mapping& mapping() const;
    Clock& clock();
    // Whoever reads from `feed` or applies streams to `sink` holds it.
    Gate& gate();

    // nullptr: that database is not configured.
    WatchedFeed* feed();
    WatchedSink* sink();
    // nullptr unless both are.
    CatchUp* catch_up();

    // nullptr unless both are and the direction is enabled.
    Drain* drain();
    // Called when a drain has left something to the other direction. Unset: nobody is told.
    void on_reverse_owed(std::function<void()> listener);

    // Open now, to SQL Server.
    std::size_t sqlserver_connections() const;

private:
    struct Parts;
    explicit Application(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

// Different at each start and on each machine.
std::uint64_t jitter_seed();

}  // namespace revsync
