#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <boost/system/error_condition.hpp>

#include "checkpoint/files.hpp"
#include "checkpoint/folder.hpp"

namespace revsync {
namespace {

TEST(WindowsFiles, SayThatAFileIsInUseAndReplaceItOnceItIsNot) {
    const Folder folder;
    write(folder / "state.json", "old");
    write(folder / "new", "new");
    const auto files = create_system_files();
    const HANDLE scanner = ::CreateFileW((folder / "state.json").c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                                         OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
    ASSERT_NE(scanner, INVALID_HANDLE_VALUE);
    const auto refused = files->replace(folder / "new", folder / "state.json");
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error(), boost::system::errc::make_error_condition(boost::system::errc::device_or_resource_busy));
    EXPECT_EQ(content(folder / "state.json"), "old");
    ::CloseHandle(scanner);
    EXPECT_FALSE(files->replace(folder / "new", folder / "state.json").has_error());
    EXPECT_EQ(content(folder / "state.json"), "new");
}

}  // namespace
}  // namespace revsync
