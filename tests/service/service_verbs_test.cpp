#include "service/service_verbs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace revsync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A machine whose service goes through `next`, one step at each pause, and stays where that ends.
class FakeManager final : public ServiceManager {
public:
    Result<std::optional<ServiceReport>> query() override { return service; }
    Result<void> install(const std::optional<ServiceAccount>&) override {
        if (!service) {
            service = ServiceReport{};
        }
        return done("install");
    }
    Result<std::string> prepare_folder() override {
        calls.emplace_back("folder");
        return std::string{R"(C:\ProgramData\ReverseSync\.env)"};
    }
    Result<void> remove_folder() override { return done("remove folder"); }
    Result<void> register_events() override { return done("events"); }
    Result<void> unregister_events() override { return done("no events"); }
    Result<void> start() override {
        service->state = ServiceState::start_pending;
        return done("start");
    }
    Result<void> stop() override { return done("stop"); }
    Result<void> remove() override {
        service.reset();
        return done("remove");
    }
    void pause() override {
        ++pauses;
        if (!next.empty()) {
            service = next.front();
            next.pop_front();
        }
    }

    std::optional<ServiceReport> service;
    std::deque<ServiceReport> next;
    std::vector<std::string> calls;
    std::string refuses;
    int pauses = 0;

private:
    Result<void> done(std::string call) {
        calls.push_back(call);
        if (call == refuses) {
            return Error{Disposition::configuration, "windows 5", "access denied"};
        }
        return {};
    }
};

ServiceReport in(ServiceState state, std::uint32_t checkpoint = 0) {
    return {.state = state, .checkpoint = checkpoint};
}

class ServiceVerbsTest : public testing::Test {
protected:
    FakeManager manager;
    std::vector<std::string> said;
    Say say = [this](std::string_view line) { said.emplace_back(line); };
};

TEST_F(ServiceVerbsTest, InstallsServiceFolderAndEventSource) {
    ASSERT_TRUE(install_service(manager, {}, say));
    EXPECT_THAT(manager.calls, ElementsAre("install", "folder", "events"));
    EXPECT_THAT(said, Contains(HasSubstr(R"(C:\ProgramData\ReverseSync\.env)")));
}

TEST_F(ServiceVerbsTest, InstallingAgainBringsARunningServiceUpToDateWithoutStoppingIt) {
    manager.service = in(ServiceState::running);
    ASSERT_TRUE(install_service(manager, {}, say));
    EXPECT_THAT(manager.calls, ElementsAre("install", "folder", "events"));
    EXPECT_THAT(said, Contains(HasSubstr("until it is restarted")));
}

TEST_F(ServiceVerbsTest, InstallingEndsAtTheFirstThingThatIsRefused) {
    manager.refuses = "install";
    EXPECT_EQ(install_service(manager, {}, say).error().code, "windows 5");
    EXPECT_THAT(manager.calls, ElementsAre("install"));
    EXPECT_THAT(said, ElementsAre());
}

TEST_F(ServiceVerbsTest, StartReturnsWhenTheServiceRuns) {
    manager.service = in(ServiceState::stopped);
    manager.next = {in(ServiceState::start_pending, 1),
                    in(ServiceState::start_pending, 2),
                    {.state = ServiceState::running, .process = 42}};
    ASSERT_TRUE(start_service(manager, say));
    EXPECT_EQ(manager.pauses, 3);
    EXPECT_EQ(said.back(), "The service runs, process 42");
}

TEST_F(ServiceVerbsTest, StartFailsWhenTheServiceStopsAgain) {
    manager.service = in(ServiceState::stopped);
    manager.next = {{.state = ServiceState::stopped, .exit_code = 2}};
    EXPECT_THAT(start_service(manager, say).error().text, HasSubstr("stopped again, exit code 2"));
}

TEST_F(ServiceVerbsTest, StartOfARunningServiceAsksNothing) {
    manager.service = in(ServiceState::running);
    ASSERT_TRUE(start_service(manager, say));
    EXPECT_THAT(manager.calls, ElementsAre());
}

