#include "server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "application.hpp"
#include "http/authentication.hpp"
#include "http/listener.hpp"
#include "http_routes.hpp"
#include "process.hpp"
#include "sync/activity.hpp"
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

void announce(const Settings& settings, const Logger& logger) {
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
    asio::awaitable<Status> status();
    http::ProcessFigures process_figures() const;
    asio::awaitable<void> ask_silent_ends();
    bool ends_are_fresh() const;
    asio::awaitable<void> ask_ends();

    void tidy_up_soon();

    asio::awaitable<void> run_inbox();
    asio::awaitable<void> run_poller();

    std::unique_ptr<Application> application;
    const Settings settings;
    const Logger& logger;
    asio::any_io_executor executor;
    Activity activity;
    std::optional<Poller> poller;  // when both ends are configured
    std::optional<Inbox> inbox;    // when SQL Server is
    http::Authenticator authenticator;
    http::RouteTable routes;
    http::Listener listener;

    bool asking = false;
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
        });
    }
    if (application->sink()) {
        const InboxEnds ends_of_inbox{application->feed(), application->sink(),
                                      application->catch_up() ? &application->catch_up()->quarantine() : nullptr};
        const InboxSettings bounds{
            .wait = settings.webhook_wait, .max_records = settings.max_records, .limit = settings.webhook_inbox_limit};
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
}

Controls Server::Parts::controls() {
    return {[this](WebhookEvent event) { return deliver(std::move(event)); }, [this] { return catch_up(); },
            [this] { return status(); }, [this] { return process_figures(); }};
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

// Whoever asks for the status, however often, has the ends asked at most once in `fresh`.
asio::awaitable<void> Server::Parts::ask_silent_ends() {
    const auto now = application->clock().steady_now();
    if (ends_are_fresh() || patient >= patient_most || (!asking && asked && now - *asked < fresh)) {
        co_return;
    }
    if (!asking) {
        asking = true;
        asked = now;
        asio::co_spawn(executor, ask_ends(), [this](const std::exception_ptr&) {
            asking = false;
            answered.cancel();
        });
    }
    ++patient;
    boost::system::error_code woken;
    co_await (answered.async_wait(asio::redirect_error(asio::use_awaitable, woken)) ||
              application->clock().sleep(patience));
    --patient;
}

asio::awaitable<Status> Server::Parts::status() {
    co_await ask_silent_ends();
    StatusSources sources;
    sources.catch_up = application->catch_up();
    sources.poller = poller ? &*poller : nullptr;
    sources.inbox = inbox ? &*inbox : nullptr;
    sources.feed = application->feed();
    sources.sink = application->sink();
    Status status = activity.status(sources);
    status.version = version;
    status.why_not = reason_not_to_poll(settings);
    status.polling = status.why_not.empty();
    for (EndStatus& end : status.ends) {
        end.connections = end.name == "sqlserver" ? application->sqlserver_connections()
                                                  : static_cast<std::size_t>(end.last_answer && !end.error);
    }
    co_return status;
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

Server::Server(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::create(const Settings& settings, const Logger& logger,
                                               const asio::any_io_executor& executor) {
    auto application = Application::create(settings, logger);
    if (!application) {
        return application.error();
    }
    auto parts = std::make_unique<Parts>(std::move(*application), settings, logger, executor);
    if (Result<void> opened = parts->listener.open(); !opened) {
        return opened.error();
    }
    logger.info("🌐 Listening on {}", url(settings, parts->listener.port()));
    announce(settings, logger);
    return std::unique_ptr<Server>{new Server{std::move(parts)}};
}

asio::awaitable<bool> Server::run() {
    co_await (parts_->listener.run() && parts_->run_inbox() && parts_->run_poller());
    parts_->tidy_up.cancel();
    parts_->is_to_tidy_up = true;
    co_return !parts_->asking;
}

void Server::stop() {
    parts_->listener.stop();
    if (parts_->inbox) {
        parts_->inbox->stop();
    }
    if (parts_->poller) {
        parts_->poller->stop();
    }
}

void Server::catch_up() {
    if (parts_->poller) {
        parts_->poller->wake();
    }
}

}  // namespace revsync
