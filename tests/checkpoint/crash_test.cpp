#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#ifdef _WIN32
#include <process.h>
#include <windows.h>
#else
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "checkpoint/faulty_files.hpp"
#include "checkpoint/folder.hpp"
#include "checkpoint/sample_state.hpp"
#include "checkpoint/state_file.hpp"
#include "support/memory/manual_clock.hpp"
#include "support/memory/recorded_log.hpp"

namespace revsync {
namespace {

using testing::AnyOf;
using testing::Eq;

State old_state() {
    return state_at("2025-01-21T14:00:00Z");
}

State new_state() {
    return state_at("2025-01-21T15:00:00Z");
}

std::vector<ParkedRow> old_rows() {
    return {{"notes", "[1]", "", "old", {}, {}, {}, 1}};
}

std::vector<ParkedRow> new_rows() {
    return {{"notes", "[2]", "", "new", {}, {}, {}, 1}};
}

enum class Kept { state, quarantine };

[[noreturn]] void die() {
#ifdef _WIN32
    ::TerminateProcess(::GetCurrentProcess(), 137);
#else
    ::kill(::getpid(), SIGKILL);
#endif
    std::abort();
}

// Saves the new content in `folder`, and is killed before the call number `point`. Returns whether it was saved.
bool save_until(std::size_t point, Kept kept, const std::filesystem::path& folder) {
    memory::ManualClock clock{Timestamp::from_microseconds(0)};
    memory::RecordedLog log;
    auto files = std::make_unique<FaultyFiles>(create_system_files(), [&](std::size_t call) {
        if (call == point) {
            die();
        }
        return boost::system::error_code{};
    });
    auto checkpoint = create_file_checkpoint(folder / "state.json", log.logger(), clock, std::move(files));
    const auto saved = kept == Kept::state ? checkpoint->save(new_state()) : checkpoint->save_quarantine(new_rows());
    return !saved.has_error();
}

#ifdef _WIN32

// There is no fork: this program is started again for the one test that saves.
bool killed_at(std::size_t point, Kept kept, const Folder& folder) {
    ::_putenv_s("REVSYNC_CRASH_POINT", std::to_string(point).c_str());
    ::_putenv_s("REVSYNC_CRASH_KEPT", kept == Kept::state ? "state" : "quarantine");
    ::_wputenv_s(L"REVSYNC_CRASH_FOLDER", folder.path().c_str());
    wchar_t program[MAX_PATH] = {};
    ::GetModuleFileNameW(nullptr, program, MAX_PATH);
    const auto status =
        ::_wspawnl(_P_WAIT, program, L"crash", L"--gtest_filter=CrashingProcess.saves", L"--gtest_brief=1", nullptr);
    ::_putenv_s("REVSYNC_CRASH_POINT", "");
    EXPECT_TRUE(status == 0 || status == 137) << status;
    return status != 0;
}

TEST(CrashingProcess, saves) {
    const char* point = std::getenv("REVSYNC_CRASH_POINT");
    if (point == nullptr) {
        GTEST_SKIP() << "the tests of Crash start it";
    }
    const Kept kept = std::string_view{std::getenv("REVSYNC_CRASH_KEPT")} == "state" ? Kept::state : Kept::quarantine;
    ASSERT_TRUE(save_until(std::strtoul(point, nullptr, 10), kept, ::_wgetenv(L"REVSYNC_CRASH_FOLDER")));
}

#else

bool killed_at(std::size_t point, Kept kept, const Folder& folder) {
    const auto child = ::fork();
    if (child == 0) {
        ::_exit(save_until(point, kept, folder.path()) ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

#endif

// A process that is killed while it saves.
class Crash : public testing::Test {
protected:
    std::unique_ptr<Checkpoint> open() {
        return create_file_checkpoint(folder_ / "state.json", log_.logger(), clock_, create_system_files());
    }

    Folder folder_;
    memory::ManualClock clock_{Timestamp::from_microseconds(0)};
    memory::RecordedLog log_;
};

TEST_F(Crash, leaves_the_old_state_or_the_new_at_every_moment) {
    bool killed = true;
    for (std::size_t point = 1; killed; ++point) {
        ASSERT_FALSE(open()->save(old_state()).has_error());
        killed = killed_at(point, Kept::state, folder_);
        const auto found = open()->load();
        ASSERT_FALSE(found.has_error());
        EXPECT_THAT(*found, AnyOf(Eq(old_state()), Eq(new_state()))) << "killed at call " << point;
        if (!killed) {
            EXPECT_EQ(*found, new_state());
            EXPECT_GT(point, 5U);
        }
        ASSERT_LT(point, 50U);
    }
    EXPECT_TRUE(log_.texts(Level::warning).empty());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "state.json.tmp"));
}

TEST_F(Crash, leaves_the_old_quarantine_or_the_new_at_every_moment) {
    bool killed = true;
    for (std::size_t point = 1; killed; ++point) {
        ASSERT_FALSE(open()->save_quarantine(old_rows()).has_error());
        killed = killed_at(point, Kept::quarantine, folder_);
        const auto found = open()->load_quarantine();
        ASSERT_FALSE(found.has_error());
        EXPECT_THAT(*found, AnyOf(Eq(old_rows()), Eq(new_rows()))) << "killed at call " << point;
        ASSERT_LT(point, 50U);
    }
    EXPECT_TRUE(log_.texts(Level::warning).empty());
}

}  // namespace
}  // namespace revsync
