#include "application.hpp"

#include <random>

#include "checkpoint/state_file.hpp"
#include "connections.hpp"
#include "sqlserver/sink.hpp"

namespace revsync {

// In the order in which they are made: what uses something stands after it, and goes before it.
struct Application::Parts {
    explicit Parts(Mapping streams) : mapping{std::move(streams)} {}

    Result<void> open_supabase(const Settings& settings);
    void open_sqlserver(const Settings& settings);
    Result<void> load(const Settings& settings, const Logger& logger);

    Mapping mapping;
    SystemClock clock;
    Gate gate;
    std::optional<sqlserver::Pool> pool;
    std::unique_ptr<Sink> sink;
    std::optional<WatchedSink> watched_sink;
    std::unique_ptr<Feed> feed;
    std::optional<WatchedFeed> watched_feed;
    std::unique_ptr<Checkpoint> checkpoint;
    std::optional<CatchUp> catch_up;
};

Result<void> Application::Parts::open_supabase(const Settings& settings) {
    Result<postgres::FeedSettings> source = feed_settings(settings);
    if (!source) {
        return source.error();
    }
    feed = postgres::create_feed(std::move(*source));
    watched_feed.emplace(*feed, clock);
    return {};
}

void Application::Parts::open_sqlserver(const Settings& settings) {
    pool.emplace(connection_settings(settings), settings.db_pool_size);
    sink = sqlserver::create_sink(*pool, {settings.db_timezone});
    watched_sink.emplace(*sink, clock);
}

Result<void> Application::Parts::load(const Settings& settings, const Logger& logger) {
    checkpoint = create_file_checkpoint(settings.state_file, logger, clock);
    const CatchUpSettings bounds{.lookback = settings.lookback, .max_records = settings.max_records};
    catch_up.emplace(*watched_feed, *watched_sink, *checkpoint, gate, clock, logger, mapping, bounds);
    return catch_up->load();
}

Application::Application(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::create(const Settings& settings, const Logger& logger) {
    Result<Mapping> mapping = chosen_mapping(settings);
    if (!mapping) {
        return mapping.error();
    }
    auto parts = std::make_unique<Parts>(std::move(*mapping));
    if (settings.sqlserver_configured()) {
        parts->open_sqlserver(settings);
    }
    if (settings.supabase_configured()) {
        if (Result<void> opened = parts->open_supabase(settings); !opened) {
            return opened.error();
        }
    }
    if (parts->sink && parts->feed) {
        if (Result<void> loaded = parts->load(settings, logger); !loaded) {
            return loaded.error();
        }
    }
    return std::unique_ptr<Application>{new Application{std::move(parts)}};
}

const Mapping& Application::mapping() const {
    return parts_->mapping;
}
Clock& Application::clock() {
    return parts_->clock;
}
Gate& Application::gate() {
    return parts_->gate;
}
WatchedFeed* Application::feed() {
    return parts_->watched_feed ? &*parts_->watched_feed : nullptr;
}
WatchedSink* Application::sink() {
    return parts_->watched_sink ? &*parts_->watched_sink : nullptr;
}
CatchUp* Application::catch_up() {
    return parts_->catch_up ? &*parts_->catch_up : nullptr;
}

std::size_t Application::sqlserver_connections() const {
    return parts_->pool ? parts_->pool->open_connections() : 0;
}

std::uint64_t jitter_seed() {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32) | random();
}

}  // namespace revsync
