#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <exception>

#include "application.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "connections.hpp"
#include "service/console.hpp"
#include "sync/poller.hpp"

namespace revsync {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

json::value to_json(const std::optional<Error>& error) {
    if (!error) {
        return nullptr;
    }
    return {{"text", error->text}, {"code", error->code}, {"disposition", to_string(error->disposition)}};
}

json::value to_json(const CatchUpReport& report) {
    json::array streams;
    for (const StreamReport& stream : report.streams) {
        streams.push_back({{"stream", stream.stream},
                           {"found", stream.found},
                           {"synced", stream.synced},
                           {"changed", stream.changed},
                           {"parked", stream.parked},
                           {"error", to_json(stream.error)}});
    }
    return {{"success", report.first_error() == nullptr},
            {"durationMs", report.duration.count()},
            {"streams", std::move(streams)},
            {"error", to_json(report.error)}};
}

void print(const CatchUpReport& report) {
    fmt::print("{}\n", json::serialize(to_json(report)));
}

}  // namespace

int run_once(const Settings& settings, const Logger& logger, bool json) {
    if (const auto missing = missing_setting(settings)) {
        logger.error("❌ {}", *missing);
        return exit_usage;
    }
    asio::io_context io{1};
    auto application = Application::create(settings, logger);
    if (!application) {
        logger.error("❌ {}", describe(application.error()));
        return exit_usage;
    }
    CatchUp& catch_up = *(*application)->catch_up();
    StopSignals stop{io, logger, [&] { catch_up.request_stop(); }};
    CatchUpReport report;
    asio::co_spawn(io, catch_up_once(catch_up, (*application)->clock(), jitter_seed()),
                   [&](std::exception_ptr failure, CatchUpReport result) {
                       stop.close();
                       if (failure) {
                           std::rethrow_exception(failure);
                       }
                       report = std::move(result);
                   });
    io.run();
    if (json) {
        print(report);
    }
    return report.first_error() == nullptr ? exit_good : exit_failed;
}

}  // namespace revsync
