#include "service/windows_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>
#include <vector>

namespace revsync {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

class RecordedScm final : public ServiceControlManager {
public:
    void report(const ServiceStatus& status) override {
        reports.push_back(status);
        std::fprintf(stderr, "state %u\n", static_cast<unsigned>(status.state));  // for who reads it after the end
    }
    // The states, each once for as long as it lasts.
    std::vector<ServiceState> states() const {
        std::vector<ServiceState> result;
        for (const ServiceStatus& report : reports) {
            if (result.empty() || result.back() != report.state) {
                result.push_back(report.state);
            }
        }
        return result;
    }

    std::vector<ServiceStatus> reports;
};

class WindowsHostTest : public testing::Test {
protected:
    void open() {
        const auto note = [this](std::string what) { return [this, what] { asked.push_back(what); }; };
        const auto stop = [this] {
            asked.push_back("stop");
            host.stopping(9s);
        };
        host.open(io, {stop, note("reload"), note("catch up"), {}});
    }
    void run_until_reports(std::size_t count) {
        while (scm.reports.size() < count) {
            io.run_one();
        }
    }
    void end(int exit_code = 0) {
        host.close();
        host.stopped(exit_code);
    }

    RecordedScm scm;
    boost::asio::io_context io{1};
    WindowsHost host{scm, {}, 1ms};
    std::vector<std::string> asked;
};

TEST_F(WindowsHostTest, GoesFromStartPendingThroughRunningToStopped) {
    open();
    host.ready();
    host.stopping(9s);
    end();
    EXPECT_THAT(scm.states(), ElementsAre(ServiceState::start_pending, ServiceState::running,
                                          ServiceState::stop_pending, ServiceState::stopped));
}

TEST_F(WindowsHostTest, MovesTheCheckpointOfALongStartOnFromTheLoop) {
    open();
    const std::size_t before = scm.reports.size();
    run_until_reports(before + 2);
    for (std::size_t i = 1; i < scm.reports.size(); ++i) {
        EXPECT_EQ(scm.reports[i].checkpoint, scm.reports[i - 1].checkpoint + 1);
    }
    EXPECT_THAT(scm.reports, Each(Field(&ServiceStatus::wait_hint, WindowsHost::start_wait_hint)));
    end();
}

TEST_F(WindowsHostTest, HintsHowLongStoppingTakesAndMovesItsCheckpointOn) {
    open();
    host.ready();
    EXPECT_EQ(scm.reports.back(), (ServiceStatus{.state = ServiceState::running, .accepts_controls = true}));
    host.stopping(9s);
    const std::size_t first = scm.reports.size() - 1;
    run_until_reports(first + 3);
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(scm.reports[first + i],
                  (ServiceStatus{.state = ServiceState::stop_pending, .checkpoint = i + 1, .wait_hint = 9s}));
    }
    end();
}

TEST_F(WindowsHostTest, ReportsNothingWhileItRuns) {
    open();
    host.ready();
    const std::size_t reported = scm.reports.size();
    host.ready();  // as after a reload
    io.run();      // returns: no timer keeps the loop
    EXPECT_THAT(scm.reports, SizeIs(reported));
    end();
}

TEST_F(WindowsHostTest, ReportsNothingAfterStopped) {
    open();
    end(2);
    const std::size_t reported = scm.reports.size();
    host.ready();
    host.stopping(9s);
    host.stopped(0);
    host.close();
    EXPECT_THAT(scm.reports, SizeIs(reported));
    EXPECT_EQ(scm.reports.back(), (ServiceStatus{.state = ServiceState::stopped, .exit_code = 2}));
}

TEST_F(WindowsHostTest, IsNotRunningAnyMoreWhenItWasStoppedWhileStarting) {
    open();
    EXPECT_TRUE(host.control(ServiceControl::stop));
    io.poll();
    host.ready();
    end();
    EXPECT_THAT(scm.states(),
                ElementsAre(ServiceState::start_pending, ServiceState::stop_pending, ServiceState::stopped));
}

TEST_F(WindowsHostTest, CanEndWithoutEverHavingBeenReady) {
    end(2);
    EXPECT_THAT(scm.states(), ElementsAre(ServiceState::start_pending, ServiceState::stopped));
    EXPECT_EQ(scm.reports.back().exit_code, 2);
}

TEST_F(WindowsHostTest, AsksToStopOnce) {
    open();
    for (const auto control : {ServiceControl::stop, ServiceControl::preshutdown, ServiceControl::shutdown}) {
        EXPECT_TRUE(host.control(control));
    }
    io.poll();
    EXPECT_THAT(asked, ElementsAre("stop"));
    end();
}

TEST_F(WindowsHostTest, AsksToStopWhenTheSessionEnds) {
    open();
    host.ready();
    host.control(ServiceControl::preshutdown);
    io.poll();
    EXPECT_THAT(asked, ElementsAre("stop"));
    EXPECT_EQ(scm.reports.back().state, ServiceState::stop_pending);
    end();
}

TEST_F(WindowsHostTest, RemembersAStopThatCameBeforeItWasOpened) {
    host.control(ServiceControl::stop);
    open();
    io.poll();
    EXPECT_THAT(asked, ElementsAre("stop"));
    end();
}

TEST_F(WindowsHostTest, PassesControlsOfAnotherThreadOnInTheLoopAlone) {
    open();
    host.ready();
    std::thread scm_thread{[this] {
        host.control(ServiceControl::parameters_changed);
        host.control(ServiceControl::catch_up);
        host.control(ServiceControl::interrogate);
    }};
    scm_thread.join();
    EXPECT_THAT(asked, ElementsAre());
    io.poll();
    EXPECT_THAT(asked, ElementsAre("reload", "catch up"));
    end();
}

TEST_F(WindowsHostTest, RefusesAControlThatItDoesNotKnow) {
    open();
    EXPECT_FALSE(host.control(static_cast<ServiceControl>(129)));
    end();
}

TEST_F(WindowsHostTest, AsksNothingAfterClose) {
    open();
    host.control(ServiceControl::catch_up);
    host.close();
    host.control(ServiceControl::stop);
    io.poll();
    EXPECT_THAT(asked, ElementsAre());
}

TEST_F(WindowsHostTest, TakesControlsOnlyWhereItCanPassThemOn) {
    EXPECT_FALSE(scm.reports.back().accepts_controls);
    open();
    EXPECT_TRUE(scm.reports.back().accepts_controls);
    host.stopping(9s);
    EXPECT_FALSE(scm.reports.back().accepts_controls);
    end();
    EXPECT_FALSE(scm.reports.back().accepts_controls);
}

TEST_F(WindowsHostTest, SaysThatItHasStoppedBeforeItEndsTheProcess) {
    open();
    EXPECT_EXIT(host.exit_now(1), testing::ExitedWithCode(1), "state 1");
    end();
}

}  // namespace
}  // namespace revsync
