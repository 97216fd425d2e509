#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <exception>

#include "command_line.hpp"
#include "commands.hpp"
#include "server.hpp"
#include "service/console.hpp"

namespace revsync {

namespace asio = boost::asio;

int run_daemon(const Settings& settings, const Logger& logger) {
    asio::io_context io{1};
    std::unique_ptr<Server> server;
    // Before the first line of the log: whoever has read it may send a signal.
    StopSignals stop{io, logger, [&] { server->stop(); }};
    CatchUpSignal catch_up_now{io, [&] { server->catch_up(); }};
    auto created = Server::create(settings, logger, io.get_executor());
    if (!created) {
        logger.error("❌ {}", describe(created.error()));
        return exit_usage;
    }
    server = std::move(*created);
    asio::co_spawn(io, server->run(), [&](std::exception_ptr failure, bool quiet) {
        stop.close();
        catch_up_now.close();
        if (failure) {
            std::rethrow_exception(failure);
        }
        logger.info("⏹️  Stopped");
        if (!quiet) {
            std::_Exit(exit_good);
        }
    });
    io.run();
    return exit_good;
}

}  // namespace revsync
