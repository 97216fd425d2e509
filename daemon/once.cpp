#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <exception>
#include <optional>

#include "application.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "connections.hpp"
#include "service/console_host.hpp"
#include "stopper.hpp"
#include "sync/drainer.hpp"
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

json::array to_json(const std::vector<StreamReport>& reports) {
    json::array streams;
    for (const StreamReport& stream : reports) {
        streams.push_back({{"stream", stream.stream},
                           {"found", stream.found},
                           {"synced", stream.synced},
                           {"changed", stream.changed},
                           {"parked", stream.parked},
                           {"error", to_json(stream.error)}});
    }
    return streams;
}

json::value to_json(const DrainReport& report) {
    json::array streams;
    for (const StreamReport& stream : report.streams) {
        streams.push_back({{"stream", stream.stream},
                           {"found", stream.found},
                           {"synced", stream.synced},
                           {"changed", stream.changed},
                           {"failed", stream.failed},
                           {"error", to_json(stream.error)}});
    }
    const auto count = [&](std::uint64_t QueueCounts::*member) {
        return report.counts ? json::value(*report.counts.*member) : json::value(nullptr);
    };
    return {{"success", report.first_error() == nullptr},
            {"durationMs", report.duration.count()},
            {"streams", std::move(streams)},
            {"unknown", report.unknown},
            {"pending", count(&QueueCounts::pending)},
            {"failed", count(&QueueCounts::failed)},
            {"error", to_json(report.error)}};
}

// Both directions, one after the other.
struct Outcome {
    std::optional<DrainReport> forward;  // none: disabled
    CatchUpReport reverse;

    bool success() const { return reverse.first_error() == nullptr && (!forward || forward->first_error() == nullptr); }
};

json::value to_json(const Outcome& outcome) {
    return {{"success", outcome.success()},
            {"durationMs", outcome.reverse.duration.count()},
            {"streams", to_json(outcome.reverse.streams)},
            {"error", to_json(outcome.reverse.error)},
            {"forward", outcome.forward ? to_json(*outcome.forward) : json::value(nullptr)}};
}

void print(const Outcome& outcome) {
    fmt::print("{}\n", json::serialize(to_json(outcome)));
}

void say_end(const DrainReport& report, const Logger& logger) {
    if (report.queue_in_use()) {
        logger.error("❌ Queue drain failed: {}", describe(*report.error));
    } else if (report.first_error() == nullptr) {
        logger.info("✅ Forward sync complete: {} edit(s) of SQL Server, {} row(s) changed ({}ms)", report.synced(),
                    report.changed(), report.duration.count());
    }
}

// SQL Server's queue first: what a newer edit in Supabase has won there is carried by the catch-up.
asio::awaitable<Outcome> run_both(Application& application, const Logger& logger) {
    Outcome outcome;
    if (Drain* drain = application.drain()) {
        outcome.forward = co_await drain_once(*drain, application.clock(), jitter_seed());
        say_end(*outcome.forward, logger);
    }
    outcome.reverse = co_await catch_up_once(*application.catch_up(), application.clock(), jitter_seed());
    co_return outcome;
}

}  // namespace

int run_once(const Settings& settings, const Logger& logger, bool json) {
    if (const auto missing = missing_setting(settings)) {
        logger.error("❌ {}", *missing);
        return exit_usage;
    }
    Result<Mapping> mapping = chosen_mapping(settings);
    if (!mapping) {
        logger.error("❌ {}", describe(mapping.error()));
        return exit_usage;
    }
    asio::io_context io{1};
    auto application = Application::create(settings, std::move(*mapping), logger);
    if (!application) {
        logger.error("❌ {}", describe(application.error()));
        return exit_usage;
    }
    Application& both = **application;
    Stopper stopper{io};
    const auto stop = [&] {
        both.catch_up()->request_stop();
        if (both.drain()) {
            both.drain()->request_stop();
        }
    };
    std::optional<SignalWatch> signals{std::in_place, io, std::initializer_list<int>{SIGINT, SIGTERM},
                                       [&] { stopper.request(logger, stop); }};
    Outcome outcome;
    asio::co_spawn(io, run_both(both, logger), [&](std::exception_ptr failure, Outcome result) {
        stopper.done();
        signals.reset();
        if (failure) {
            std::rethrow_exception(failure);
        }
        outcome = std::move(result);
    });
    io.run();
    if (json) {
        print(outcome);
    }
    return outcome.success() ? exit_good : exit_failed;
}

}  // namespace revsync
