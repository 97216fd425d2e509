#include "core/timestamp.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace revsync {
namespace {

std::string read_and_write(std::string_view text) {
    const auto time = Timestamp::parse(text);
    return time ? time->iso_microseconds() : "refused";
}

TEST(Timestamp, keeps_every_microsecond_of_what_postgres_writes) {
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00.000123Z"), "2025-01-21T14:00:00.000123Z");
    EXPECT_EQ(read_and_write("2025-01-21 14:00:00.999999+00:00"), "2025-01-21T14:00:00.999999Z");
    EXPECT_EQ(read_and_write("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z");
}

TEST(Timestamp, reads_any_number_of_fraction_digits_and_cuts_those_past_six) {
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00Z"), "2025-01-21T14:00:00.000000Z");
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00.5Z"), "2025-01-21T14:00:00.500000Z");
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00.123456789Z"), "2025-01-21T14:00:00.123456Z");
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00.1234567890Z"), "refused");
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00.Z"), "refused");
}

TEST(Timestamp, turns_an_offset_into_utc) {
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00+03:00"), "2025-01-21T11:00:00.000000Z");
    EXPECT_EQ(read_and_write("2025-01-21T22:30:00-05:30"), "2025-01-22T04:00:00.000000Z");
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00+16:00"), "refused");
    EXPECT_EQ(read_and_write("2025-01-21T14:00:00+03"), "refused");
}

TEST(Timestamp, knows_the_calendar) {
    EXPECT_EQ(read_and_write("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000000Z");
    EXPECT_EQ(read_and_write("2025-02-29T00:00:00Z"), "refused");
    EXPECT_EQ(read_and_write("2025-13-01T00:00:00Z"), "refused");
    EXPECT_EQ(read_and_write("2025-01-21T24:00:00Z"), "refused");
    EXPECT_EQ(read_and_write("2025-01-21T23:60:00Z"), "refused");
}

TEST(Timestamp, covers_the_years_1_to_9999) {
    EXPECT_EQ(read_and_write("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000000Z");
    EXPECT_EQ(read_and_write("9999-12-31T23:59:59.999999Z"), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(read_and_write("0000-01-01T00:00:00Z"), "refused");
}

TEST(Timestamp, refuses_everything_that_is_not_a_whole_time) {
    for (const auto* text : {"", "yesterday", "2025-01-21", "2025-01-21T14:00:00", "2025-01-21T14:00Z",
                             "2025-1-21T14:00:00Z", " 2025-01-21T14:00:00Z", "2025-01-21T14:00:00Z ",
                             "-025-01-21T14:00:00Z", "2025-01-21T-4:00:00Z", "infinity"}) {
        EXPECT_FALSE(Timestamp::parse(text)) << text;
    }
}

TEST(Timestamp, cuts_to_milliseconds_towards_the_past) {
    const auto time = Timestamp::from_microseconds(1'999);
    EXPECT_EQ(time.truncated_to_milliseconds().microseconds(), 1'000);
    EXPECT_EQ(Timestamp::from_microseconds(-1).truncated_to_milliseconds().microseconds(), -1'000);
    EXPECT_EQ(Timestamp::from_microseconds(-1000).truncated_to_milliseconds().microseconds(), -1'000);
    EXPECT_EQ(time.iso_milliseconds(), "1970-01-01T00:00:00.001Z");
}

TEST(Timestamp, subtracts_and_adds_exactly) {
    const auto time = Timestamp::from_microseconds(5'000'000'001);
    EXPECT_EQ(time - std::chrono::seconds{5000}, Timestamp::from_microseconds(1));
    EXPECT_EQ((time + std::chrono::microseconds{1}) - time, std::chrono::microseconds{1});
}

#ifndef _WIN32
class ZoneOfBaghdad : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("TZ", "<+03>-3", 1);
        ::tzset();
    }
    void TearDown() override {
        ::unsetenv("TZ");
        ::tzset();
    }
};

TEST_F(ZoneOfBaghdad, shows_times_on_the_clock_of_the_users) {
    EXPECT_EQ(format_local(*Timestamp::parse("2025-01-20T07:00:00.9Z")), "1/20/2025, 10:00:00 AM");
    EXPECT_EQ(format_local(*Timestamp::parse("2025-01-20T09:05:07Z")), "1/20/2025, 12:05:07 PM");
    EXPECT_EQ(format_local(*Timestamp::parse("2025-01-20T21:00:00Z")), "1/21/2025, 12:00:00 AM");
}
#endif

}  // namespace
}  // namespace revsync
