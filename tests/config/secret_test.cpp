#include "config/secret.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>

namespace revsync {
namespace {

TEST(Secret, prints_as_stars_however_it_is_printed) {
    const Secret secret{"hunter2"};
    std::ostringstream stream;
    stream << secret;
    EXPECT_EQ(stream.str(), "***");
    EXPECT_EQ(fmt::format("{}", secret), "***");
    EXPECT_EQ(testing::PrintToString(secret), "***");
}

TEST(Secret, gives_its_value_only_when_asked) {
    EXPECT_EQ(Secret{"hunter2"}.reveal(), "hunter2");
    EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
    EXPECT_FALSE((std::is_convertible_v<Secret, std::string_view>));
    EXPECT_FALSE((std::is_convertible_v<std::string, Secret>));
}

}  // namespace
}  // namespace revsync
