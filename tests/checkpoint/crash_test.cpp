#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

// A process that is killed while it saves.
class Crash : public testing::Test {
protected:
    std::unique_ptr<Checkpoint> open(std::unique_ptr<Files> files = create_system_files()) {
        return create_file_checkpoint(folder_ / "state.json", log_.logger(), clock_, std::move(files));
    }

    // Whether the child was killed before its call number `point`, rather than ending by itself.
    template <class Save>
    bool killed_at(std::size_t point, Save save) {
        const auto child = ::fork();
        if (child == 0) {
            auto checkpoint = open(std::make_unique<FaultyFiles>(create_system_files(), [&](std::size_t call) {
                if (call == point) {
                    ::kill(::getpid(), SIGKILL);
                }
                return boost::system::error_code{};
            }));
            ::_exit(save(*checkpoint).has_error() ? 1 : 0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        return WIFSIGNALED(status);
    }

    Folder folder_;
    memory::ManualClock clock_{Timestamp::from_microseconds(0)};
    memory::RecordedLog log_;
};

TEST_F(Crash, leaves_the_old_state_or_the_new_at_every_moment) {
    const auto old_state = state_at("2025-01-21T14:00:00Z");
    const auto new_state = state_at("2025-01-21T15:00:00Z");
    bool killed = true;
    for (std::size_t point = 1; killed; ++point) {
        ASSERT_FALSE(open()->save(old_state).has_error());
        killed = killed_at(point, [&](Checkpoint& checkpoint) { return checkpoint.save(new_state); });
        const auto found = open()->load();
        ASSERT_FALSE(found.has_error());
        EXPECT_THAT(*found, AnyOf(Eq(old_state), Eq(new_state))) << "killed at call " << point;
        if (!killed) {
            EXPECT_EQ(*found, new_state);
            EXPECT_GT(point, 5U);
        }
        ASSERT_LT(point, 50U);
    }
    EXPECT_TRUE(log_.texts(Level::warning).empty());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "state.json.tmp"));
}

TEST_F(Crash, leaves_the_old_quarantine_or_the_new_at_every_moment) {
    const std::vector<ParkedRow> old_rows{{"notes", "[1]", "", "old", {}, {}, {}, 1}};
    const std::vector<ParkedRow> new_rows{{"notes", "[2]", "", "new", {}, {}, {}, 1}};
    bool killed = true;
    for (std::size_t point = 1; killed; ++point) {
        ASSERT_FALSE(open()->save_quarantine(old_rows).has_error());
        killed = killed_at(point, [&](Checkpoint& checkpoint) { return checkpoint.save_quarantine(new_rows); });
        const auto found = open()->load_quarantine();
        ASSERT_FALSE(found.has_error());
        EXPECT_THAT(*found, AnyOf(Eq(old_rows), Eq(new_rows))) << "killed at call " << point;
        ASSERT_LT(point, 50U);
    }
    EXPECT_TRUE(log_.texts(Level::warning).empty());
}

}  // namespace
}  // namespace revsync
