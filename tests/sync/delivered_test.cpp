#include "sync/delivered.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "mapping/clinic.hpp"
#include "support/memory/memory_checkpoint.hpp"

namespace revsync {
namespace {

Timestamp at(int second) {
    return Timestamp::from_microseconds(1'000'000LL * second);
}

class DeliveredTest : public testing::Test {
protected:
    static Change row(int id, Timestamp changed_at, Operation operation = Operation::upsert) {
        return {fmt::format("[{}]", id), changed_at, operation, "{}"};
    }
    void note(const std::vector<Change>& changes, const std::vector<RowFailure>& failures = {}) {
        delivered.note(notes, changes, failures);
    }
    bool is_known(int id, Timestamp changed_at) {
        std::vector<Change> changes{row(id, changed_at)};
        delivered.mark(notes, changes);
        return changes[0].delivered;
    }

    Mapping mapping = clinic_mapping();
    const Stream& notes = *mapping.find("notes", Direction::reverse);
    memory::MemoryDisk disk;
    memory::FaultPlan faults;
    memory::MemoryCheckpoint checkpoint{disk, faults};
    Quarantine quarantine{checkpoint};
    Delivered delivered{quarantine};
};

TEST_F(DeliveredTest, knows_the_version_that_was_applied_and_no_other) {
    note({row(5, at(10))});

    EXPECT_TRUE(is_known(5, at(10)));
    EXPECT_FALSE(is_known(5, at(11))) << "edited since";
    EXPECT_FALSE(is_known(6, at(10)));
    EXPECT_EQ(delivered.find("notes", "[5]"), at(10));
    EXPECT_EQ(delivered.find("batches", "[5]"), std::nullopt);
}

TEST_F(DeliveredTest, does_not_know_what_was_refused) {
    note({row(5, at(10)), row(6, at(10))}, {{"[5]", at(10), Error{Disposition::row, "collision", "taken"}}});

    EXPECT_FALSE(is_known(5, at(10)));
    EXPECT_TRUE(is_known(6, at(10)));
}

TEST_F(DeliveredTest, forgets_a_row_that_was_removed) {
    note({row(5, at(10))});
    note({row(5, at(10), Operation::remove)});

    EXPECT_FALSE(is_known(5, at(10)));
}

TEST_F(DeliveredTest, knows_what_the_cursor_has_passed_but_parked_rows) {
    delivered.passed("notes", at(20));
    const RowFailure collision{"[6]", at(10), Error{Disposition::row, "collision", "taken"}};
    ASSERT_TRUE(
        quarantine.settle("notes", std::vector<Key>{"[6]"}, std::vector{collision}, at(30), quarantine.revision()));

    EXPECT_TRUE(is_known(5, at(10)));
    EXPECT_FALSE(is_known(6, at(10)));
    EXPECT_FALSE(is_known(5, at(20))) << "rows of the cursor's own time may still have to be read";
}

TEST_F(DeliveredTest, keeps_only_what_is_ahead_of_the_cursor) {
    note({row(5, at(10)), row(6, at(20))});
    delivered.passed("notes", at(20));
    note({row(7, at(10))});

    EXPECT_EQ(delivered.find("notes", "[5]"), std::nullopt);
    EXPECT_EQ(delivered.find("notes", "[6]"), at(20));
    EXPECT_EQ(delivered.find("notes", "[7]"), std::nullopt);
}

TEST_F(DeliveredTest, forgets_the_oldest_at_its_bound) {
    const int many = static_cast<int>(Delivered::limit) + 1;
    for (int id = 1; id <= many; ++id) {
        note({row(id, at(id))});
    }

    EXPECT_FALSE(is_known(1, at(1)));
    EXPECT_TRUE(is_known(2, at(2)));
    EXPECT_TRUE(is_known(many, at(many)));
}

}  // namespace
}  // namespace revsync
