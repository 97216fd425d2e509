#include <gtest/gtest.h>

#include "sync/catch_up.hpp"

namespace revsync {
namespace {

constexpr Timestamp second(std::int64_t count) {
    return Timestamp::from_microseconds(count * 1'000'000);
}

const Cursor before{second(10), Key{"[1]"}};

TEST(SafeCursor, stands_at_the_last_row_of_a_full_page) {
    const Cursor last{second(20), Key{"[7]"}};
    EXPECT_EQ(safe_cursor(before, last, second(30)), last);
}

TEST(SafeCursor, goes_to_the_horizon_when_the_source_had_nothing_more) {
    EXPECT_EQ(safe_cursor(before, std::nullopt, second(30)), (Cursor{second(30), std::nullopt}));
}

TEST(SafeCursor, never_passes_the_horizon) {
    EXPECT_EQ(safe_cursor(before, Cursor{second(40), Key{"[7]"}}, second(30)), (Cursor{second(30), std::nullopt}));
}

TEST(SafeCursor, leaves_rows_stamped_exactly_at_the_horizon_to_be_read_again) {
    EXPECT_EQ(safe_cursor(before, Cursor{second(30), Key{"[7]"}}, second(30)), (Cursor{second(30), std::nullopt}));
}

TEST(SafeCursor, stays_where_it_was_when_the_horizon_is_behind_it) {
    EXPECT_EQ(safe_cursor(before, std::nullopt, second(5)), before);
    EXPECT_EQ(safe_cursor(before, Cursor{second(12), Key{"[2]"}}, second(5)), before);
    EXPECT_EQ(safe_cursor(before, std::nullopt, before.changed_at), before);
}

}  // namespace
}  // namespace revsync
