#include "sync/apply.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <set>

namespace revsync {
namespace {

using testing::ElementsAre;
using testing::Field;

Key key(int id) {
    return fmt::format("[{}]", id);
}

std::vector<Change> rows(int count) {
    std::vector<Change> changes;
    for (int id = 1; id <= count; ++id) {
        changes.push_back({key(id), Timestamp::from_microseconds(id), Operation::upsert, "{}"});
    }
    return changes;
}

// Refuses each batch that holds a bad row, as a transaction does, and breaks when its time has come.
class PickySink final : public Sink {
public:
    boost::asio::awaitable<Result<std::vector<Result<void>>>> prepare(std::vector<const Stream*> streams) override {
        co_return std::vector<Result<void>>(streams.size());
    }

    boost::asio::awaitable<Result<Applied>> apply(const Stream&, std::span<const Change> changes) override {
        if (++calls == breaks_at_call) {
            co_return Error{Disposition::retry, "", "deadlock"};
        }
        if (std::ranges::any_of(changes, [&](const Change& change) { return bad.contains(change.key); })) {
            co_return Error{Disposition::row, "1", "bad row"};
        }
        Applied applied;
        for (const Change& change : changes) {
            if (refused.contains(change.key)) {
                applied.refused.push_back({change.key, {Disposition::row, "2", "refused"}});
            } else {
                committed.push_back(change.key);
                ++applied.inserted;
            }
        }
        co_return applied;
    }

    boost::asio::awaitable<Result<void>> check() override { co_return Result<void>{}; }

    std::set<Key> bad;
    std::set<Key> refused;
    int breaks_at_call = 0;
    int calls = 0;
    std::vector<Key> committed;
};

class ApplyIsolating : public testing::Test {
protected:
    ApplyOutcome apply(const std::vector<Change>& changes) {
        boost::asio::io_context context;
        ApplyOutcome outcome;
        boost::asio::co_spawn(context, apply_isolating(sink, stream, changes),
                              [&](std::exception_ptr, ApplyOutcome made) { outcome = std::move(made); });
        context.run();
        return outcome;
    }

    PickySink sink;
    Stream stream;
};

TEST_F(ApplyIsolating, takes_one_call_when_nothing_is_wrong) {
    const ApplyOutcome outcome = apply(rows(500));

    EXPECT_EQ(sink.calls, 1);
    EXPECT_EQ(outcome.changed, 500U);
    EXPECT_TRUE(outcome.failures.empty());
}

TEST_F(ApplyIsolating, takes_no_call_for_no_rows) {
    apply({});

    EXPECT_EQ(sink.calls, 0);
}

TEST_F(ApplyIsolating, leaves_one_bad_row_among_500_alone_and_commits_the_rest_in_order) {
    sink.bad = {key(137)};

    const ApplyOutcome outcome = apply(rows(500));

    EXPECT_LE(sink.calls, 1 + 2 * 9);
    EXPECT_THAT(outcome.failures, ElementsAre(Field(&RowFailure::key, key(137))));
    EXPECT_EQ(outcome.failures.front().changed_at, Timestamp::from_microseconds(137));
    EXPECT_EQ(outcome.changed, 499U);
    std::vector<Key> expected;
    for (int id = 1; id <= 500; ++id) {
        if (id != 137) {
            expected.push_back(key(id));
        }
    }
    EXPECT_EQ(sink.committed, expected);
}

TEST_F(ApplyIsolating, names_every_row_when_all_are_bad) {
    sink.bad = {key(1), key(2), key(3), key(4), key(5)};

    const ApplyOutcome outcome = apply(rows(5));

    EXPECT_EQ(sink.calls, 9);
    EXPECT_THAT(outcome.failures, ElementsAre(Field(&RowFailure::key, key(1)), Field(&RowFailure::key, key(2)),
                                              Field(&RowFailure::key, key(3)), Field(&RowFailure::key, key(4)),
                                              Field(&RowFailure::key, key(5))));
    EXPECT_FALSE(outcome.stopped_by);
}

TEST_F(ApplyIsolating, stops_at_a_failure_that_is_no_rows_fault) {
    sink.bad = {key(1)};
    sink.breaks_at_call = 4;  // all, 1 and 2, 1, then 2

    const ApplyOutcome outcome = apply(rows(4));

    ASSERT_TRUE(outcome.stopped_by);
    EXPECT_EQ(outcome.stopped_by->disposition, Disposition::retry);
    EXPECT_EQ(sink.calls, 4);
    EXPECT_TRUE(sink.committed.empty());
}

TEST_F(ApplyIsolating, counts_what_was_committed_before_it_stopped) {
    sink.bad = {key(4)};
    sink.breaks_at_call = 3;

    const ApplyOutcome outcome = apply(rows(4));

    EXPECT_EQ(outcome.changed, 2U);
    EXPECT_TRUE(outcome.stopped_by);
}

TEST_F(ApplyIsolating, takes_refused_rows_as_failures_with_their_change_time) {
    sink.refused = {key(2)};

    const ApplyOutcome outcome = apply(rows(3));

    EXPECT_EQ(sink.calls, 1);
    ASSERT_EQ(outcome.failures.size(), 1U);
    EXPECT_EQ(outcome.failures.front().key, key(2));
    EXPECT_EQ(outcome.failures.front().changed_at, Timestamp::from_microseconds(2));
    EXPECT_EQ(outcome.changed, 2U);
}

TEST_F(ApplyIsolating, takes_a_refused_removal_for_done) {
    sink.refused = {key(2)};
    std::vector<Change> changes = rows(2);
    changes[1].operation = Operation::remove;

    const ApplyOutcome outcome = apply(changes);

    EXPECT_TRUE(outcome.failures.empty());
    EXPECT_FALSE(outcome.stopped_by);
}

}  // namespace
}  // namespace revsync
