// What every Feed promises, as a suite over a harness that is a source with the clinic's notes and batches, all
// of aligner set 1:
//
//   struct Harness {
//       static bool available();                            // false: the suite is skipped
//       const Mapping& mapping();                           // with streams of the clinic's names and filters
//       Feed& feed();
//       template <class T> T run(asio::awaitable<T>);
//       void put_note(std::int64_t id, const Note&);        // in a transaction of its own
//       void put_batch(std::int64_t id, Timestamp created, Timestamp updated);
//       void erase_note(std::int64_t id);
//       void begin_note(std::int64_t id);                   // stamped by now(), left uncommitted
//       void commit();                                      // of begin_note's transaction
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, FeedContract, Harness);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sync/ends.hpp"

namespace revsync::contracts {

struct Note {
    Timestamp created;
    std::optional<Timestamp> edited;
    std::string text = "a note";
    std::string type = "Doctor";
};

inline Timestamp moment(std::string_view clock) {
    return Timestamp::parse("2025-01-21T" + std::string{clock} + "Z").value();
}

inline Cursor from(Timestamp time) {
    return {time, std::nullopt};
}

inline std::vector<Key> keys_of(const Page& page) {
    std::vector<Key> keys;
    for (const Change& change : page.changes) {
        keys.push_back(change.key);
    }
    return keys;
}

template <class Harness>
class FeedContract : public testing::Test {
protected:
    void SetUp() override {
        if (!Harness::available()) {
            GTEST_SKIP() << "no server for this source";
        }
        harness_.emplace();
    }

    Harness& source() { return *harness_; }
    const Stream& notes() { return *source().mapping().find("notes"); }
    const Stream& batches() { return *source().mapping().find("batches"); }

