#include "http/seen_ids.hpp"

#include <gtest/gtest.h>

namespace revsync::http {
namespace {

using namespace std::chrono_literals;

const Timestamp now = Timestamp::parse("2025-01-21T14:00:00Z").value();

TEST(SeenIds, lets_an_id_through_once) {
    SeenIds seen;
    EXPECT_TRUE(seen.remember("a", now));
    EXPECT_TRUE(seen.remember("b", now));
    EXPECT_FALSE(seen.remember("a", now));
    EXPECT_FALSE(seen.remember("a", now + 1s));
}

TEST(SeenIds, lets_a_forgotten_id_through_again) {
    SeenIds seen;
    seen.remember("a", now);
    seen.forget("a");
    seen.forget("never seen");
    EXPECT_TRUE(seen.remember("a", now));
    EXPECT_EQ(seen.size(), 1U);
}

TEST(SeenIds, takes_five_minutes_either_way) {
    SeenIds seen;
    EXPECT_TRUE(seen.in_time(now - 5min, now));
    EXPECT_TRUE(seen.in_time(now + 5min, now));
    EXPECT_FALSE(seen.in_time(now - 5min - 1s, now));
    EXPECT_FALSE(seen.in_time(now + 5min + 1s, now));
}

TEST(SeenIds, keeps_an_id_for_as_long_as_it_could_be_replayed) {
    SeenIds seen;
    seen.remember("ahead", now + 5min);
    seen.remember("behind", now - 5min);
    EXPECT_TRUE(seen.in_time(now + 5min, now + 10min));
    EXPECT_FALSE(seen.remember("ahead", now + 5min));
    EXPECT_EQ(seen.size(), 1U);
    EXPECT_FALSE(seen.in_time(now + 5min, now + 10min + 1s));
    EXPECT_EQ(seen.size(), 0U);
}

TEST(SeenIds, shortens_the_tolerance_rather_than_grow_or_let_a_replay_through) {
    SeenIds seen{3};
    for (int i = 0; i < 100; ++i) {
        const Timestamp signed_at = now + i * 1s;
        ASSERT_TRUE(seen.in_time(signed_at, signed_at));
        ASSERT_TRUE(seen.remember(std::to_string(i), signed_at));
        ASSERT_LE(seen.size(), 3U);
    }
    const Timestamp later = now + 100s;
    for (int i = 0; i < 100; ++i) {
        const Timestamp signed_at = now + i * 1s;
        EXPECT_FALSE(seen.in_time(signed_at, later) && seen.remember(std::to_string(i), signed_at)) << i;
    }
    EXPECT_TRUE(seen.in_time(later, later));
}

TEST(SeenIds, do_not_stay_closed_after_the_clock_was_set_back) {
    SeenIds seen{1};
    seen.remember("a", now);
    seen.remember("b", now);
    EXPECT_FALSE(seen.in_time(now, now));
    EXPECT_TRUE(seen.in_time(now - 1h, now - 1h));
}

}  // namespace
}  // namespace revsync::http