TEST_F(ServiceVerbsTest, WaitsForAServiceThatMakesProgressAndNotForOneThatIsStuck) {
    manager.service = in(ServiceState::stopped);
    constexpr std::uint32_t steps = 200;  // 50 s, more than a standing checkpoint is given
    for (std::uint32_t i = 1; i <= steps; ++i) {
        manager.next.push_back(in(ServiceState::start_pending, i));
    }
    EXPECT_THAT(start_service(manager, say).error().text, HasSubstr("does not get on"));
    EXPECT_GT(manager.pauses, static_cast<int>(steps));
    EXPECT_LT(manager.pauses, static_cast<int>(steps) + 130);
}

TEST_F(ServiceVerbsTest, StopReturnsWhenTheServiceHasStopped) {
    manager.service = in(ServiceState::running);
    manager.next = {in(ServiceState::running), in(ServiceState::stop_pending, 1), in(ServiceState::stopped)};
    ASSERT_TRUE(stop_service(manager, say));
    EXPECT_THAT(manager.calls, ElementsAre("stop"));
    EXPECT_EQ(manager.pauses, 3);
}

TEST_F(ServiceVerbsTest, StopOfAStoppedServiceIsGood) {
    manager.service = in(ServiceState::stopped);
    ASSERT_TRUE(stop_service(manager, say));
    EXPECT_THAT(manager.calls, ElementsAre());
}

TEST_F(ServiceVerbsTest, StopAndStartNeedAnInstalledService) {
    EXPECT_THAT(start_service(manager, say).error().text, HasSubstr("service install"));
    EXPECT_THAT(stop_service(manager, say).error().text, HasSubstr("service install"));
}

TEST_F(ServiceVerbsTest, UninstallStopsFirstAndKeepsSettingsAndState) {
    manager.service = in(ServiceState::running);
    manager.next = {in(ServiceState::stopped)};
    ASSERT_TRUE(uninstall_service(manager, false, say));
    EXPECT_THAT(manager.calls, ElementsAre("stop", "remove", "no events"));
}

TEST_F(ServiceVerbsTest, UninstallLeavesAServiceThatDoesNotStop) {
    manager.service = in(ServiceState::running);
    EXPECT_FALSE(uninstall_service(manager, true, say));
    EXPECT_THAT(manager.calls, Not(Contains("remove")));
    EXPECT_THAT(manager.calls, Not(Contains("remove folder")));
}

TEST_F(ServiceVerbsTest, UninstallCanBeRepeatedAndPurged) {
    ASSERT_TRUE(uninstall_service(manager, true, say));
    EXPECT_THAT(manager.calls, ElementsAre("no events", "remove folder"));
}

TEST_F(ServiceVerbsTest, StatusIsGoodOnlyOfAServiceThatRuns) {
    EXPECT_EQ(service_status(manager, say).value(), false);
    for (const auto state : {ServiceState::start_pending, ServiceState::stop_pending, ServiceState::stopped}) {
        manager.service = in(state);
        EXPECT_EQ(service_status(manager, say).value(), false);
    }
    manager.service = {.state = ServiceState::running, .process = 7};
    EXPECT_EQ(service_status(manager, say).value(), true);
    EXPECT_EQ(said.back(), "ReverseSync runs, process 7");
}

TEST_F(ServiceVerbsTest, StatusTellsTheExitCodeOfTheLastRun) {
    manager.service = {.state = ServiceState::stopped, .exit_code = 2};
    ASSERT_TRUE(service_status(manager, say));
    EXPECT_THAT(said.back(), HasSubstr("last run: 2"));
    manager.service = {.state = ServiceState::stopped, .exit_code = ServiceReport::never_started};
    ASSERT_TRUE(service_status(manager, say));
    EXPECT_THAT(said.back(), HasSubstr("has not been started"));
}

TEST(AccountKindOf, IsWhatWindowsTakesTheNameFor) {
    EXPECT_EQ(account_kind(R"(NT AUTHORITY\LocalService)"), AccountKind::system);
    EXPECT_EQ(account_kind(R"(nt authority\networkservice)"), AccountKind::system);
    EXPECT_EQ(account_kind("LocalSystem"), AccountKind::system);
    EXPECT_EQ(account_kind(R"(NT SERVICE\ReverseSync)"), AccountKind::service);
    EXPECT_EQ(account_kind(R"(CLINIC\sync$)"), AccountKind::managed);
    EXPECT_EQ(account_kind(R"(.\sync)"), AccountKind::person);
    EXPECT_EQ(account_kind(R"(CLINIC\sync)"), AccountKind::person);
}

}  // namespace
}  // namespace revsync
