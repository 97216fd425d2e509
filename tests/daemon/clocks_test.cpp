#include "clocks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Clocks, MayBeASecondApart) {
    EXPECT_EQ(compare_clocks(1s).level, Finding::Level::good);
    EXPECT_EQ(compare_clocks(-1s).level, Finding::Level::good);
}

TEST(Clocks, AreToldApartBySideAndDistance) {
    EXPECT_EQ(compare_clocks(1500ms).level, Finding::Level::warning);
    EXPECT_THAT(compare_clocks(1500ms).text, HasSubstr("1.5 s ahead of Supabase's"));
    EXPECT_THAT(compare_clocks(-90s).text, HasSubstr("90.0 s behind Supabase's"));
    EXPECT_THAT(compare_clocks(-90s).fix, HasSubstr("w32tm"));
}

}  // namespace
}  // namespace revsync
