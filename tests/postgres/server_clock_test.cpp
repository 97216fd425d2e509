#include "postgres/server_clock.hpp"

#include "postgres/database.hpp"
#include "postgres/run.hpp"

namespace revsync::postgres {
namespace {

using namespace std::chrono_literals;

class Ahead final : public Clock {
public:
    Timestamp now() const override { return machine_.now() + 10min; }
    std::chrono::steady_clock::time_point steady_now() const override { return machine_.steady_now(); }
    boost::asio::awaitable<void> sleep(std::chrono::milliseconds) override { co_return; }

private:
    SystemClock machine_;
};

using ServerClocks = DatabaseTest;

TEST_F(ServerClocks, AreComparedWithThisMachines) {
    boost::asio::io_context context;
    const SystemClock machine;
    const Ahead ahead;
    const auto now = run(context, read_clock(conninfo(), machine));
    const auto behind = run(context, read_clock(conninfo(), ahead));
    ASSERT_TRUE(now && behind);
    const auto difference = now->ahead - behind->ahead;
    EXPECT_LE(difference, 10min + now->within + behind->within);
    EXPECT_GE(difference, 10min - now->within - behind->within);
}

TEST_F(ServerClocks, OfAServerThatIsGoneCannotBeRead) {
    boost::asio::io_context context;
    const SystemClock machine;
    const auto reading = run(context, read_clock(conninfo_with("port", "1"), machine));
    ASSERT_FALSE(reading);
    EXPECT_TRUE(reading.error().connection_lost);
}

}  // namespace
}  // namespace revsync::postgres
