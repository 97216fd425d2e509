#include "server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "application.hpp"
#include "http/authentication.hpp"
#include "http/listener.hpp"
#include "http/standing.hpp"
#include "http_routes.hpp"
#include "process.hpp"
#include "sync/activity.hpp"
#include "sync/drainer.hpp"
#include "sync/inbox.hpp"
#include "sync/poller.hpp"
#include "version.hpp"

namespace revsync {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

// An end that answered so recently is not asked again for a status.
constexpr std::chrono::seconds fresh{10};
// A status waits so long for the ends; then it says what was known before. So does one that comes when so many wait.
constexpr std::chrono::seconds patience{5};
constexpr std::size_t patient_most = 16;
// After the work that made it necessary.
constexpr std::chrono::seconds tidy_up_after{5};

// Why there is no periodic poll, in the words the users know; empty when there is one.
std::string_view reason_not_to_poll(const Settings& settings) {
    if (!settings.enabled) {
        return "⏭️  Periodic reverse sync disabled via REVERSE_SYNC_ENABLED=false";
    }
    if (!settings.supabase_configured()) {
        return "⏭️  Supabase not configured - periodic reverse sync disabled";
    }
    if (!settings.sqlserver_configured()) {
        return "⏭️  SQL Server not configured - periodic reverse sync disabled";
    }
    return {};
}

// Why SQL Server's queue is not drained; empty when it is.
std::string_view reason_not_to_drain(const Settings& settings) {
    if (!settings.forward_enabled) {
        return "⏭️  Forward sync disabled via FORWARD_SYNC_ENABLED=false";
    }
    if (!settings.supabase_configured()) {
        return "⏭️  Supabase not configured - forward sync disabled";
    }
    if (!settings.sqlserver_configured()) {
        return "⏭️  SQL Server not configured - forward sync disabled";
    }
    return {};
}

void announce_forward(const Settings& settings, const Logger& logger) {
    if (const std::string_view reason = reason_not_to_drain(settings); !reason.empty()) {
        logger.info("{}", reason);
        return;
    }
    logger.info("📤 Draining SQL Server's queue into Supabase (looked at every {} s)", settings.forward_poll.count());
}

void announce_reverse(const Settings& settings, const Logger& logger) {
    if (const std::string_view reason = reason_not_to_poll(settings); !reason.empty()) {
        logger.info("{}", reason);
        if (!settings.enabled) {
            logger.warning("⚠️  Changes made while this service or its connection is down will stay unsynced");
        }
        return;
    }
    logger.info("⏰ Starting periodic reverse sync (every {} minutes)", settings.interval.count());
    logger.info("   Lookback window: {}h", settings.lookback.count());
    logger.info("   Max records per poll: {}", settings.max_records);
}

http::ListenerSettings listener_settings(const Settings& settings) {
    http::ListenerSettings listener;
    listener.host = settings.host;
    listener.port = settings.port;
    if (settings.tls_cert_file) {
        listener.tls = http::TlsFilePaths{*settings.tls_cert_file, *settings.tls_key_file};
    }
    return listener;
}

// "http://[::1]:3000"
std::string url(const Settings& settings, std::uint16_t port) {
    const bool is_ipv6 = settings.host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", settings.tls_cert_file ? "https" : "http", is_ipv6 ? "[" : "", settings.host,
                       is_ipv6 ? "]" : "", port);
}

}  // namespace

// In the order in which they are made: what uses something stands after it.
struct Server::Parts {
    Parts(std::unique_ptr<Application> ends, const Settings& chosen, const Logger& log,
          const asio::any_io_executor& on);

    Controls controls();
    asio::awaitable<Delivery> deliver(WebhookEvent event);
    asio::awaitable<CatchUpReport> catch_up();
    Result<void> notify();
    asio::awaitable<DrainReport> drain();
    Error no_drain() const;
    asio::awaitable<Status> status();
    Status status_now() const;
    http::ProcessFigures process_figures() const;
    asio::awaitable<void> ask_silent_ends();
    bool ends_are_fresh() const;
    asio::awaitable<void> ask_ends();
    void begin_to_ask();
    void tell_change() const;

    void tidy_up_soon();

    asio::awaitable<void> run_inbox();
    asio::awaitable<void> run_poller();
    asio::awaitable<void> run_drainer();

    std::unique_ptr<Application> application;
    const Settings settings;
    const Logger& logger;
    asio::any_io_executor executor;
    Activity activity;
    std::optional<Poller> poller;    // when both ends are configured
    std::optional<Inbox> inbox;      // when SQL Server is
    std::optional<Drainer> drainer;  // when both are, and the direction is enabled
    http::Authenticator authenticator;
    http::RouteTable routes;
    http::Listener listener;

    bool asking = false;
    bool contacted = false;
    std::function<void()> changed;
    std::size_t patient = 0;  // wait for the ends' answer
    std::optional<std::chrono::steady_clock::time_point> asked;
    asio::steady_timer answered;  // cancelled when the ends have answered
    asio::steady_timer tidy_up;
    bool is_to_tidy_up = false;
};

