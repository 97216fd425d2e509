#pragma once

#include <memory>
#include <string>

#include "support/harness/process.hpp"

namespace revsync::test {

// The loopback proxy (tests/support/latency_proxy) in front of a server, and its control port.
class FaultProxy {
public:
    explicit FaultProxy(const std::string& target_port);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    const std::string& port() const { return port_; }

    // One line to the control port, its one line of answer: "stats", "reset", "cut", "cut-after-client-bytes 1000" …
    std::string control(const std::string& line);
    // A number of the statistics.
    long statistic(const std::string& name);

private:
    Process process_;
    std::string port_;
    int control_ = -1;
};

}  // namespace revsync::test
