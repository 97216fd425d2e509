// What every Queue promises, as a suite over a harness that is a practice system with one queued table:
//
//   struct Harness {
//       static bool available();          // false: the suite is skipped
//       const Stream& batches();          // forward, target table "batches", key batch_id, shared column days
//       Queue& queue();
//       Queue& second();                  // another daemon's, on the same table
//       void end_first();                 // the first daemon is gone; queue() must not be used any more
//       template <class T> T run(asio::awaitable<T>);
//       void put_row(int id, int days);   // in the practice system's table; queues nothing
//       std::int64_t put(const std::string& operation, int record, std::optional<std::string> row,
//                        const std::string& table = "batches");    // as a trigger does; its id
//       void pass(std::chrono::minutes);  // for the queue
//       std::string status(std::int64_t id);
//       std::string attempts(std::int64_t id);
//       std::optional<std::string> error(std::int64_t id);
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, QueueContract, Harness);
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sync/forward_ends.hpp"

namespace revsync::contracts {

inline QueueVerdict synced(std::int64_t id) {
    return {id, std::nullopt};
}
inline QueueVerdict refused(std::int64_t id, const std::string& text = "does not fit") {
    return {id, Error{Disposition::row, "", text}};
}
inline std::string batch_row(int id, int days) {
    return fmt::format(R"({{"batch_id":{},"days":{}}})", id, days);
}

template <class Harness>
class QueueContract : public testing::Test {
protected:
    void SetUp() override {
        if (!Harness::available()) {
            GTEST_SKIP() << "no server for this queue";
        }
        harness_.emplace();
    }

    Harness& system() { return *harness_; }

    QueuePage read(std::size_t limit = 100, std::int64_t after = 0) {
        return system().run(system().queue().read(limit, after)).value();
    }
    std::vector<std::int64_t> ids(const QueuePage& page) {
        std::vector<std::int64_t> all;
        for (const auto& item : page.items) {
            all.push_back(item.id);
        }
        return all;
    }
    void settle(std::vector<QueueVerdict> verdicts) {
        const auto settled = system().run(system().queue().settle(std::move(verdicts)));
        EXPECT_TRUE(settled) << describe(settled.error());
    }
    bool due() { return system().run(system().queue().anything_due()).value(); }
    QueueCounts counts() { return system().run(system().queue().counts()).value(); }

private:
    std::optional<Harness> harness_;
};

TYPED_TEST_SUITE_P(QueueContract);

TYPED_TEST_P(QueueContract, reads_items_in_the_order_of_their_ids_a_page_at_a_time) {
    const auto first = this->system().put("INSERT", 7, batch_row(7, 10));
    const auto second = this->system().put("DELETE", 8, {});
    const auto third = this->system().put("UPDATE", 9, batch_row(9, 11));

    const QueuePage page = this->read(2);
    EXPECT_THAT(this->ids(page), testing::ElementsAre(first, second));
    EXPECT_TRUE(page.more);
    const QueuePage last = this->read(2, second);
    EXPECT_THAT(this->ids(last), testing::ElementsAre(third));
    EXPECT_FALSE(last.more);

    EXPECT_EQ(page.items[0].stream, &this->system().batches());
    EXPECT_EQ(page.items[0].change.key, "[7]");
    EXPECT_EQ(page.items[0].change.row, batch_row(7, 10));
    EXPECT_EQ(page.items[1].change.operation, Operation::remove);
}

TYPED_TEST_P(QueueContract, reads_the_present_row_of_an_item_that_carries_none) {
    this->system().put_row(7, 12);
    this->system().put("UPDATE", 7, {});

    const QueuePage page = this->read();
    ASSERT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.items[0].change.row, batch_row(7, 12));
}