Server::Parts::Parts(std::unique_ptr<Application> ends, const Settings& chosen, const Logger& log,
                     const asio::any_io_executor& on)
    : application{std::move(ends)},
      settings{chosen},
      logger{log},
      executor{on},
      activity{application->mapping(), application->clock()},
      authenticator{{settings.webhook_secrets, settings.on_loopback()}, application->clock(), logger},
      routes{http_routes(controls())},
      listener{executor, listener_settings(settings), routes, authenticator, application->clock(), logger},
      answered{executor, asio::steady_timer::time_point::max()},
      tidy_up{executor} {
    if (CatchUp* catch_up = application->catch_up()) {
        const PollerSettings rhythm{
            .interval = settings.interval, .jitter_seed = jitter_seed(), .periodic = settings.enabled};
        poller.emplace(*catch_up, application->clock(), logger, executor, rhythm);
        poller->on_report([this](const CatchUpReport& report) {
            activity.note(report);
            tidy_up_soon();
            tell_change();
        });
    }
    if (application->sink()) {
        InboxEnds ends_of_inbox{application->feed(), application->sink(), nullptr, nullptr, nullptr};
        if (CatchUp* catch_up = application->catch_up()) {
            ends_of_inbox.quarantine = &catch_up->quarantine();
            ends_of_inbox.echoes = &catch_up->echoes();
            ends_of_inbox.delivered = &catch_up->delivered();
        }
        const InboxSettings bounds{.wait = settings.webhook_wait,
                                   .max_records = settings.max_records,
                                   .limit = settings.webhook_inbox_limit,
                                   .polled = settings.enabled};
        inbox.emplace(ends_of_inbox, application->gate(), application->clock(), logger, application->mapping(),
                      executor, bounds, [this] {
                          if (poller) {
                              poller->owe();
                          }
                      });
        inbox->on_batch([this](const InboxReport& report) {
            activity.note(report);
            tidy_up_soon();
        });
    }
    if (Drain* drain = application->drain()) {
        application->on_reverse_owed([this] { poller->owe(); });
        const DrainerSettings rhythm{.check_interval = settings.forward_poll, .jitter_seed = jitter_seed()};
        drainer.emplace(*drain, application->clock(), logger, executor, rhythm);
        drainer->on_report([this](const DrainReport& report) {
            activity.note(report);
            tidy_up_soon();
            tell_change();
        });
    }
}

Controls Server::Parts::controls() {
    return {[this](WebhookEvent event) { return deliver(std::move(event)); },
            [this] { return catch_up(); },
            [this] { return notify(); },
            [this] { return drain(); },
            [this] { return status(); },
            [this] { return process_figures(); }};
}

http::ProcessFigures Server::Parts::process_figures() const {
    http::ProcessFigures figures;
    figures.resident_bytes = resident_bytes();
    figures.listener = listener.counts();
    for (const http::Refusal refusal : http::all_refusals) {
        figures.refusals.at(static_cast<std::size_t>(refusal)) = authenticator.refused(refusal);
    }
    return figures;
}

asio::awaitable<Delivery> Server::Parts::deliver(WebhookEvent event) {
    if (!inbox) {
        Delivery refused;
        refused.outcome = Delivery::Outcome::refused;
        refused.text = "SQL Server is not configured: set DB_SERVER, DB_NAME, DB_USER and DB_PASSWORD";
        refused.retry_after = std::chrono::minutes{1};
        co_return refused;
    }
    co_return co_await inbox->deliver(std::move(event));
}

asio::awaitable<CatchUpReport> Server::Parts::catch_up() {
    if (!poller) {
        CatchUpReport report;
        report.error = Error{Disposition::configuration, "",
                             "there is nothing to catch up with: Supabase and SQL Server must both be configured"};
        co_return report;
    }
    co_return co_await poller->catch_up_now();
}

Error Server::Parts::no_drain() const {
    return {Disposition::configuration, "",
            settings.forward_enabled
                ? "there is no queue to drain: Supabase and SQL Server must both be configured"
                : "the direction from SQL Server to Supabase is disabled: set FORWARD_SYNC_ENABLED=true"};
}

Result<void> Server::Parts::notify() {
    if (!drainer) {
        return no_drain();
    }
    drainer->notify();
    return {};
}

asio::awaitable<DrainReport> Server::Parts::drain() {
    if (!drainer) {
        DrainReport report;
        report.error = no_drain();
        co_return report;
    }
    co_return co_await drainer->drain_now();
}

bool Server::Parts::ends_are_fresh() const {
    const Timestamp oldest = application->clock().now() - fresh;
    const auto is_fresh = [&](const EndHealth& health) { return health.last_answer && *health.last_answer >= oldest; };
    const WatchedFeed* feed = application->feed();
    const WatchedSink* sink = application->sink();
    return (!feed || is_fresh(feed->health())) && (!sink || is_fresh(sink->health()));
}

