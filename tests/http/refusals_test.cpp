#include "http/refusals.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync::http {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const auto somebody = make_address("192.0.2.7");
const SteadyTime start{1h};

struct RefusalLogTest : testing::Test {
    std::vector<std::string> lines;
    RefusalLog log{Logger{Level::debug, [this](Level, std::string_view line) { lines.emplace_back(line); }}};

    void refuse(Refusal refusal, SteadyTime now) { log.refused(refusal, Access::webhook, somebody, now); }
};

TEST_F(RefusalLogTest, says_each_kind_at_once) {
    refuse(Refusal::wrong_signature, start);
    log.refused(Refusal::missing, Access::control, make_address("2001:db8::1"), start);
    EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("a webhook from 192.0.2.7"), HasSubstr("wrong signature")),
                                   AllOf(HasSubstr("a request from 2001:db8::1"), HasSubstr("neither"))));
}

TEST_F(RefusalLogTest, counts_the_rest_of_a_minute_in_one_line) {
    for (int i = 0; i < 1000; ++i) {
        refuse(Refusal::missing, start + i * 10ms);
    }
    EXPECT_EQ(lines.size(), 1U);
    log.catch_up(start + 59s);
    EXPECT_EQ(lines.size(), 1U);
    log.catch_up(start + 60s);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(lines.back(), HasSubstr("Refused 999 more"));
    EXPECT_EQ(log.count(Refusal::missing), 1000U);
}

TEST_F(RefusalLogTest, is_quiet_when_nothing_more_came) {
    refuse(Refusal::missing, start);
    lines.clear();
    log.catch_up(start + 10min);
    EXPECT_THAT(lines, IsEmpty());
    refuse(Refusal::missing, start + 11min);
    EXPECT_THAT(lines, ElementsAre(HasSubstr("Refused a webhook")));
}

TEST(Refusals, have_a_name_each) {
    std::set<std::string_view> names;
    for (const Refusal refusal : all_refusals) {
        names.insert(to_string(refusal));
    }
    EXPECT_EQ(names.size(), all_refusals.size());
}

TEST(RefusalLimit, lets_an_address_fail_so_often_a_minute) {
    RefusalLimit limit;
    for (std::size_t i = 0; i < RefusalLimit::a_minute; ++i) {
        ASSERT_EQ(limit.add(somebody, start + 30s), std::nullopt) << i;
    }
    EXPECT_EQ(limit.add(somebody, start + 40s), 50s);
    EXPECT_EQ(limit.add(make_address("192.0.2.8"), start + 40s), std::nullopt);
    EXPECT_EQ(limit.add(somebody, start + 90s), std::nullopt);
}

TEST(RefusalLimit, takes_an_ipv6_network_as_one_address) {
    RefusalLimit limit;
    for (std::size_t i = 0; i <= RefusalLimit::a_minute; ++i) {
        limit.add(make_address(fmt::format("2001:db8::{:x}", i)), start);
    }
    EXPECT_NE(limit.add(make_address("2001:db8::ffff:1"), start), std::nullopt);
    EXPECT_EQ(limit.add(make_address("2001:db8:0:1::1"), start), std::nullopt);
}

TEST(RefusalLimit, knows_only_so_many_addresses) {
    RefusalLimit limit;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        limit.add(boost::asio::ip::address_v4{i + 1}, start);
    }
    EXPECT_LE(limit.addresses(), RefusalLimit::addresses_most);
    EXPECT_NE(limit.add(make_address("203.0.113.1"), start), std::nullopt) << "the others share one count";
    EXPECT_EQ(limit.add(make_address("203.0.113.1"), start + 1min), std::nullopt);
    EXPECT_LE(limit.addresses(), 2U) << "the minute is over for all";
}

}  // namespace
}  // namespace revsync::http
