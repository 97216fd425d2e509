#include "http/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "http/statuses.hpp"

namespace revsync::http {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Family {
    std::string type;
    std::string help;
    std::vector<std::string> samples;  // with labels, without values
};

// Reads the format as strictly as its definition has it: HELP, then TYPE, then the samples of that family alone.
std::map<std::string, Family> strictly_parsed(const std::string& text) {
    static const std::regex help{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))"};
    static const std::regex type{R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge))"};
    static const std::regex sample{
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*")*\})? (-?[0-9]+(?:\.[0-9]+)?))re"};
    std::map<std::string, Family> families;
    std::set<std::string> seen;
    std::string current;
    std::istringstream lines{text};
    EXPECT_TRUE(text.ends_with('\n'));
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, help)) {
            current = match[1];
            EXPECT_TRUE(families.emplace(current, Family{"", match[2], {}}).second) << current << " twice";
        } else if (std::regex_match(line, match, type)) {
            EXPECT_EQ(match[1], current);
            families[current].type = match[2];
        } else if (std::regex_match(line, match, sample)) {
            EXPECT_EQ(match[1], current);
            EXPECT_FALSE(families[current].type.empty()) << current;
            EXPECT_TRUE(seen.insert(match[1].str() + match[2].str()).second) << line;
            families[current].samples.push_back(match[1].str() + match[2].str());
        } else {
            ADD_FAILURE() << "not a line of the format: " << line;
        }
    }
    return families;
}

std::map<std::string, Family> families_of(const revsync::Status& status) {
    return strictly_parsed(metrics_text(status, {.resident_bytes = 1}));
}

TEST(Metrics, KeepToTheFormatWhateverTheStateIs) {
    for (const revsync::Status& status :
         {in_step(), draining_too(), with_stuck_queue(2), standing_by(), with_parked_rows(), sqlserver_down(),
          just_started(), not_configured(), hostile(), revsync::Status{}}) {
        EXPECT_GT(families_of(status).size(), 20U);
    }
}

TEST(Metrics, CountersAloneEndInTotal) {
    for (const auto& [name, family] : families_of(in_step())) {
        EXPECT_EQ(name.ends_with("_total"), family.type == "counter") << name;
    }
}

TEST(Metrics, TellEachStreamAndEachWayApart) {
    const std::string text = metrics_text(in_step(), {});
    EXPECT_THAT(
        text,
        HasSubstr(
            "\nreverse_sync_rows_changed_total{stream=\"notes\",direction=\"postgres-to-sql\",via=\"webhook\"} 9\n"));
    EXPECT_THAT(
        text,
        HasSubstr(
            "\nreverse_sync_rows_changed_total{stream=\"notes\",direction=\"postgres-to-sql\",via=\"poll\"} 3\n"));
    EXPECT_THAT(
        text,
        HasSubstr("\nreverse_sync_rows_found_total{stream=\"notes\",direction=\"postgres-to-sql\",via=\"poll\"} 9\n"));
    EXPECT_THAT(metrics_text(with_parked_rows(), {}),
                HasSubstr("\nreverse_sync_parked_rows{stream=\"notes\",direction=\"postgres-to-sql\"} 2\n"));
}

TEST(Metrics, TellTheQueueAndWhatItBrought) {
    const std::string text = metrics_text(with_stuck_queue(2), {});
    for (const char* line :
         {"reverse_sync_queue_up 1", "reverse_sync_queue_pending_items 7", "reverse_sync_queue_failed_items 2",
          "reverse_sync_queue_oldest_pending_timestamp_seconds 1737459600.000000",
          R"(reverse_sync_rows_changed_total{stream="notes",direction="sql-to-postgres",via="queue"} 5)",
          R"(reverse_sync_conflicts_total{stream="notes",direction="sql-to-postgres",winner="supabase"} 2)",
          R"(reverse_sync_conflicts_total{stream="notes",direction="sql-to-postgres",winner="sqlserver"} 1)"}) {
        EXPECT_THAT(text, HasSubstr(std::string{"\n"} + line + "\n"));
    }
    EXPECT_THAT(metrics_text(queue_unusable(), {}), HasSubstr("\nreverse_sync_queue_up 0\n"));
    EXPECT_THAT(metrics_text(in_step(), {}), Not(HasSubstr("reverse_sync_queue_")));
}

