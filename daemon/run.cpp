#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "application.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "service/console.hpp"
#include "sync/poller.hpp"

namespace revsync {

namespace asio = boost::asio;

namespace {

// Why there is nothing to poll, in the words the users know; empty when there is.
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
    logger.info("⏰ Starting periodic reverse sync (every {} minutes)", settings.interval.count());
    logger.info("   Lookback window: {}h", settings.lookback.count());
    logger.info("   Max records per poll: {}", settings.max_records);
}

int stay_idle(std::string_view reason, const Settings& settings, const Logger& logger) {
    asio::io_context io{1};
    StopSignals stop{io, logger, [&stop] { stop.close(); }};
    logger.info("{}", reason);
    if (!settings.enabled) {
        logger.warning("⚠️  Changes made while this service or its connection is down will stay unsynced");
    }
    io.run();
    logger.info("⏹️  Stopped");
    return exit_good;
}

}  // namespace

int run_daemon(const Settings& settings, const Logger& logger) {
    if (const std::string_view reason = reason_not_to_poll(settings); !reason.empty()) {
        return stay_idle(reason, settings, logger);
    }
    asio::io_context io{1};
    auto application = Application::create(settings, logger);
    if (!application) {
        logger.error("❌ {}", describe(application.error()));
        return exit_usage;
    }
    Poller poller{(*application)->catch_up(),
                  (*application)->clock(),
                  logger,
                  io.get_executor(),
                  {.interval = settings.interval, .jitter_seed = jitter_seed()}};
    // Before the first line of the log: whoever has read it may send a signal.
    StopSignals stop{io, logger, [&] { poller.stop(); }};
    CatchUpSignal catch_up_now{io, [&] { poller.wake(); }};
    announce(settings, logger);
    asio::co_spawn(io, poller.run(), [&](std::exception_ptr failure) {
        stop.close();
        catch_up_now.close();
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    io.run();
    logger.info("⏹️  Stopped");
    return exit_good;
}

}  // namespace revsync