    PollReading poll(std::vector<PageRequest> pages) {
        return source().run(source().feed().begin_poll(std::move(pages))).value();
    }
    Page first_page(const Stream& stream, Cursor after, std::size_t limit = 100) {
        return poll({{&stream, std::move(after), limit}}).pages.at(0).value();
    }
    Page next_page(const Stream& stream, Cursor after, std::size_t limit) {
        PageRequest request{&stream, std::move(after), limit};
        return source().run(source().feed().read_page(std::move(request))).value();
    }
    std::vector<Result<RowReadings>> read_rows(std::vector<RowsRequest> requests) {
        return source().run(source().feed().read_rows(std::move(requests))).value();
    }
    RowReadings rows(std::vector<Key> keys) { return read_rows({{&notes(), std::move(keys)}}).at(0).value(); }

private:
    std::optional<Harness> harness_;
};

TYPED_TEST_SUITE_P(FeedContract);

TYPED_TEST_P(FeedContract, reads_nothing_where_there_is_nothing) {
    const Page page = this->first_page(this->notes(), from(moment("00:00:00")));

    EXPECT_TRUE(page.changes.empty());
    EXPECT_FALSE(page.more);
}

TYPED_TEST_P(FeedContract, reads_in_the_order_of_change_time_and_then_key) {
    this->source().put_note(10, {moment("10:00:00"), {}});
    this->source().put_note(9, {moment("10:00:00"), {}});
    this->source().put_note(11, {moment("09:00:00"), {}});

    const Page page = this->first_page(this->notes(), from(moment("00:00:00")));

    EXPECT_THAT(keys_of(page), testing::ElementsAre("[11]", "[9]", "[10]"));
}

TYPED_TEST_P(FeedContract, carries_rows_of_one_time_across_pages_each_once) {
    for (std::int64_t id = 1; id <= 11; ++id) {
        this->source().put_note(id, {moment("10:00:00"), {}});
    }

    std::vector<Key> read;
    Page page = this->first_page(this->notes(), from(moment("00:00:00")), 3);
    while (true) {
        const std::vector<Key> keys = keys_of(page);
        read.insert(read.end(), keys.begin(), keys.end());
        if (!page.more) {
            break;
        }
        page = this->next_page(this->notes(), {page.changes.back().changed_at, page.changes.back().key}, 3);
    }

    EXPECT_THAT(read,
                testing::ElementsAre("[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]", "[8]", "[9]", "[10]", "[11]"));
}

TYPED_TEST_P(FeedContract, says_that_there_is_more_only_when_there_is) {
    this->source().put_note(1, {moment("10:00:00"), {}});
    this->source().put_note(2, {moment("10:00:00"), {}});

    EXPECT_TRUE(this->first_page(this->notes(), from(moment("00:00:00")), 1).more);
    EXPECT_FALSE(this->first_page(this->notes(), from(moment("00:00:00")), 2).more);
}

TYPED_TEST_P(FeedContract, reads_rows_stamped_exactly_at_a_cursor_without_a_key) {
    this->source().put_note(1, {moment("10:00:00.000001"), {}});
    this->source().put_note(2, {moment("10:00:00.000002"), {}});

    EXPECT_THAT(keys_of(this->first_page(this->notes(), from(moment("10:00:00.000002")))), testing::ElementsAre("[2]"));
}

TYPED_TEST_P(FeedContract, reads_only_what_is_behind_a_cursor_with_a_key) {
    this->source().put_note(9, {moment("10:00:00"), {}});
    this->source().put_note(10, {moment("10:00:00"), {}});
    this->source().put_note(1, {moment("10:00:00.000001"), {}});

    EXPECT_THAT(keys_of(this->first_page(this->notes(), {moment("10:00:00"), Key{"[9]"}})),
                testing::ElementsAre("[10]", "[1]"));
}

TYPED_TEST_P(FeedContract, takes_the_later_of_two_times_to_the_microsecond) {
    this->source().put_note(1, {moment("10:00:00"), moment("11:00:00.123456")});
    this->source().put_note(2, {moment("12:00:00.654321"), moment("11:00:00")});

    const Page page = this->first_page(this->notes(), from(moment("00:00:00")));

    ASSERT_EQ(page.changes.size(), 2U);
    EXPECT_EQ(page.changes[0].changed_at, moment("11:00:00.123456"));
    EXPECT_EQ(page.changes[1].changed_at, moment("12:00:00.654321"));
}

TYPED_TEST_P(FeedContract, leaves_out_what_the_filter_does_not_let_pass) {
    this->source().put_note(1, {.created = moment("10:00:00"), .edited = {}, .type = "Lab"});
    this->source().put_note(2, {moment("10:00:00"), {}});

    EXPECT_THAT(keys_of(this->first_page(this->notes(), from(moment("00:00:00")))), testing::ElementsAre("[2]"));
}

TYPED_TEST_P(FeedContract, counts_modified_rows_before_the_filter_where_the_log_shows_them) {
    this->source().put_batch(1, moment("10:00:00"), moment("10:00:00"));
    this->source().put_batch(2, moment("10:00:00"), moment("11:00:00"));
    this->source().put_batch(3, moment("10:00:00"), moment("12:00:00"));

    const Page page = this->first_page(this->batches(), from(moment("00:00:00")));

    EXPECT_THAT(keys_of(page), testing::ElementsAre("[2]", "[3]"));
    EXPECT_EQ(page.total_modified, 3U);
}

TYPED_TEST_P(FeedContract, carries_the_row_with_the_targets_names) {
    this->source().put_note(5, {.created = moment("10:00:00"), .edited = {}, .text = "سلام \"quoted\" 🦷\n"});

    const Page page = this->first_page(this->notes(), from(moment("00:00:00")));

    ASSERT_EQ(page.changes.size(), 1U);
    EXPECT_EQ(page.changes[0].operation, Operation::upsert);
    const boost::json::value parsed = boost::json::parse(page.changes[0].row);
    const boost::json::object& row = parsed.as_object();
    EXPECT_EQ(row.at("NoteID"), 5);
    EXPECT_EQ(row.at("NoteType"), "Doctor");
    EXPECT_EQ(row.at("NoteText"), "سلام \"quoted\" 🦷\n");
    EXPECT_TRUE(row.at("EditedAt").is_null());
    EXPECT_FALSE(row.contains("note_text"));
}

TYPED_TEST_P(FeedContract, says_of_every_key_whether_its_row_is_present_filtered_or_gone) {
    this->source().put_note(1, {.created = moment("10:00:00"), .edited = {}, .text = "one"});
    this->source().put_note(2, {moment("10:00:00"), {}});
    this->source().put_note(3, {.created = moment("10:00:00"), .edited = {}, .type = "Lab"});
    this->source().erase_note(2);

    const RowReadings rows = this->rows({"[2]", "[3]", "[1]", "[4]"});

    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0]->presence, RowReading::Presence::gone);
    EXPECT_EQ(rows[0]->change.operation, Operation::remove);
    EXPECT_EQ(rows[0]->change.key, "[2]");
    EXPECT_EQ(rows[1]->presence, RowReading::Presence::filtered);
    EXPECT_EQ(rows[2]->presence, RowReading::Presence::present);
    EXPECT_EQ(rows[2]->change.key, "[1]");
    EXPECT_EQ(rows[2]->change.changed_at, moment("10:00:00"));
    EXPECT_EQ(rows[2]->change.row, this->first_page(this->notes(), from(moment("00:00:00"))).changes.at(0).row);
    EXPECT_EQ(rows[3]->presence, RowReading::Presence::gone);
}

