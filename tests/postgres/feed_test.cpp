#include "postgres/feed.hpp"

#include <gmock/gmock.h>

#include "mapping/clinic.hpp"
#include "postgres/feed_fixture.hpp"

namespace revsync::postgres {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Feeds : public FeedTest {};

TEST_F(Feeds, PageOverCompositeKeys) {
    sql().execute(
        "CREATE TABLE items (a int, b text, body text, changed timestamptz, PRIMARY KEY (a, b));"
        "INSERT INTO items VALUES (1, 'x', '', '2025-01-02Z'), (1, 'y', '', '2025-01-02Z'), (2, 'a', '', "
        "'2025-01-02Z')");
    Stream items = items_stream();
    items.key = {{"a", "A"}, {"b", "B"}};
    const auto feed = this->feed();

    EXPECT_THAT(read_all(*feed, items, since(early), 1).first, ElementsAre(R"([1,"x"])", R"([1,"y"])", R"([2,"a"])"));
    EXPECT_THAT(keys_of(rows_by_key(*feed, items, {R"([1,"y"])", R"([1,"a"])", R"([2, "a"])"})),
                ElementsAre(R"([1,"y"])", R"([2,"a"])"));
}

TEST_F(Feeds, SayOfEveryKeyByItsPositionWhetherItIsPresentFilteredOrGone) {
    create_items();
    sql().execute("INSERT INTO items VALUES (1, 'a', '2025-01-02Z'), (2, 'b', '2025-01-02Z'), (3, 'a', NULL)");
    Stream items = items_stream();
    items.filter = {{"body", Condition::Test::equals, "a"}};
    const auto feed = this->feed();

    const RowReadings rows = rows_by_key(*feed, items, {"[3]", "[4]", "[1]", R"(["2"])", "[1]"});

    ASSERT_EQ(rows.size(), 5U);
    EXPECT_EQ(rows[0]->presence, RowReading::Presence::present);
    EXPECT_EQ(rows[0]->change.changed_at, Timestamp{});
    EXPECT_EQ(rows[1]->presence, RowReading::Presence::gone);
    EXPECT_EQ(rows[1]->change.key, "[4]");
    EXPECT_EQ(rows[1]->change.operation, Operation::remove);
    EXPECT_EQ(rows[2]->presence, RowReading::Presence::present);
    EXPECT_EQ(rows[3]->presence, RowReading::Presence::filtered);
    EXPECT_EQ(rows[3]->change.key, "[2]");
    EXPECT_EQ(rows[4]->change.row, rows[2]->change.row);
}

TEST_F(Feeds, LetOnlyThatKeyFailWhichCannotBeOne) {
    create_items();
    sql().execute("INSERT INTO items VALUES (1, 'a', '2025-01-02Z'), (3, 'a', '2025-01-02Z')");
    const Stream items = items_stream();
    const auto feed = this->feed();

    const RowReadings rows = rows_by_key(
        *feed, items, {"[1]", R"(["hunter2"])", "[2]", "[99999999999999999999]", "[null]", "[]", "[1],[2]", "[3]"});

    ASSERT_EQ(rows.size(), 8U);
    EXPECT_EQ(rows[0]->presence, RowReading::Presence::present);
    EXPECT_EQ(rows[2]->presence, RowReading::Presence::gone);
    EXPECT_EQ(rows[7]->presence, RowReading::Presence::present);
    for (const std::size_t bad : {1U, 3U, 4U, 5U, 6U}) {
        ASSERT_TRUE(rows[bad].has_error()) << bad;
        EXPECT_EQ(rows[bad].error().disposition, Disposition::row);
        EXPECT_THAT(rows[bad].error().text, testing::Not(HasSubstr("hunter2")));
    }
}

TEST_F(Feeds, KeepAKeyThatIsGoneInTheSourcesOwnSpelling) {
    create_items("bigint");
    const Stream items = items_stream();
    const auto feed = this->feed();

    EXPECT_EQ(rows_by_key(*feed, items, {R"(["9007199254740993"])"})[0]->change.key, "[9007199254740993]");
}

TEST_F(Feeds, AnswerWhenTheyAreAsked) {
    const auto feed = this->feed();

    EXPECT_TRUE(run(context_, feed->check()));
}

TEST_F(Feeds, NeverReadRowsWhoseChangeTimeHasNoPlaceInTheOrder) {
    create_items();
    sql().execute(
        "INSERT INTO items VALUES (1, 'a', 'infinity'), (2, 'b', '-infinity'), (3, 'c', NULL), (4, 'd', "
        "'2025-01-02Z')");
    const Stream items = items_stream();
    const auto feed = this->feed();

    EXPECT_THAT(read_all(*feed, items, since(early), 1).first, ElementsAre("[4]"));
    const RowReadings rows = rows_by_key(*feed, items, {"[1]", "[2]"});
    EXPECT_EQ(rows.at(0)->change.changed_at.iso_microseconds(), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(rows.at(1)->change.changed_at.iso_microseconds(), "0001-01-01T00:00:00.000000Z");
}

TEST_F(Feeds, ReadTheClinicsTables) {
    sql().execute(
        "CREATE TABLE aligner_notes (note_id serial PRIMARY KEY, aligner_set_id int NOT NULL, note_type varchar(20) "
        "NOT NULL,"
        " note_text text NOT NULL, created_at timestamptz DEFAULT now(), is_edited boolean DEFAULT false, edited_at "
        "timestamptz);"
        "CREATE TABLE aligner_batches (aligner_batch_id serial PRIMARY KEY, days int, created_at timestamptz, "
        "updated_at timestamptz);"
        "INSERT INTO aligner_notes VALUES (1, 7, 'Doctor', 'first', '2025-01-02Z', true, '2025-01-05 10:00:00.5Z'),"
        " (2, 7, 'Lab', 'not ours', '2025-01-03Z', false, NULL), (3, 7, 'Doctor', 'second', '2025-01-04Z', false, "
        "NULL);"
        "INSERT INTO aligner_batches VALUES (1, 10, '2025-01-02Z', '2025-01-02Z'), (2, 14, '2025-01-02Z', "
        "'2025-01-03Z')");
    const Mapping mapping = clinic_mapping();
    const auto feed = this->feed();

    const PollReading reading =
        poll(*feed, {{mapping.find("notes"), since(early), 10}, {mapping.find("batches"), since(early), 10}}).value();

    const Page notes = reading.pages[0].value();
    ASSERT_THAT(keys_of(notes), ElementsAre("[3]", "[1]"));
    EXPECT_EQ(
        notes.changes[1].row,
        R"({"NoteID":1,"AlignerSetID":7,"NoteType":"Doctor","NoteText":"first",)"
        R"("CreatedAt":"2025-01-02T00:00:00+00:00","IsEdited":true,"EditedAt":"2025-01-05T10:00:00.5+00:00","IsRead":"0"})");
    const Page batches = reading.pages[1].value();
    EXPECT_THAT(keys_of(batches), ElementsAre("[2]"));
    EXPECT_EQ(batches.total_modified, 2U);
}

TEST_F(Feeds, LetOneStreamFailAlone) {
    create_items();
    sql().execute("INSERT INTO items VALUES (1, 'a', '2025-01-02Z')");
    const Stream items = items_stream();
    Stream absent = items_stream();
    absent.name = "absent";
    absent.source.table = "nowhere";
    const auto feed = this->feed();

    const PollReading reading = poll(*feed, {{&absent, since(early), 10}, {&items, since(early), 10}}).value();

    EXPECT_EQ(reading.pages[0].error().disposition, Disposition::stream);
    EXPECT_THAT(reading.pages[0].error().text, HasSubstr("public.nowhere for stream absent: the table does not exist"));
    EXPECT_THAT(keys_of(reading.pages[1].value()), ElementsAre("[1]"));
}

TEST_F(Feeds, NoticeWhenAColumnGoesAndComesBack) {
    create_items();
    sql().execute("INSERT INTO items VALUES (1, 'a', '2025-01-02Z')");
    const Stream items = items_stream();
    const auto feed = this->feed();
    ASSERT_EQ(first_page(*feed, items, since(early), 10).changes.size(), 1U);

    sql().execute("ALTER TABLE items RENAME body TO words");
    const auto lost = poll(*feed, {{&items, since(early), 10}}).value();
    EXPECT_EQ(lost.pages[0].error().code, "sqlstate 42703");
    const auto named = poll(*feed, {{&items, since(early), 10}}).value();
    EXPECT_THAT(named.pages[0].error().text, HasSubstr("column body does not exist"));

    sql().execute("ALTER TABLE items RENAME words TO body");
    EXPECT_EQ(first_page(*feed, items, since(early), 10).changes.size(), 1U);
}

TEST_F(Feeds, RefuseToReadATableWhosePolicyHidesRows) {
    create_items();
    const std::string role = create_role();
    sql().execute("ALTER TABLE items ENABLE ROW LEVEL SECURITY; GRANT SELECT ON items TO " + role);
    const Stream items = items_stream();
    const auto feed = feed_as(role);

    const auto reading = poll(*feed, {{&items, since(early), 10}}).value();

    EXPECT_EQ(reading.pages[0].error().disposition, Disposition::stream);
    EXPECT_THAT(reading.pages[0].error().text, HasSubstr("BYPASSRLS"));
}

TEST_F(Feeds, NoticeAPolicyThatComesWhileTheyAreConnected) {
    create_items();
    const std::string role = create_role();
    sql().execute("GRANT SELECT ON items TO " + role + "; INSERT INTO items VALUES (1, 'a', '2025-01-02Z')");
    const Stream items = items_stream();
    const auto feed = feed_as(role);
    ASSERT_EQ(first_page(*feed, items, since(early), 10).changes.size(), 1U);

    sql().execute("ALTER TABLE items ENABLE ROW LEVEL SECURITY");
    const auto reading = poll(*feed, {{&items, since(early), 10}}).value();

    EXPECT_EQ(reading.pages[0].error().code, "sqlstate 42501");
    EXPECT_THAT(reading.pages[0].error().text, HasSubstr("row level security"));
}

TEST_F(Feeds, NameThePermissionThatIsMissing) {
    create_items();
    const Stream items = items_stream();
    const auto feed = feed_as(create_role());

    const auto reading = poll(*feed, {{&items, since(early), 10}}).value();

    EXPECT_THAT(reading.pages[0].error().text, HasSubstr(R"(GRANT SELECT ON "public"."items" to this role)"));
}

TEST_F(Feeds, OnlyReads) {
    sql().execute(
        "CREATE TABLE hits (n int);"
        "CREATE FUNCTION touch() RETURNS timestamptz LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO hits VALUES (1); RETURN now(); END $$;"
        "CREATE VIEW items AS SELECT 1 AS id, ''::text AS body, touch() AS changed");
    const Stream items = items_stream();
    const auto feed = this->feed();

    EXPECT_TRUE(poll(*feed, {{&items, since(early), 10}}).value().pages[0].has_error());
    EXPECT_EQ(sql().value("SELECT count(*) FROM hits"), "0");
}

TEST_F(Feeds, ReconnectAfterTheServerClosedAnIdleConnection) {
    create_items();
    const Stream items = items_stream();
    const auto feed = this->feed();
    ASSERT_TRUE(poll(*feed, {{&items, since(early), 10}}));

    sql().execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'reverse-sync'"
        " AND datname = current_database()");

    EXPECT_TRUE(poll(*feed, {{&items, since(early), 10}}));
}

TEST_F(Feeds, RetryAndReconnectWhenTheConnectionIsCutMidway) {
    create_items();
    sql().execute("INSERT INTO items VALUES (1, 'a', '2025-01-02Z')");
    // A view that ends the session which reads it, as long as it is armed.
    sql().execute(
        "CREATE TABLE armed (yes int); INSERT INTO armed VALUES (1);"
        "CREATE VIEW trap AS SELECT id, body, changed FROM items"
        " WHERE NOT EXISTS (SELECT FROM armed) OR pg_terminate_backend(pg_backend_pid())");
    Stream trap = items_stream();
    trap.source.table = "trap";
    const auto feed = this->feed();

    const auto cut = poll(*feed, {{&trap, since(early), 10}});
    ASSERT_TRUE(cut.has_error());
    EXPECT_EQ(cut.error().disposition, Disposition::retry);
    EXPECT_TRUE(cut.error().connection_lost);
    EXPECT_EQ(cut.error().code, "sqlstate 57P01");

    sql().execute("DELETE FROM armed");
    EXPECT_THAT(keys_of(first_page(*feed, trap, since(early), 10)), ElementsAre("[1]"));
}

TEST_F(Feeds, AskNothingWhenNoStreamIsAsked) {
    const auto feed = this->feed();
    const auto reading = poll(*feed, {}).value();

    EXPECT_TRUE(reading.pages.empty());
    EXPECT_GT(reading.horizon.source_now, reading.horizon.time);
}

}  // namespace
}  // namespace revsync::postgres
