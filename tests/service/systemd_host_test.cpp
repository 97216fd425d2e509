#include "service/systemd_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/harness/environment.hpp"
#include "support/harness/notify_socket.hpp"

namespace revsync {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::StartsWith;

class SystemdHostTest : public testing::Test {
protected:
    void open(std::optional<std::chrono::microseconds> watchdog = {}) {
        host.emplace(systemd.address(), watchdog);
        HostRequests requests;
        requests.stop = [] {};
        requests.describe = [this] { return stands; };
        host->open(io, requests);
    }
    const std::vector<std::string>& told() {
        systemd.forget();
        return systemd.messages();
    }

    test::NotifySocket systemd{"@" + test::unique_name("reverse-sync-test")};
    boost::asio::io_context io{1};
    std::optional<SystemdHost> host;
    std::string stands = "in step";
};

TEST_F(SystemdHostTest, TellsAnAbstractAddressThatItIsReadyAndHowItStands) {
    open();
    host->ready();
    EXPECT_THAT(told(), ElementsAre("READY=1\nSTATUS=in step"));
    host->close();
}

TEST_F(SystemdHostTest, TellsOnlyWhatHasChanged) {
    open();
    host->changed();
    host->changed();
    stands = "failing";
    host->changed();
    EXPECT_THAT(told(), ElementsAre("STATUS=in step", "STATUS=failing"));
    host->close();
}

TEST_F(SystemdHostTest, KeepsAStatusFromBecomingAnotherMessage) {
    open();
    stands = "failing\nREADY=1";
    host->changed();
    EXPECT_THAT(told(), ElementsAre("STATUS=failing READY=1"));
    host->close();
}

TEST_F(SystemdHostTest, TellsNothingBeforeOpenAndAfterClose) {
    SystemdHost never{systemd.address(), {}};
    never.ready();
    open();
    host->close();
    host->close();
    host->ready();
    EXPECT_THAT(told(), ElementsAre());
    io.run();  // returns: nothing keeps the loop
}

TEST_F(SystemdHostTest, FeedsTheWatchdogFromTheLoopAlone) {
    open(2ms);
    EXPECT_THAT(told(), ElementsAre("WATCHDOG=1"));
    io.run_one();
    EXPECT_THAT(told(), ElementsAre("WATCHDOG=1", "WATCHDOG=1"));
    host->close();
}

TEST_F(SystemdHostTest, DoesWithoutASystemdThatListens) {
    host.emplace("@nobody-listens-here", 1ms);
    HostRequests requests;
    requests.stop = [] {};
    host->open(io, requests);
    host->reloading();
    host->ready();
    host->stopping(9s);
    host->close();
}

TEST(WatchdogInterval, IsAskedOfThisProcessOnly) {
    ::unsetenv("WATCHDOG_PID");
    for (const char* none : {"", "0", "-5", "soon", "12x"}) {
        ::setenv("WATCHDOG_USEC", none, 1);
        EXPECT_EQ(watchdog_interval(), std::nullopt) << none;
    }
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    EXPECT_EQ(watchdog_interval(), 60s);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(watchdog_interval(), 60s);
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(watchdog_interval(), std::nullopt);
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
    EXPECT_EQ(watchdog_interval(), std::nullopt);
}

}  // namespace
}  // namespace revsync
