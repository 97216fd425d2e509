#pragma once

#include <memory>

#include "config/settings.hpp"
#include "core/error.hpp"
#include "runtime/clock.hpp"
#include "runtime/logger.hpp"
#include "sync/catch_up.hpp"

namespace revsync {

// The one place where the rooms are put together: real ends, real clock, one catch-up. Both databases must be
// configured. `logger` must outlive it; destroying it closes every connection and joins their threads.
class Application {
public:
    // The error (configuration): the mapping file, SUPABASE_DB_URL or the state file cannot be used.
    static Result<std::unique_ptr<Application>> create(const Settings& settings, const Logger& logger);
    ~Application();

    CatchUp& catch_up();
    Clock& clock();

private:
    struct Parts;
    explicit Application(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

// Different at each start and on each machine.
std::uint64_t jitter_seed();

}  // namespace revsync
