#include "sync/quarantine.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/memory/memory_checkpoint.hpp"

namespace revsync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Timestamp minute(std::int64_t count) {
    return Timestamp::from_microseconds(count * 60'000'000);
}

RowFailure failure(const Key& key, const std::string& text = "broken") {
    return {key, minute(1), {Disposition::row, "sqlserver 547", text}};
}

class QuarantineTest : public testing::Test {
protected:
    Result<void> park(const std::vector<Key>& keys, Timestamp now, const std::string& stream = "notes") {
        std::vector<RowFailure> failures;
        for (const Key& key : keys) {
            failures.push_back(failure(key));
        }
        return quarantine.settle(stream, keys, failures, now, quarantine.revision());
    }

    memory::MemoryDisk disk;
    memory::FaultPlan faults;
    memory::MemoryCheckpoint checkpoint{disk, faults};
    Quarantine quarantine{checkpoint};
};

TEST_F(QuarantineTest, parks_a_failure_durably_with_what_a_person_needs_to_know) {
    ASSERT_TRUE(park({"[5]"}, minute(9)));

    const ParkedRow expected{"notes", "[5]", "sqlserver 547", "broken", minute(1), minute(9), minute(9), 1};
    EXPECT_THAT(quarantine.rows(), ElementsAre(expected));
    EXPECT_THAT(disk.quarantine, ElementsAre(expected));
}

TEST_F(QuarantineTest, counts_attempts_and_keeps_the_time_of_the_first) {
    ASSERT_TRUE(park({"[5]"}, minute(9)));
    ASSERT_TRUE(park({"[5]"}, minute(11)));

    const ParkedRow* parked = quarantine.find("notes", "[5]");
    ASSERT_TRUE(parked);
    EXPECT_EQ(parked->attempts, 2U);
    EXPECT_EQ(parked->first_failed, minute(9));
    EXPECT_EQ(parked->last_failed, minute(11));
    EXPECT_EQ(quarantine.size("notes"), 1U);
}

TEST_F(QuarantineTest, releases_what_was_tried_and_did_not_fail) {
    ASSERT_TRUE(park({"[5]", "[6]"}, minute(9)));

    ASSERT_TRUE(quarantine.settle("notes", std::vector<Key>{"[5]"}, {}, minute(10), quarantine.revision()));

    EXPECT_FALSE(quarantine.find("notes", "[5]"));
    EXPECT_TRUE(quarantine.find("notes", "[6]"));
    EXPECT_EQ(disk.quarantine.size(), 1U);
}

TEST_F(QuarantineTest, keeps_the_streams_apart) {
    ASSERT_TRUE(park({"[5]"}, minute(9), "notes"));
    ASSERT_TRUE(park({"[5]"}, minute(9), "batches"));

    ASSERT_TRUE(quarantine.settle("notes", std::vector<Key>{"[5]"}, {}, minute(10), quarantine.revision()));

    EXPECT_EQ(quarantine.size("notes"), 0U);
    EXPECT_EQ(quarantine.size("batches"), 1U);
    EXPECT_THAT(quarantine.due("notes", 10, quarantine.revision()), IsEmpty());
}

TEST_F(QuarantineTest, does_not_touch_the_disk_when_nothing_changes) {
    ASSERT_TRUE(park({"[5]"}, minute(9)));
    int saves = 0;
    checkpoint.on_change([&] { ++saves; });

    ASSERT_TRUE(quarantine.settle("notes", std::vector<Key>{"[6]"}, {}, minute(10), quarantine.revision()));
    ASSERT_TRUE(quarantine.settle("batches", std::vector<Key>{"[5]"}, {}, minute(10), quarantine.revision()));

    EXPECT_EQ(saves, 0);
}

TEST_F(QuarantineTest, gives_the_rows_tried_longest_ago_first) {
    ASSERT_TRUE(park({"[1]", "[2]", "[3]"}, minute(9)));
    ASSERT_TRUE(park({"[1]"}, minute(10)));

    EXPECT_THAT(quarantine.due("notes", 2, quarantine.revision()), ElementsAre("[2]", "[3]"));
    EXPECT_THAT(quarantine.due("notes", 10, quarantine.revision()), ElementsAre("[2]", "[3]", "[1]"));
    EXPECT_THAT(quarantine.due("notes", 0, quarantine.revision()), IsEmpty());
}

TEST_F(QuarantineTest, reaches_every_row_in_turn_when_all_failed_at_one_moment) {
    ASSERT_TRUE(park({"[1]", "[2]", "[3]"}, minute(9)));
    ASSERT_TRUE(park(quarantine.due("notes", 2, quarantine.revision()), minute(9)));

    EXPECT_EQ(quarantine.due("notes", 1, quarantine.revision()), std::vector<Key>{"[3]"});
}

