#include "checkpoint/file_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace revsync {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Error error_of(int number) {
    return file_error("save the state file", "/data/s.json", {number, boost::system::system_category()});
}

TEST(FileError, says_what_failed_where_why_and_what_to_do) {
    const auto error = error_of(ENOSPC);
    EXPECT_EQ(error.text,
              "cannot save the state file /data/s.json: no space left on the device (ENOSPC); free some space on the "
              "disk");
    EXPECT_EQ(error.code, "errno 28");
}

TEST(FileError, asks_a_person_for_what_only_a_person_can_change) {
    for (const int number : {ENOSPC, EDQUOT, EROFS, EACCES, EPERM, ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP}) {
        EXPECT_EQ(error_of(number).disposition, Disposition::configuration) << number;
    }
    EXPECT_THAT(error_of(EDQUOT).text, AllOf(HasSubstr("EDQUOT"), HasSubstr("quota")));
}

TEST(FileError, tries_again_what_may_pass_by_itself) {
    for (const int number : {EIO, EBUSY, EMFILE, ENOMEM}) {
        EXPECT_EQ(error_of(number).disposition, Disposition::retry) << number;
    }
}

}  // namespace
}  // namespace revsync