asio::awaitable<void> Server::Parts::ask_ends() {
    if (WatchedSink* sink = application->sink()) {
        co_await sink->check();
    }
    if (WatchedFeed* feed = application->feed()) {
        // The feed takes one request at a time.
        const Gate::Hold hold = co_await application->gate().enter();
        co_await feed->check();
    }
}

void Server::Parts::begin_to_ask() {
    asking = true;
    asked = application->clock().steady_now();
    asio::co_spawn(executor, ask_ends(), [this](const std::exception_ptr&) {
        asking = false;
        contacted = true;
        answered.cancel();
        tell_change();
    });
}

void Server::Parts::tell_change() const {
    if (changed) {
        changed();
    }
}

// Whoever asks for the status, however often, has the ends asked at most once in `fresh`.
asio::awaitable<void> Server::Parts::ask_silent_ends() {
    const auto now = application->clock().steady_now();
    if (ends_are_fresh() || patient >= patient_most || (!asking && asked && now - *asked < fresh)) {
        co_return;
    }
    if (!asking) {
        begin_to_ask();
    }
    ++patient;
    boost::system::error_code woken;
    co_await (answered.async_wait(asio::redirect_error(asio::use_awaitable, woken)) ||
              application->clock().sleep(patience));
    --patient;
}

asio::awaitable<Status> Server::Parts::status() {
    co_await ask_silent_ends();
    co_return status_now();
}

Status Server::Parts::status_now() const {
    StatusSources sources;
    sources.catch_up = application->catch_up();
    sources.poller = poller ? &*poller : nullptr;
    sources.inbox = inbox ? &*inbox : nullptr;
    sources.feed = application->feed();
    sources.sink = application->sink();
    sources.drainer = drainer ? &*drainer : nullptr;
    Status status = activity.status(sources);
    status.version = version;
    status.why_not = reason_not_to_poll(settings);
    status.polling = status.why_not.empty();
    status.why_not_drained = reason_not_to_drain(settings);
    for (EndStatus& end : status.ends) {
        end.connections = end.name == "sqlserver" ? application->sqlserver_connections()
                                                  : static_cast<std::size_t>(end.last_answer && !end.error);
    }
    return status;
}

// Work leaves gaps in the heap, which an idle daemon has no use for. At most once in so long, and not while idle.
void Server::Parts::tidy_up_soon() {
    if (std::exchange(is_to_tidy_up, true)) {
        return;
    }
    tidy_up.expires_after(tidy_up_after);
    tidy_up.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) {
            is_to_tidy_up = false;
            give_back_memory();
        }
    });
}

asio::awaitable<void> Server::Parts::run_inbox() {
    if (inbox) {
        co_await inbox->run();
    }
}

asio::awaitable<void> Server::Parts::run_poller() {
    if (poller) {
        co_await poller->run();
    }
}

asio::awaitable<void> Server::Parts::run_drainer() {
    if (drainer) {
        co_await drainer->run();
    }
}

Server::Server(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::create(const Settings& settings, Mapping mapping, const Logger& logger,
                                               const asio::any_io_executor& executor, ListeningSockets inherited) {
    auto application = Application::create(settings, std::move(mapping), logger);
    if (!application) {
        return application.error();
    }
    auto parts = std::make_unique<Parts>(std::move(*application), settings, logger, executor);
    if (Result<void> opened = parts->listener.open(std::move(inherited)); !opened) {
        return opened.error();
    }
    logger.info("🌐 Listening on {}", url(settings, parts->listener.port()));
    announce_reverse(settings, logger);
    announce_forward(settings, logger);
    return std::unique_ptr<Server>{new Server{std::move(parts)}};
}

asio::awaitable<void> Server::run() {
    parts_->begin_to_ask();
    co_await (parts_->listener.run() && parts_->run_inbox() && parts_->run_poller() && parts_->run_drainer());
    parts_->tidy_up.cancel();
    parts_->is_to_tidy_up = true;
}

bool Server::asking() const {
    return parts_->asking;
}

asio::awaitable<void> Server::quiet() {
    // What timers have begun to call is through.
    co_await asio::post(parts_->executor, asio::use_awaitable);
    while (parts_->asking) {
        boost::system::error_code woken;
        co_await parts_->answered.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

ListeningSockets Server::sockets() const {
    return parts_->listener.sockets();
}

bool Server::contacted() const {
    return parts_->contacted;
}

std::string Server::in_brief() const {
    return http::in_brief(parts_->status_now());
}

void Server::on_change(std::function<void()> listener) {
    parts_->changed = std::move(listener);
}

void Server::stop() {
    parts_->listener.stop();
    if (parts_->inbox) {
        parts_->inbox->stop();
    }
    if (parts_->poller) {
        parts_->poller->stop();
    }
    if (parts_->drainer) {
        parts_->drainer->stop();
    }
}

void Server::catch_up() {
    if (parts_->poller) {
        parts_->poller->wake();
    }
    if (parts_->drainer) {
        parts_->drainer->notify();
    }
}

}  // namespace revsync