// An alert on the age of the last poll must not fire because nobody edited anything.
TEST(Metrics, TellNoCompletionOfAStreamThatOnlyRunsWhenThereIsWork) {
    EXPECT_THAT(metrics_text(draining_too(), {}),
                Not(HasSubstr(R"(last_complete_timestamp_seconds{stream="notes",direction="sql-to-postgres"})")));
}

TEST(Metrics, WriteTimesInSecondsAndDurationsToo) {
    const std::string text = metrics_text(in_step(), {});
    EXPECT_THAT(text, HasSubstr("\nreverse_sync_last_poll_timestamp_seconds 1737460740.000000\n"));
    EXPECT_THAT(text, HasSubstr("\nreverse_sync_last_poll_duration_seconds 0.034000\n"));
}

TEST(Metrics, LeaveOutWhatIsNotKnown) {
    const auto families = families_of(just_started());
    EXPECT_TRUE(families.at("reverse_sync_last_poll_timestamp_seconds").samples.empty());
    EXPECT_TRUE(families.at("reverse_sync_stream_position_timestamp_seconds").samples.empty());
    EXPECT_THAT(metrics_text(in_step(), {}), Not(HasSubstr("\nprocess_resident_memory_bytes ")));
    EXPECT_THAT(metrics_text(in_step(), {.resident_bytes = 7'000'000}),
                HasSubstr("\nprocess_resident_memory_bytes 7000000\n"));
}

TEST(Metrics, SayWhichEndIsDown) {
    EXPECT_THAT(metrics_text(sqlserver_down(), {}), HasSubstr("\nreverse_sync_end_up{end=\"sqlserver\"} 0\n"));
    EXPECT_THAT(metrics_text(sqlserver_down(), {}), HasSubstr("\nreverse_sync_end_up{end=\"supabase\"} 1\n"));
    EXPECT_THAT(metrics_text(sqlserver_down(), {}), HasSubstr("\nreverse_sync_in_step 0\n"));
    EXPECT_THAT(metrics_text(in_step(), {}), HasSubstr("\nreverse_sync_in_step 1\n"));
}

TEST(Metrics, LeaveOutAnEndThatIsNotConfigured) {
    revsync::Status status = in_step();
    status.ends[0].configured = false;
    const std::string text = metrics_text(status, {});
    EXPECT_THAT(text, Not(HasSubstr("{end=\"" + status.ends[0].name + "\"}")));
    EXPECT_THAT(text, HasSubstr("\nreverse_sync_end_up{end=\"" + status.ends[1].name + "\"} 1\n"));
}

TEST(Metrics, EscapeLabelValues) {
    revsync::Status status = in_step();
    status.streams[0].name = "a\"b\\c\nd";
    EXPECT_THAT(metrics_text(status, {}),
                HasSubstr("\nreverse_sync_parked_rows{stream=\"a\\\"b\\\\c\\nd\",direction="));
}

TEST(Metrics, HoldNothingOfARow) {
    EXPECT_THAT(metrics_text(hostile(), {}), Not(HasSubstr("script")));
    EXPECT_THAT(metrics_text(with_parked_rows(), {}), Not(HasSubstr("9007199254740993")));
}

TEST(Metrics, AreThoseOfTheirPage) {
    static const std::regex row{R"(\| `([a-z_]+)` \| (gauge|counter) \|([^|]*)\|.*)"};
    std::ifstream page{REVSYNC_METRICS_PAGE};
    std::map<std::string, std::string> documented;
    for (std::string line; std::getline(page, line);) {
        if (std::smatch match; std::regex_match(line, match, row)) {
            documented[match[1]] = match[2];
        }
    }
    std::map<std::string, std::string> exposed;
    for (const auto& [name, family] : families_of(draining_too())) {
        exposed[name] = family.type;
    }
    EXPECT_EQ(documented, exposed);
}

}  // namespace
}  // namespace revsync::http
