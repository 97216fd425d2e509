#include "service/console_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <vector>

namespace revsync {
namespace {

using testing::ElementsAre;

TEST(ConsoleHostTest, PassesSignalsOnAsRequests) {
    ASSERT_NE(std::freopen("/dev/null", "r", stdin), nullptr) << "at a terminal SIGHUP means something else";
    boost::asio::io_context io{1};
    std::vector<std::string> asked;
    const auto note = [&](std::string what) { return [&asked, what] { asked.push_back(what); }; };
    ConsoleHost host;
    host.open(io, {note("stop"), note("reload"), note("catch up"), {}});
    for (const int signal : {SIGUSR1, SIGHUP, SIGUSR1, SIGTERM, SIGINT}) {
        const std::size_t before = asked.size();
        std::raise(signal);
        while (asked.size() == before) {
            io.run_one();
        }
    }
    host.close();
    EXPECT_THAT(asked, ElementsAre("catch up", "reload", "catch up", "stop", "stop"));
    io.restart();
    io.run();
}

}  // namespace
}  // namespace revsync
