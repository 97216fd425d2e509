#include <gmock/gmock.h>

#include "postgres/feed_fixture.hpp"

namespace revsync::postgres {
namespace {

using testing::ElementsAre;

class Pages : public FeedTest {};

TEST_F(Pages, HoldRowsInTheOrderOfChangeAndKey) {
    create_items();
    sql().execute("INSERT INTO items VALUES (3, 'c', '2025-01-02Z'), (1, 'a', '2025-01-03Z'), (2, 'b', '2025-01-02Z')");
    const Stream items = items_stream();
    const auto feed = this->feed();

    const Page page = first_page(*feed, items, since(early), 10);

    EXPECT_THAT(keys_of(page), ElementsAre("[2]", "[3]", "[1]"));
    EXPECT_EQ(page.changes[0].row, R"({"ID":2,"Body":"b"})");
    EXPECT_EQ(page.changes[0].changed_at.iso_microseconds(), "2025-01-02T00:00:00.000000Z");
    EXPECT_FALSE(page.more);
}

TEST_F(Pages, LoseNoRowOfOneTimestampAcrossTheirBorders) {
    create_items();
    sql().execute("INSERT INTO items SELECT i, 'x', '2025-01-02Z' FROM generate_series(1, 25) i");
    const Stream items = items_stream();
    const auto feed = this->feed();

    const auto [keys, pages] = read_all(*feed, items, since(early), 10);

    EXPECT_EQ(keys.size(), 25U);
    EXPECT_EQ(keys.back(), "[25]");
    EXPECT_EQ(pages, 3U);
}

TEST_F(Pages, TellMicrosecondsApart) {
    create_items();
    sql().execute(
        "INSERT INTO items VALUES (1, 'a', '2025-01-02 00:00:00.000001Z'), (2, 'b', '2025-01-02 00:00:00.000002Z')");
    const Stream items = items_stream();
    const auto feed = this->feed();

    const Page page = first_page(*feed, items, since("2025-01-02T00:00:00.000002Z"), 10);

    EXPECT_THAT(keys_of(page), ElementsAre("[2]"));
}

TEST_F(Pages, IncludeTheCursorsOwnTimeUnlessItHasAKey) {
    create_items();
    sql().execute("INSERT INTO items VALUES (1, 'a', '2025-01-02Z'), (2, 'b', '2025-01-02Z')");
    const Stream items = items_stream();
    const auto feed = this->feed();
    Cursor cursor = since("2025-01-02T00:00:00Z");

    EXPECT_THAT(keys_of(first_page(*feed, items, cursor, 10)), ElementsAre("[1]", "[2]"));
    cursor.key = "[1]";
    EXPECT_THAT(keys_of(first_page(*feed, items, cursor, 10)), ElementsAre("[2]"));
}

TEST_F(Pages, SayThatThereIsMoreOnlyWhenThereIs) {
    create_items();
    sql().execute("INSERT INTO items SELECT i, 'x', '2025-01-02Z' FROM generate_series(1, 10) i");
    const Stream items = items_stream();
    const auto feed = this->feed();

    EXPECT_FALSE(first_page(*feed, items, since(early), 10).more);
    EXPECT_TRUE(first_page(*feed, items, since(early), 9).more);
}

TEST_F(Pages, StayWithinTheirBytes) {
    create_items();
    sql().execute("INSERT INTO items SELECT i, repeat('x', 1000), '2025-01-02Z' FROM generate_series(1, 10) i");
    const Stream items = items_stream();
    FeedSettings small = settings(conninfo());
    small.page_bytes = 3500;
    const auto feed = create_feed(std::move(small));

    const Page page = first_page(*feed, items, since(early), 10);

    EXPECT_EQ(page.changes.size(), 3U);
    EXPECT_TRUE(page.more);
    EXPECT_EQ(read_all(*feed, items, since(early), 10).first.size(), 10U);
}

TEST_F(Pages, HoldARowThatIsLargerThanTheirBytes) {
    create_items();
    sql().execute("INSERT INTO items SELECT i, repeat('x', 5000), '2025-01-02Z' FROM generate_series(1, 3) i");
    const Stream items = items_stream();
    FeedSettings small = settings(conninfo());
    small.page_bytes = 100;
    const auto feed = create_feed(std::move(small));

    EXPECT_EQ(read_all(*feed, items, since(early), 10),
              std::pair(std::vector<std::string>{"[1]", "[2]", "[3]"}, std::size_t{3}));
}

struct KeyCase {
    const char* type;
    const char* values;  // in ascending order
    std::vector<std::string> keys;
};

class Keys : public FeedTest, public testing::WithParamInterface<KeyCase> {};

TEST_P(Keys, PageAndAreFoundAgain) {
    create_items(GetParam().type);
    sql().execute(std::string{"INSERT INTO items SELECT v::"} + GetParam().type +
                  ", 'x', '2025-01-02Z' FROM unnest(ARRAY[" + GetParam().values + "]) v");
    const Stream items = items_stream();
    const auto feed = this->feed();

    EXPECT_EQ(read_all(*feed, items, since(early), 1).first, GetParam().keys);
    EXPECT_EQ(keys_of(rows_by_key(*feed, items, GetParam().keys)), GetParam().keys);
}

INSTANTIATE_TEST_SUITE_P(
    OfType, Keys,
    testing::Values(
        KeyCase{"bigint", "'9007199254740993', '9223372036854775807'", {"[9007199254740993]", "[9223372036854775807]"}},
        KeyCase{"text", "'', 'a\"b\\c', 'سلام'", {R"([""])", R"(["a\"b\\c"])", R"(["سلام"])"}},
        KeyCase{"char(4)", "'ab', 'b'", {R"(["ab  "])", R"(["b   "])"}},
        KeyCase{"uuid",
                "'00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'",
                {R"(["00000000-0000-0000-0000-000000000001"])", R"(["00000000-0000-0000-0000-000000000002"])"}},
        KeyCase{"numeric(20,4)", "'1.5', '123456789012.0001'", {"[1.5000]", "[123456789012.0001]"}},
        KeyCase{"timestamptz",
                "'2025-01-01 00:00:00.000001+00', '2025-01-01 00:00:00.000002+00'",
                {R"(["2025-01-01T00:00:00.000001+00:00"])", R"(["2025-01-01T00:00:00.000002+00:00"])"}}));

}  // namespace
}  // namespace revsync::postgres
