#include "sqlserver/pool.hpp"

#include <gmock/gmock.h>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>

#include "sqlserver/test_server.hpp"

namespace revsync::sqlserver {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using testing::ElementsAre;
using testing::HasSubstr;

ConnectionSettings nobody() {
    ConnectionSettings settings;
    settings.server = "127.0.0.1";
    settings.port = 1;  // nothing listens there
    settings.database = "Clinic";
    settings.user = "sync";
    settings.password = "x";
    settings.encryption = Encryption::off;
    return settings;
}

TEST(Pool, ConnectsOnlyWhenItIsUsed) {
    Pool pool{nobody(), 2};
    EXPECT_FALSE(pool.connected());
    EXPECT_EQ(pool.opened(), 0U);
    EXPECT_EQ(pool.server(), "127.0.0.1:1");
}

TEST(Pool, ReportsAServerThatIsNotThere) {
    asio::io_context context;
    Pool pool{nobody(), 1};
    const auto result = test::run(context, pool.run<int>([](Session&) -> Result<int> { return 1; }));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::retry);
    EXPECT_TRUE(result.error().connection_lost);
}

TEST(Pool, AnswersStoppedOnceItIsClosed) {
    asio::io_context context;
    Pool pool{nobody(), 1};
    pool.close();
    const auto result = test::run(context, pool.run<int>([](Session&) -> Result<int> { return 1; }));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::stopped);
}

TEST(Pool, MayGoBeforeItsCallers) {
    asio::io_context context;
    {
        Pool pool{nobody(), 1};
        for (int i = 0; i < 3; ++i) {
            asio::co_spawn(context, pool.run<int>([](Session&) -> Result<int> { return 1; }),
                           [](std::exception_ptr, const Result<int>& result) { EXPECT_FALSE(result); });
        }
        context.run_one();
        context.poll_one();
    }
    context.run();
}

class PoolOnServer : public test::ServerTest {};

// Blocks jobs until the test lets them go.
class Gate {
public:
    void pass() {
        std::unique_lock lock{mutex_};
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void wait_for(int jobs) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return waiting_ >= jobs; });
    }
    void open() {
        const std::scoped_lock lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

TEST_F(PoolOnServer, UsesOneConnectionForOneCallerAtATime) {
    Pool pool{settings, 4};
    for (int i = 0; i < 3; ++i) {
        const auto done = test::run(context, pool.run<void>([](Session&) { return Result<void>{}; }));
        EXPECT_TRUE(done);
    }
    EXPECT_EQ(pool.opened(), 1U);
    EXPECT_TRUE(pool.connected());
}

TEST_F(PoolOnServer, RunsAsManyAtOnceAsItHasConnectionsAndTheOthersInOrder) {
    Pool pool{settings, 2};
    Gate gate;
    std::vector<int> finished;
    for (int i = 0; i < 6; ++i) {
        asio::co_spawn(
            context, pool.run<int>([&gate, i](Session& on) -> Result<int> {
                if (i < 2) {
                    gate.pass();
                }
                const auto rows = on.query("SELECT 1;");
                if (!rows) {
                    return rows.error();
                }
                return i;
            }),
            [&](std::exception_ptr, const Result<int>& result) { finished.push_back(result ? *result : -1); });
    }
    asio::post(context, [&] {
        gate.wait_for(2);
        gate.open();
    });
    context.run();
    EXPECT_EQ(finished.size(), 6U);
    EXPECT_EQ(pool.opened(), 2U);
    EXPECT_THAT(finished, testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
    const auto later = std::vector<int>(std::find(finished.begin(), finished.end(), 2), finished.end());
    EXPECT_EQ(later.front(), 2);
}

TEST_F(PoolOnServer, ReplacesAConnectionThatDiedWhileIdle) {
    Pool pool{settings, 1};
    const auto spid = [](Session& on) -> Result<std::string> {
        const auto rows = on.query("SELECT @@SPID;");
        if (!rows) {
            return rows.error();
        }
        return rows->at(0).at(0).at(0).value_or("");
    };
    const auto first = test::run(context, pool.run<std::string>(spid));
    ASSERT_TRUE(first) << describe(first.error());
    if (!session->query("KILL " + *first + ";")) {
        GTEST_SKIP() << "this server cannot end a session";
    }
    const auto second = test::run(context, pool.run<std::string>(spid));
    ASSERT_TRUE(second) << describe(second.error());
    EXPECT_EQ(pool.opened(), 2U);
}

TEST_F(PoolOnServer, EndsARunningCallWhenItIsClosed) {
    Pool pool{settings, 1};
    Gate gate;
    std::optional<Result<void>> outcome;
    asio::co_spawn(context, pool.run<void>([&](Session& on) -> Result<void> {
        gate.pass();
        const auto rows = on.query("WAITFOR DELAY '00:00:30';");
        return rows ? Result<void>{} : Result<void>{rows.error()};
    }),
                   [&](std::exception_ptr, Result<void> result) { outcome = std::move(result); });
    asio::post(context, [&] {
        gate.wait_for(1);
        gate.open();
        pool.close();
    });
    context.run();
    ASSERT_TRUE(outcome);
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().disposition, Disposition::stopped);
}

TEST_F(PoolOnServer, EndsARunningCallWhenItsCallerIsCancelled) {
    Pool pool{settings, 1};
    Gate gate;
    asio::cancellation_signal signal;
    bool ended = false;
    asio::co_spawn(context, pool.run<void>([&](Session& on) -> Result<void> {
        gate.pass();
        const auto rows = on.query("WAITFOR DELAY '00:00:30';");
        return rows ? Result<void>{} : Result<void>{rows.error()};
    }),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, const Result<void>& result) {
                       ended = true;
                       EXPECT_FALSE(result);
                   }));
    asio::post(context, [&] {
        gate.wait_for(1);
        signal.emit(asio::cancellation_type::terminal);
        gate.open();
    });
    context.run();
    EXPECT_TRUE(ended);
    const auto next = test::run(context, pool.run<void>([](Session& on) -> Result<void> {
        const auto rows = on.query("SELECT 1;");
        return rows ? Result<void>{} : Result<void>{rows.error()};
    }));
    EXPECT_TRUE(next);
}

}  // namespace
}  // namespace revsync::sqlserver
