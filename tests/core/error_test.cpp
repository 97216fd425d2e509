#include "core/error.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace revsync {
namespace {

TEST(Error, is_described_by_its_text_and_its_code) {
    EXPECT_EQ(describe({Disposition::row, "sqlserver 547", "the set does not exist"}),
              "the set does not exist (sqlserver 547)");
    EXPECT_EQ(describe({Disposition::retry, "", "the server is starting"}), "the server is starting");
}

TEST(Error, says_what_it_means_for_the_work_in_one_word) {
    EXPECT_EQ(to_string(Disposition::retry), "retry");
    EXPECT_EQ(to_string(Disposition::in_doubt), "in doubt");
    EXPECT_EQ(to_string(Disposition::row), "row");
    EXPECT_EQ(to_string(Disposition::stream), "stream");
    EXPECT_EQ(to_string(Disposition::configuration), "configuration");
    EXPECT_EQ(to_string(Disposition::stopped), "stopped");
}

TEST(Result, throws_when_its_value_is_taken_without_having_one) {
    const Result<int> failed = Error{Disposition::retry, "", "no connection"};
    EXPECT_THROW(static_cast<void>(failed.value()), std::logic_error);
}

}  // namespace
}  // namespace revsync
