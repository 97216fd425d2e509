#include "checkpoint/atomic_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#ifndef _WIN32
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "checkpoint/faulty_files.hpp"
#include "checkpoint/folder.hpp"
#include "checkpoint/unflushed_files.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;
using boost::system::error_code;
using testing::AnyOf;
using testing::Eq;
using testing::HasSubstr;

struct PowerLoss {};

class AtomicFile : public testing::Test {
protected:
    Folder folder_;
    fs::path file_ = folder_ / "state.json";
    std::unique_ptr<Files> system_ = create_system_files();
};

TEST_F(AtomicFile, is_created_and_replaced) {
    ASSERT_FALSE(write_atomically(*system_, file_, "old", "the state file").has_error());
    EXPECT_EQ(content(file_), "old");
    ASSERT_FALSE(write_atomically(*system_, file_, "new", "the state file").has_error());
    EXPECT_EQ(content(file_), "new");
    EXPECT_EQ(folder_.count(), 1U);
}

#ifndef _WIN32
TEST_F(AtomicFile, of_root_belongs_to_the_owner_of_the_folder) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "takes root";
    }
    constexpr uid_t service = 65534;
    ASSERT_EQ(::chown(file_.parent_path().c_str(), service, service), 0);
    ASSERT_FALSE(write_atomically(*system_, file_, "new", "the state file").has_error());
    const auto lock = system_->lock(folder_ / "lock");
    ASSERT_FALSE(lock.has_error());
    system_->unlock(*lock);
    for (const fs::path& path : {file_, folder_ / "lock"}) {
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, service) << path;
    }
}
#endif

TEST_F(AtomicFile, is_readable_by_its_owner_only) {
    write(file_, "old");
    fs::permissions(file_, fs::perms{0644});
    ASSERT_FALSE(write_atomically(*system_, file_, "new", "the state file").has_error());
    EXPECT_EQ(fs::status(file_).permissions(), fs::perms{0600});
}

TEST_F(AtomicFile, replaces_what_a_crash_left_behind) {
    write(temporary_name(file_), "half of someth");
    ASSERT_FALSE(write_atomically(*system_, file_, "new", "the state file").has_error());
    EXPECT_EQ(content(file_), "new");
    EXPECT_EQ(folder_.count(), 1U);
}

TEST_F(AtomicFile, takes_a_file_name_without_a_folder) {
    const auto home = fs::current_path();
    fs::current_path(folder_.path());
    EXPECT_FALSE(write_atomically(*system_, "state.json", "new", "the state file").has_error());
    fs::current_path(home);
    EXPECT_EQ(content(file_), "new");
}

TEST_F(AtomicFile, keeps_the_old_content_whichever_call_fails) {
    bool failed = true;
    for (std::size_t point = 1; failed; ++point) {
        write(file_, "old");
        FaultyFiles files{
            create_system_files(), [&](std::size_t call) {
                return call == point ? error_code{ENOSPC, boost::system::system_category()} : error_code{};
            }};
        const auto saved = write_atomically(files, file_, "new", "the state file");
        failed = saved.has_error();
        if (failed) {
            EXPECT_THAT(saved.error().text, HasSubstr("ENOSPC"));
            EXPECT_THAT(content(file_), AnyOf(Eq("old"), Eq("new"))) << point;
        }
        EXPECT_EQ(folder_.count(), 1U) << "something was left behind at call " << point;
        ASSERT_LT(point, 20U);
    }
    EXPECT_EQ(content(file_), "new");
}

TEST(PowerLoss, leaves_the_old_content_or_the_new_at_every_moment) {
    const fs::path file{"/data/state.json"};
    bool lost = true;
    for (std::size_t point = 1; lost; ++point) {
        UnflushedDisk disk;
        UnflushedFiles before{disk};
        ASSERT_FALSE(write_atomically(before, file, "old", "the state file").has_error());
        FaultyFiles files{std::make_unique<UnflushedFiles>(disk),
                          [&](std::size_t call) { return call == point ? throw PowerLoss{} : error_code{}; }};
        try {
            ASSERT_FALSE(write_atomically(files, file, "new", "the state file").has_error());
            lost = false;
        } catch (const PowerLoss&) {
        }
        for (const bool names_reached_the_disk : {false, true}) {
            const auto survived = disk.after_power_loss(file, names_reached_the_disk);
            EXPECT_THAT(survived, AnyOf(Eq("old"), Eq("new"))) << "at call " << point;
            if (!lost) {
                EXPECT_EQ(survived, "new");
            }
        }
        ASSERT_LT(point, 20U);
    }
}

}  // namespace
}  // namespace revsync
