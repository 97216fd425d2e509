// A server on a thread of the test's own.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "fake_engine.hpp"
#include "server.hpp"

namespace revsync::sim::tds::test {

class RunningServer {
public:
    explicit RunningServer(Engine& engine, ServerOptions options = {})
        : stop_descriptor_(eventfd(0, EFD_CLOEXEC)),
          server_(engine, TlsContext::self_signed(), std::move(options)),
          thread_([this] { server_.run(stop_descriptor_); }) {}
    ~RunningServer() {
        eventfd_write(stop_descriptor_, 1);
        thread_.join();
        close(stop_descriptor_);
    }
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    std::uint16_t port() const { return server_.port(); }

private:
    const int stop_descriptor_;
    Server server_;
    std::thread thread_;
};

}  // namespace revsync::sim::tds::test