TYPED_TEST_P(FeedContract, knows_a_row_by_a_key_that_is_spelled_in_another_way) {
    this->source().put_note(1, {moment("10:00:00"), {}});

    const RowReadings rows = this->rows({R"(["1"])", "[1]"});

    EXPECT_EQ(rows.at(0)->presence, RowReading::Presence::present);
    EXPECT_EQ(rows.at(0)->change.key, "[1]");
    EXPECT_EQ(rows.at(1)->presence, RowReading::Presence::present);
}

TYPED_TEST_P(FeedContract, lets_only_that_key_fail_which_cannot_be_one) {
    this->source().put_note(1, {moment("10:00:00"), {}});

    const RowReadings rows = this->rows({R"(["no number"])", "[1]", "[99999999999999999999]", "[2]"});

    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].error().disposition, Disposition::row);
    EXPECT_EQ(rows[1]->presence, RowReading::Presence::present);
    EXPECT_EQ(rows[2].error().disposition, Disposition::row);
    EXPECT_EQ(rows[3]->presence, RowReading::Presence::gone);
}

TYPED_TEST_P(FeedContract, does_not_see_by_key_what_is_not_committed_yet) {
    this->source().begin_note(1);
    EXPECT_EQ(this->rows({"[1]"}).at(0)->presence, RowReading::Presence::gone);

    this->source().commit();

    EXPECT_EQ(this->rows({"[1]"}).at(0)->presence, RowReading::Presence::present);
}

TYPED_TEST_P(FeedContract, answers_when_it_is_asked) {
    EXPECT_TRUE(this->source().run(this->source().feed().check()));
}

TYPED_TEST_P(FeedContract, answers_every_request_in_its_order) {
    this->source().put_note(1, {moment("10:00:00"), {}});
    this->source().put_batch(7, moment("10:00:00"), moment("11:00:00"));

    const PollReading reading =
        this->poll({{&this->batches(), from(moment("00:00:00")), 10}, {&this->notes(), from(moment("00:00:00")), 10}});
    const auto rows = this->read_rows({{&this->notes(), {"[1]"}}, {&this->batches(), {"[7]", "[8]"}}});

    ASSERT_EQ(reading.pages.size(), 2U);
    EXPECT_THAT(keys_of(*reading.pages[0]), testing::ElementsAre("[7]"));
    EXPECT_THAT(keys_of(*reading.pages[1]), testing::ElementsAre("[1]"));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0]->at(0)->change.key, "[1]");
    EXPECT_EQ(rows[1]->at(0)->change.key, "[7]");
    EXPECT_EQ(rows[1]->at(1)->presence, RowReading::Presence::gone);
}

TYPED_TEST_P(FeedContract, keeps_the_horizon_at_or_before_what_is_not_committed_yet) {
    this->source().begin_note(1);
    const PollReading before = this->poll({{&this->notes(), from(moment("00:00:00")), 10}});
    EXPECT_TRUE(before.pages.at(0)->changes.empty());
    EXPECT_LE(before.horizon.time, before.horizon.source_now);

    this->source().commit();
    const Page after = this->first_page(this->notes(), from(before.horizon.time));

    ASSERT_THAT(keys_of(after), testing::ElementsAre("[1]"));
    EXPECT_GE(after.changes[0].changed_at, before.horizon.time);
}

TYPED_TEST_P(FeedContract, reads_rows_that_are_newer_than_the_horizon) {
    this->source().begin_note(1);
    this->source().put_note(2, {.created = moment("00:00:00") + std::chrono::hours{24 * 365 * 30}, .edited = {}});

    const PollReading reading = this->poll({{&this->notes(), from(moment("00:00:00")), 10}});

    ASSERT_THAT(keys_of(*reading.pages.at(0)), testing::ElementsAre("[2]"));
    EXPECT_GT(reading.pages[0]->changes[0].changed_at, reading.horizon.time);
}

REGISTER_TYPED_TEST_SUITE_P(
    FeedContract, reads_nothing_where_there_is_nothing, reads_in_the_order_of_change_time_and_then_key,
    carries_rows_of_one_time_across_pages_each_once, says_that_there_is_more_only_when_there_is,
    reads_rows_stamped_exactly_at_a_cursor_without_a_key, reads_only_what_is_behind_a_cursor_with_a_key,
    takes_the_later_of_two_times_to_the_microsecond, leaves_out_what_the_filter_does_not_let_pass,
    counts_modified_rows_before_the_filter_where_the_log_shows_them, carries_the_row_with_the_targets_names,
    says_of_every_key_whether_its_row_is_present_filtered_or_gone, knows_a_row_by_a_key_that_is_spelled_in_another_way,
    lets_only_that_key_fail_which_cannot_be_one, does_not_see_by_key_what_is_not_committed_yet,
    answers_when_it_is_asked, answers_every_request_in_its_order,
    keeps_the_horizon_at_or_before_what_is_not_committed_yet, reads_rows_that_are_newer_than_the_horizon);

}  // namespace revsync::contracts