TEST_F(QuarantineTest, is_as_it_was_when_it_cannot_be_saved) {
    ASSERT_TRUE(park({"[5]"}, minute(9)));
    faults.choose([](std::string_view, std::size_t) { return memory::Fault::configuration; });

    EXPECT_FALSE(park({"[5]", "[6]"}, minute(10)));
    EXPECT_FALSE(quarantine.settle("notes", std::vector<Key>{"[5]"}, {}, minute(10), quarantine.revision()));

    ASSERT_EQ(quarantine.size("notes"), 1U);
    EXPECT_EQ(quarantine.rows().front().attempts, 1U);
    EXPECT_EQ(disk.quarantine.size(), 1U);
}

TEST_F(QuarantineTest, stops_the_stream_instead_of_parking_past_the_limit) {
    std::vector<Key> keys;
    for (std::size_t id = 0; id < Quarantine::limit_per_stream; ++id) {
        keys.push_back(fmt::format("[{}]", id));
    }
    ASSERT_TRUE(park(keys, minute(9)));

    const Result<void> refused = park({"[-1]"}, minute(10));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().disposition, Disposition::stream);
    EXPECT_THAT(refused.error().text, testing::HasSubstr("more than 10000 rows"));
    EXPECT_EQ(quarantine.size("notes"), Quarantine::limit_per_stream);
    EXPECT_TRUE(park({"[-1]"}, minute(10), "batches"));
    EXPECT_TRUE(park({keys.front()}, minute(10)));
}

TEST_F(QuarantineTest, parks_what_is_owed_without_an_attempt_having_failed) {
    ASSERT_TRUE(quarantine.owe("notes", std::vector<Key>{"[5]", "[6]"}, minute(9)));

    ASSERT_EQ(disk.quarantine.size(), 2U);
    EXPECT_EQ(disk.find("notes", "[5]")->error_code, "pending");
    EXPECT_THAT(quarantine.due("notes", 10, quarantine.revision()), ElementsAre("[5]", "[6]"));
}

TEST_F(QuarantineTest, keeps_why_a_row_is_parked_when_it_is_owed_too) {
    ASSERT_TRUE(park({"[5]"}, minute(9)));

    ASSERT_TRUE(quarantine.owe("notes", std::vector<Key>{"[5]"}, minute(10)));

    ASSERT_EQ(quarantine.size("notes"), 1U);
    EXPECT_EQ(quarantine.rows().front().error_code, "sqlserver 547");
}

TEST_F(QuarantineTest, does_not_write_again_what_is_owed_already) {
    ASSERT_TRUE(quarantine.owe("notes", std::vector<Key>{"[5]", "[6]"}, minute(9)));
    const Quarantine::Revision read_at = quarantine.revision();
    faults.choose([](std::string_view, std::size_t) { return memory::Fault::configuration; });

    ASSERT_TRUE(quarantine.owe("notes", std::vector<Key>{"[6]"}, minute(10)));

    EXPECT_THAT(quarantine.due("notes", 10, read_at), ElementsAre("[5]"));
}

TEST_F(QuarantineTest, does_not_release_by_an_older_reading_what_was_owed_since) {
    ASSERT_TRUE(park({"[5]"}, minute(9)));
    const Quarantine::Revision read_at = quarantine.revision();
    ASSERT_TRUE(quarantine.owe("notes", std::vector<Key>{"[5]"}, minute(10)));

    ASSERT_TRUE(quarantine.settle("notes", std::vector<Key>{"[5]"}, {}, minute(10), read_at));
    EXPECT_TRUE(disk.find("notes", "[5]"));

    ASSERT_TRUE(quarantine.settle("notes", std::vector<Key>{"[5]"}, {}, minute(10), quarantine.revision()));
    EXPECT_FALSE(disk.find("notes", "[5]"));
}

TEST_F(QuarantineTest, does_not_give_a_row_as_due_that_has_changed_since) {
    ASSERT_TRUE(park({"[1]", "[2]"}, minute(9)));
    const Quarantine::Revision before = quarantine.revision();
    ASSERT_TRUE(park({"[1]"}, minute(8)));

    EXPECT_THAT(quarantine.due("notes", 10, before), ElementsAre("[2]"));
}

TEST_F(QuarantineTest, is_read_back_after_a_restart) {
    ASSERT_TRUE(park({"[5]"}, minute(9)));

    Quarantine restarted{checkpoint};
    ASSERT_TRUE(restarted.load());

    EXPECT_EQ(restarted.rows(), quarantine.rows());
}

}  // namespace
}  // namespace revsync
