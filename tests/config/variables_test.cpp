#include "config/variables.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace revsync {
namespace {

std::string documentation() {
    std::ifstream file{REVSYNC_CONFIGURATION_PAGE};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Variables, finds_the_one_that_was_probably_meant) {
    EXPECT_EQ(nearest_variable("REVERSE_SYNC_INTERVAL_MINUTE"), "REVERSE_SYNC_INTERVAL_MINUTES");
    EXPECT_EQ(nearest_variable("REVERSE_SYNC_INTERVAL"), "REVERSE_SYNC_INTERVAL_MINUTES");
    EXPECT_EQ(nearest_variable("REVERSE_SYNC_LOOKBACK_HUORS"), "REVERSE_SYNC_LOOKBACK_HOURS");
    EXPECT_EQ(nearest_variable("reverse_sync_enabled"), "REVERSE_SYNC_ENABLED");
    EXPECT_EQ(nearest_variable("FORWARD_SYNC_POLL"), "FORWARD_SYNC_POLL_SECONDS");
    EXPECT_EQ(nearest_variable("FORWARD_SYNC_ENABELD"), "FORWARD_SYNC_ENABLED");
    EXPECT_EQ(nearest_variable("REVERSE_SYNC_COLOUR_OF_THE_SKY"), std::nullopt);
    EXPECT_EQ(nearest_variable(std::string(100000, 'X')), std::nullopt);
}

TEST(Variables, warns_of_a_name_that_only_looks_like_a_setting) {
    EXPECT_EQ(unknown_variable_warning("REVERSE_SYNC_STATEFILE"),
              "REVERSE_SYNC_STATEFILE is not a setting and has no effect (did you mean REVERSE_SYNC_STATE_FILE?)");
    EXPECT_EQ(unknown_variable_warning("REVERSE_SYNC_COLOUR"),
              "REVERSE_SYNC_COLOUR is not a setting and has no effect");
    EXPECT_EQ(unknown_variable_warning("FORWARD_SYNC_COLOUR"),
              "FORWARD_SYNC_COLOUR is not a setting and has no effect");
    EXPECT_EQ(unknown_variable_warning("REVERSE_SYNC_ENABLED"), std::nullopt);
    EXPECT_EQ(unknown_variable_warning("FORWARD_SYNC_ENABLED"), std::nullopt);
    EXPECT_EQ(unknown_variable_warning("SUPABASE_ANON_KEY"), std::nullopt);
}

TEST(Variables, are_all_documented) {
    const auto page = documentation();
    for (const auto name : known_variables()) {
        EXPECT_NE(page.find(fmt::format("`{}`", name)), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace revsync
