#include "postgres/horizon.hpp"

#include <gmock/gmock.h>

#include "postgres/feed_fixture.hpp"

namespace revsync::postgres {
namespace {

using testing::ElementsAre;

class Horizons : public FeedTest {
protected:
    Horizon horizon(Feed& feed) { return poll(feed, {}).value().horizon; }

    static Timestamp time(const std::string& text) { return Timestamp::parse(text).value(); }
    static constexpr const char* iso = R"('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')";
    static std::string now_text() { return std::string{"SELECT to_char(now() AT TIME ZONE 'UTC', "} + iso + ")"; }
};

TEST_F(Horizons, StandJustBehindTheSourcesClock) {
    const auto feed = this->feed();
    const Horizon seen = horizon(*feed);

    EXPECT_EQ(seen.source_now - seen.time, horizon_margin);
    EXPECT_FALSE(seen.other_sessions_hidden);
}

TEST_F(Horizons, AreHeldBackByAnOpenTransaction) {
    create_items();
    Client writer = another_client();
    writer.execute("BEGIN");
    const Timestamp begun = time(writer.value(now_text()));
    writer.execute("INSERT INTO items VALUES (1, 'late', now())");
    sql().execute("INSERT INTO items VALUES (2, 'early', clock_timestamp())");
    const Stream items = items_stream();
    const auto feed = this->feed();

    const PollReading during = poll(*feed, {{&items, since(early), 10}}).value();
    EXPECT_THAT(keys_of(during.pages[0].value()), ElementsAre("[2]"));
    EXPECT_EQ(during.horizon.time, begun - horizon_margin);

    writer.execute("COMMIT");
    const PollReading after = poll(*feed, {{&items, {during.horizon.time, std::nullopt}, 10}}).value();
    EXPECT_THAT(keys_of(after.pages[0].value()), ElementsAre("[1]", "[2]"));
    EXPECT_GT(after.horizon.time, during.horizon.time);
}

TEST_F(Horizons, IgnoreSessionsThatAreIdle) {
    Client idle = another_client();
    idle.execute("SELECT 1");
    const auto feed = this->feed();
    const Horizon seen = horizon(*feed);

    EXPECT_EQ(seen.source_now - seen.time, horizon_margin);
}

TEST_F(Horizons, FallBackToTheOverlapWhenSessionsAreHidden) {
    const auto feed = feed_as(create_role());
    const Horizon seen = horizon(*feed);

    EXPECT_TRUE(seen.other_sessions_hidden);
    EXPECT_EQ(seen.source_now - seen.time, std::chrono::seconds{300} + horizon_margin);
}

TEST_F(Horizons, SeeSessionsWithPgReadAllStats) {
    const std::string role = create_role();
    sql().execute("GRANT pg_read_all_stats TO " + role);
    const auto feed = feed_as(role);

    EXPECT_FALSE(horizon(*feed).other_sessions_hidden);
}

TEST_F(Horizons, AreHeldBackByAPreparedTransaction) {
    create_items();
    if (sql().value("SHOW max_prepared_transactions") == "0") {
        GTEST_SKIP() << "the server allows no prepared transactions";
    }
    sql().execute("BEGIN");
    sql().execute("INSERT INTO items VALUES (1, 'a', now())");
    sql().execute("PREPARE TRANSACTION 'held_" + database() + "'");
    const auto feed = this->feed();
    const Horizon seen = horizon(*feed);
    sql().execute("ROLLBACK PREPARED 'held_" + database() + "'");

    EXPECT_GE(seen.source_now - seen.time, std::chrono::seconds{300});
}

}  // namespace
}  // namespace revsync::postgres
