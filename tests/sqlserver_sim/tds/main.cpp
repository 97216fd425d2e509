// sqlserver-sim: a stand-in for SQL Server that executes on PostgreSQL.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "../engine.hpp"
#include "options.hpp"
#include "server.hpp"

namespace {

using namespace revsync::sim;

constexpr unsigned shutdown_limit_seconds = 3;

// Blocked in every thread, so that only the descriptor tells of them.
int open_stop_descriptor() {
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGTERM);
    sigaddset(&stop_signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
    return signalfd(-1, &stop_signals, SFD_CLOEXEC);
}

void announce(const tds::Options& options, std::uint16_t port) {
    const std::string address = options.server.host + ':' + std::to_string(port);
    std::printf("listening on %s\n", address.c_str());
    std::fflush(stdout);
    if (options.ready_descriptor) {
        dprintf(*options.ready_descriptor, "%s\n", address.c_str());
        close(*options.ready_descriptor);
    }
}

// A request that does not heed its cancellation must not keep the process alive.
void limit_shutdown() {
    signal(SIGALRM, [](int) { _exit(0); });
    alarm(shutdown_limit_seconds);
}

void serve(const tds::Options& options) {
    if (options.die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
    signal(SIGPIPE, SIG_IGN);
    const int stop_descriptor = open_stop_descriptor();
    const auto engine = open_engine(options.engine);
    tds::TlsContext tls = options.tls_certificate_file.empty()
                              ? tds::TlsContext::self_signed()
                              : tds::TlsContext::from_files(options.tls_certificate_file, options.tls_key_file);
    tds::Server server(*engine, std::move(tls), options.server);
    announce(options, server.port());
    server.run(stop_descriptor);
    limit_shutdown();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const tds::Options options = tds::parse_options(argc, argv);
        if (options.show_help) {
            std::fputs(tds::usage().c_str(), stdout);
        } else if (options.show_version) {
            std::puts("sqlserver-sim " SQLSERVER_SIM_VERSION);
        } else {
            serve(options);
        }
        return 0;
    } catch (const tds::UsageError& error) {
        std::fprintf(stderr, "sqlserver-sim: %s\n%s", error.what(), tds::usage().c_str());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sqlserver-sim: %s\n", error.what());
        return 1;
    }
}