// Newer items of the row may have been applied while this one waited.
TYPED_TEST_P(QueueContract, reads_the_present_row_of_an_item_that_is_tried_again) {
    const auto old_edit = this->system().put("UPDATE", 7, batch_row(7, 10));
    const auto old_removal = this->system().put("DELETE", 8, {});
    const auto of_a_row_that_is_gone = this->system().put("UPDATE", 9, batch_row(9, 10));
    this->settle({refused(old_edit), refused(old_removal), refused(of_a_row_that_is_gone)});
    this->system().put_row(7, 30);
    this->system().put_row(8, 40);
    this->system().pass(std::chrono::minutes{2});
    const QueuePage page = this->read();
    ASSERT_THAT(this->ids(page), testing::ElementsAre(old_edit, old_removal, of_a_row_that_is_gone));
    EXPECT_EQ(page.items[0].change.row, batch_row(7, 30));
    EXPECT_EQ(page.items[1].change.operation, Operation::upsert);
    EXPECT_EQ(page.items[1].change.row, batch_row(8, 40));
    EXPECT_EQ(page.items[2].change.operation, Operation::remove);
}

// However many pages lie between them, the row is written once.
TYPED_TEST_P(QueueContract, reads_the_present_row_of_an_item_that_a_newer_one_follows) {
    this->system().put_row(7, 12);
    this->system().put_row(8, 5);
    const auto edit = this->system().put("UPDATE", 7, batch_row(7, 10));
    const auto removal = this->system().put("DELETE", 8, {});
    const auto edit_of_a_row_that_is_gone = this->system().put("UPDATE", 9, batch_row(9, 10));
    this->system().put("UPDATE", 7, batch_row(7, 12));
    this->system().put("INSERT", 8, batch_row(8, 5));
    const auto last = this->system().put("DELETE", 9, {});

    const QueuePage page = this->read(3);
    ASSERT_THAT(this->ids(page), testing::ElementsAre(edit, removal, edit_of_a_row_that_is_gone));
    EXPECT_EQ(page.items[0].change.row, batch_row(7, 12));
    EXPECT_EQ(page.items[1].change.operation, Operation::upsert);
    EXPECT_EQ(page.items[1].change.row, batch_row(8, 5));
    EXPECT_EQ(page.items[2].change.operation, Operation::remove);
    this->settle({synced(last)});
    EXPECT_EQ(this->read().items[2].change.row, batch_row(9, 10)) << "nothing that waits follows";
}

TYPED_TEST_P(QueueContract, takes_a_row_that_is_gone_as_removed) {
    this->system().put("UPDATE", 404, {});

    const QueuePage page = this->read();
    ASSERT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.items[0].change.operation, Operation::remove);
}

TYPED_TEST_P(QueueContract, fails_the_item_of_an_unknown_table_and_reads_the_others) {
    this->system().put("DELETE", 1, {}, "nobodys");
    this->system().put("DELETE", 1, {});

    const QueuePage page = this->read();
    ASSERT_EQ(page.items.size(), 2U);
    EXPECT_TRUE(page.items[0].error);
    EXPECT_EQ(page.items[0].stream, nullptr);
    EXPECT_FALSE(page.items[1].error);
}

TYPED_TEST_P(QueueContract, tells_which_shared_columns_were_edited) {
    this->system().put_row(7, 11);
    this->system().put("INSERT", 7, batch_row(7, 10));
    this->system().put("UPDATE", 7, batch_row(7, 10));
    this->system().put("UPDATE", 7, batch_row(7, 11));

    const QueuePage page = this->read();
    ASSERT_EQ(page.items.size(), 3U);
    EXPECT_THAT(page.items[0].edited, testing::ElementsAre(testing::Pair("days", page.items[0].change.changed_at)));
    EXPECT_THAT(page.items[1].edited, testing::IsEmpty());
    EXPECT_THAT(page.items[2].edited, testing::ElementsAre(testing::Pair("days", page.items[2].change.changed_at)));
}

TYPED_TEST_P(QueueContract, settles_exactly_the_rows_it_is_told) {
    const auto first = this->system().put("DELETE", 1, {});
    const auto second = this->system().put("DELETE", 2, {});

    this->settle({synced(first)});

    EXPECT_EQ(this->system().status(first), "Synced");
    EXPECT_EQ(this->system().status(second), "Pending");
    EXPECT_THAT(this->ids(this->read()), testing::ElementsAre(second));
}

