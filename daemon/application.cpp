#include "application.hpp"

#include <random>

#include "checkpoint/state_file.hpp"
#include "connections.hpp"
#include "postgres/forward_sink.hpp"
#include "server_clocks.hpp"
#include "sqlserver/queue.hpp"
#include "sqlserver/sink.hpp"

namespace revsync {

// In the order in which they are made: what uses something stands after it, and goes before it.
struct Application::Parts {
    explicit Parts(Mapping streams) : mapping{std::move(streams)} {}

    Result<void> open_supabase(const Settings& settings);
    void open_sqlserver(const Settings& settings);
    Result<void> open_both(const Settings& settings, const Logger& logger);
    void open_queue(const Settings& settings, const Logger& logger, postgres::Conninfo supabase);
    std::chrono::microseconds supabase_ahead() const {
        return clocks ? clocks->supabase_ahead() : std::chrono::microseconds{0};
    }

    Mapping mapping;
    SystemClock clock;
    Gate gate;
    std::optional<sqlserver::Pool> pool;
    std::optional<ServerClocks> clocks;  // when both are configured
    std::unique_ptr<Sink> sink;
    std::optional<ClockedSink> clocked_sink;
    std::optional<WatchedSink> watched_sink;
    std::unique_ptr<Feed> feed;
    std::optional<WatchedFeed> watched_feed;
    std::unique_ptr<Checkpoint> checkpoint;
    std::optional<CatchUp> catch_up;

    std::optional<sqlserver::Pool> queue_pool;  // its session holds the queue's lock
    std::unique_ptr<Queue> queue;
    std::optional<ClockedQueue> clocked_queue;
    std::unique_ptr<ForwardSink> forward_sink;
    std::function<void()> reverse_owed;
    std::optional<Drain> drain;
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
    sink = sqlserver::create_sink(*pool, {settings.db_timezone, [this] { return supabase_ahead(); }});
    watched_sink.emplace(*sink, clock);
}

// What only makes sense between two databases.
Result<void> Application::Parts::open_both(const Settings& settings, const Logger& logger) {
    Result<postgres::Conninfo> supabase = supabase_conninfo(settings);
    if (!supabase) {
        return supabase.error();
    }
    clocks.emplace(*pool, *supabase, clock, logger);
    clocked_sink.emplace(*sink, *clocks);
    watched_sink.emplace(*clocked_sink, clock);
    checkpoint = create_file_checkpoint(settings.state_file, logger, clock);
    const CatchUpSettings bounds{.lookback = settings.lookback, .max_records = settings.max_records};
    catch_up.emplace(*watched_feed, *watched_sink, *checkpoint, gate, clock, logger, mapping, bounds);
    if (Result<void> loaded = catch_up->load(); !loaded) {
        return loaded.error();
    }
    if (settings.forward_enabled) {
        open_queue(settings, logger, std::move(*supabase));
    }
    return {};
}

void Application::Parts::open_queue(const Settings& settings, const Logger& logger, postgres::Conninfo supabase) {
    queue_pool.emplace(connection_settings(settings), 1);
    queue = sqlserver::create_queue(
        *queue_pool, mapping,
        {settings.db_timezone, settings.forward_attempt_limit, [this] { return supabase_ahead(); }});
    clocked_queue.emplace(*queue, *clocks);
    forward_sink = postgres::create_forward_sink({.conninfo = std::move(supabase)});
    const DrainSettings bounds{.page_size = settings.forward_page_size, .retention = settings.forward_retention};
    drain.emplace(DrainEnds{*clocked_queue, *forward_sink, *catch_up}, gate, clock, logger, mapping, bounds, [this] {
        if (reverse_owed) {
            reverse_owed();
        }
    });
}

Application::Application(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::create(const Settings& settings, Mapping mapping,
                                                         const Logger& logger) {
    auto parts = std::make_unique<Parts>(std::move(mapping));
    if (settings.sqlserver_configured()) {
        parts->open_sqlserver(settings);
    }
    if (settings.supabase_configured()) {
        if (Result<void> opened = parts->open_supabase(settings); !opened) {
            return opened.error();
        }
    }
    if (parts->sink && parts->feed) {
        if (Result<void> opened = parts->open_both(settings, logger); !opened) {
            return opened.error();
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

Drain* Application::drain() {
    return parts_->drain ? &*parts_->drain : nullptr;
}

void Application::on_reverse_owed(std::function<void()> listener) {
    parts_->reverse_owed = std::move(listener);
}

std::size_t Application::sqlserver_connections() const {
    const auto open = [](const std::optional<sqlserver::Pool>& pool) { return pool ? pool->open_connections() : 0; };
    return open(parts_->pool) + open(parts_->queue_pool);
}

std::uint64_t jitter_seed() {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32) | random();
}

}  // namespace revsync
