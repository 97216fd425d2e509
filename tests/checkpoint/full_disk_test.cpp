#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "checkpoint/folder.hpp"
#include "checkpoint/sample_state.hpp"
#include "checkpoint/state_file.hpp"
#include "support/memory/manual_clock.hpp"
#include "support/memory/recorded_log.hpp"

namespace revsync {
namespace {

using testing::HasSubstr;

class DiskTest : public testing::Test {
protected:
    std::unique_ptr<Checkpoint> open() { return create_file_checkpoint(folder_ / "state.json", log_.logger(), clock_); }

    void expect_refused(Checkpoint& checkpoint, std::string_view name) {
        const auto saved = checkpoint.save(new_state_);
        ASSERT_TRUE(saved.has_error());
        EXPECT_EQ(saved.error().disposition, Disposition::configuration);
        EXPECT_THAT(saved.error().text, HasSubstr(name));
        EXPECT_FALSE(std::filesystem::exists(folder_ / "state.json.tmp"));
        const auto kept = checkpoint.load();
        ASSERT_FALSE(kept.has_error());
        EXPECT_EQ(*kept, old_state_);
    }

    Folder folder_;
    memory::ManualClock clock_{Timestamp::from_microseconds(0)};
    memory::RecordedLog log_;
    State old_state_ = state_at("2025-01-21T14:00:00Z");
    State new_state_ = state_at("2025-01-21T15:00:00Z");
};

// A disk of 64 KB. Where the test may not mount one, these are skipped; the next suite needs no rights.
class SmallDisk : public DiskTest {
protected:
    void SetUp() override {
        if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
            GTEST_SKIP() << "mounting is not permitted here";
        }
        mounted_ = true;
        ASSERT_FALSE(open()->save(old_state_).has_error());
    }
    void TearDown() override {
        if (mounted_) {
            ::umount2(folder_.path().c_str(), MNT_DETACH);
        }
    }

    bool mounted_ = false;
};

TEST_F(SmallDisk, when_full_keeps_the_old_state_and_takes_the_new_once_there_is_room) {
    auto checkpoint = open();
    write(folder_ / "filler", std::string(64 * 1024, 'x'));
    expect_refused(*checkpoint, "ENOSPC");
    std::filesystem::remove(folder_ / "filler");
    EXPECT_FALSE(checkpoint->save(new_state_).has_error());
    EXPECT_EQ(*checkpoint->load(), new_state_);
}

TEST_F(SmallDisk, when_read_only_keeps_the_old_state_and_says_so) {
    auto checkpoint = open();
    ASSERT_FALSE(checkpoint->load().has_error());
    // The lock file is open for writing, so that only a detour through a bind mount makes the folder read-only.
    const auto* folder = folder_.path().c_str();
    ASSERT_EQ(::mount(folder, folder, nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount(nullptr, folder, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    expect_refused(*checkpoint, "EROFS");
    ::umount2(folder, MNT_DETACH);
    EXPECT_FALSE(checkpoint->save(new_state_).has_error());
}

class FileSizeLimit : public DiskTest {
protected:
    void SetUp() override {
        ASSERT_FALSE(open()->save(old_state_).has_error());
        ::getrlimit(RLIMIT_FSIZE, &before_);
        previous_ = ::signal(SIGXFSZ, SIG_IGN);
    }
    void TearDown() override {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, previous_);
    }

    rlimit before_{};
    void (*previous_)(int) = nullptr;
};

TEST_F(FileSizeLimit, keeps_the_old_state) {
    auto checkpoint = open();
    const rlimit tiny{16, before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tiny), 0);
    const auto saved = checkpoint->save(new_state_);
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ASSERT_TRUE(saved.has_error());
    EXPECT_THAT(saved.error().text, HasSubstr("EFBIG"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "state.json.tmp"));
    EXPECT_EQ(*checkpoint->load(), old_state_);
}

}  // namespace
}  // namespace revsync