TYPED_TEST_P(QueueContract, keeps_the_error_of_a_failed_item_and_waits_longer_each_time) {
    const auto id = this->system().put("DELETE", 1, {});

    this->settle({refused(id, "breaks a foreign key")});
    EXPECT_EQ(this->system().attempts(id), "1");
    EXPECT_EQ(this->system().error(id), "breaks a foreign key");
    EXPECT_FALSE(this->due());
    EXPECT_TRUE(this->counts().next_due);

    this->system().pass(std::chrono::minutes{1});
    EXPECT_TRUE(this->due());
    this->settle({refused(id)});
    this->system().pass(std::chrono::minutes{1});
    EXPECT_FALSE(this->due());
    EXPECT_TRUE(this->read().items.empty());
    this->system().pass(std::chrono::minutes{1});
    EXPECT_TRUE(this->due());
}

TYPED_TEST_P(QueueContract, ends_an_item_as_failed_at_the_limit) {
    const auto id = this->system().put("DELETE", 1, {});

    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(this->system().status(id), "Pending");
        this->settle({refused(id)});
    }

    EXPECT_EQ(this->system().status(id), "Failed");
    this->system().pass(std::chrono::hours{24});
    EXPECT_FALSE(this->due());
    EXPECT_EQ(this->counts().failed, 1U);
}

TYPED_TEST_P(QueueContract, settles_nothing_twice) {
    const auto id = this->system().put("DELETE", 1, {});
    this->settle({synced(id)});

    this->settle({refused(id)});

    EXPECT_EQ(this->system().status(id), "Synced");
    EXPECT_EQ(this->system().attempts(id), "0");
}

TYPED_TEST_P(QueueContract, counts_what_waits) {
    EXPECT_EQ(this->counts().pending, 0U);
    EXPECT_FALSE(this->counts().oldest_pending);
    this->system().put("DELETE", 1, {});
    this->system().put("DELETE", 2, {});

    const QueueCounts counts = this->counts();
    EXPECT_EQ(counts.pending, 2U);
    EXPECT_TRUE(counts.oldest_pending);
    EXPECT_FALSE(counts.next_due);
}

TYPED_TEST_P(QueueContract, purges_what_was_synced_long_ago) {
    const auto old = this->system().put("DELETE", 1, {});
    const auto waiting = this->system().put("DELETE", 2, {});
    this->settle({synced(old)});

    const auto purge = [&] {
        return this->system().run(this->system().queue().purge(std::chrono::hours{24}, 1000)).value();
    };
    EXPECT_EQ(purge(), 0U);
    this->system().pass(std::chrono::hours{25});
    EXPECT_EQ(purge(), 1U);
    EXPECT_THAT(this->ids(this->read()), testing::ElementsAre(waiting));
}

TYPED_TEST_P(QueueContract, serves_one_daemon_at_a_time) {
    const auto id = this->system().put("DELETE", 1, {});
    ASSERT_TRUE(this->due());

    const auto refusal = this->system().run(this->system().second().settle({synced(id)}));
    ASSERT_FALSE(refusal);
    EXPECT_EQ(refusal.error().code, Queue::in_use);
    EXPECT_EQ(refusal.error().disposition, Disposition::retry);
    EXPECT_EQ(this->system().status(id), "Pending");

    this->system().end_first();
    auto taken = this->system().run(this->system().second().anything_due());
    for (int i = 0; !taken && i < 1000; ++i) {  // a server notices the end of a connection in its own time
        taken = this->system().run(this->system().second().anything_due());
    }
    EXPECT_TRUE(taken.value());
}

REGISTER_TYPED_TEST_SUITE_P(QueueContract, reads_items_in_the_order_of_their_ids_a_page_at_a_time,
                            reads_the_present_row_of_an_item_that_carries_none,
                            reads_the_present_row_of_an_item_that_is_tried_again,
                            reads_the_present_row_of_an_item_that_a_newer_one_follows,
                            takes_a_row_that_is_gone_as_removed,
                            fails_the_item_of_an_unknown_table_and_reads_the_others,
                            tells_which_shared_columns_were_edited, settles_exactly_the_rows_it_is_told,
                            keeps_the_error_of_a_failed_item_and_waits_longer_each_time,
                            ends_an_item_as_failed_at_the_limit, settles_nothing_twice, counts_what_waits,
                            purges_what_was_synced_long_ago, serves_one_daemon_at_a_time);

}  // namespace revsync::contracts
