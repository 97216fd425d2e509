#include "application.hpp"

#include <random>

#include "checkpoint/state_file.hpp"
#include "connections.hpp"
#include "sqlserver/sink.hpp"

namespace revsync {

// In the order in which they are made: what uses something stands after it, and goes before it.
struct Application::Parts {
    Parts(Mapping streams, postgres::FeedSettings source, const Settings& settings, const Logger& logger)
        : mapping{std::move(streams)},
          pool{connection_settings(settings), settings.db_pool_size},
          sink{sqlserver::create_sink(pool, {settings.db_timezone})},
          feed{postgres::create_feed(std::move(source))},
          checkpoint{create_file_checkpoint(settings.state_file, logger, clock)},
          catch_up{*feed, *sink,  *checkpoint, gate,
                   clock, logger, mapping,     {.lookback = settings.lookback, .max_records = settings.max_records}} {}

    Mapping mapping;
    SystemClock clock;
    sqlserver::Pool pool;
    std::unique_ptr<Sink> sink;
    std::unique_ptr<Feed> feed;
    std::unique_ptr<Checkpoint> checkpoint;
    Gate gate;
    CatchUp catch_up;
};

Application::Application(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::create(const Settings& settings, const Logger& logger) {
    Result<Mapping> mapping = chosen_mapping(settings);
    if (!mapping) {
        return mapping.error();
    }
    Result<postgres::FeedSettings> source = feed_settings(settings);
    if (!source) {
        return source.error();
    }
    auto parts = std::make_unique<Parts>(std::move(*mapping), std::move(*source), settings, logger);
    if (Result<void> loaded = parts->catch_up.load(); !loaded) {
        return loaded.error();
    }
    return std::unique_ptr<Application>{new Application{std::move(parts)}};
}

CatchUp& Application::catch_up() {
    return parts_->catch_up;
}
Clock& Application::clock() {
    return parts_->clock;
}

std::uint64_t jitter_seed() {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32) | random();
}

}  // namespace revsync
