// Slow, silent and too many clients.
#ifdef __linux__
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

#include "listener_test.hpp"

namespace revsync::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view hello = "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n";

class ListenerLimits : public ListenerTest {
protected:
    // One byte after the other, for as long as the connection takes them.
    void trickle(Client& client, std::string_view byte) {
        auto timer = std::make_shared<asio::steady_timer>(io);
        trickle_on(client, byte, timer);
    }

private:
    void trickle_on(Client& client, std::string_view byte, const std::shared_ptr<asio::steady_timer>& timer) {
        if (client.ended()) {
            return;
        }
        client.send(byte);
        timer->expires_after(5ms);
        timer->async_wait([this, &client, byte, timer](const boost::system::error_code&) {
            if (!clients.empty()) {
                trickle_on(client, byte, timer);
            }
        });
    }
};

TEST_F(ListenerLimits, CutsAHeaderThatTricklesIn) {
    settings.header_timeout = 100ms;
    serve();
    Client& client = connect();
    client.send("GET /hello HTTP/1.1\r\nHost: here\r\nX-Slow: ");
    trickle(client, "x");
    ASSERT_TRUE(until([&] { return client.ended(); }));
    ASSERT_EQ(client.responses().size(), 1U);
    EXPECT_EQ(client.responses()[0].result_int(), 408);
    EXPECT_EQ(listener->counts().timed_out, 1U);
}

TEST_F(ListenerLimits, CutsABodyThatTricklesIn) {
    settings.body_timeout = 100ms;
    serve();
    Client& client = connect();
    client.send("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n");
    trickle(client, "x");
    ASSERT_TRUE(until([&] { return client.ended(); }));
    ASSERT_EQ(client.responses().size(), 1U);
    EXPECT_EQ(client.responses()[0].result_int(), 408);
}

TEST_F(ListenerLimits, ClosesAConnectionThatNeverAsks) {
    settings.header_timeout = 50ms;
    serve();
    Client& client = connect();
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_EQ(client.received(), "");
}

TEST_F(ListenerLimits, ClosesAConnectionThatIsIdleForTooLong) {
    settings.idle_timeout = 50ms;
    serve();
    Client& client = connect();
    client.send(hello);
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_EQ(client.responses().size(), 1U);
    EXPECT_EQ(listener->counts().answered(4), 0U);
}

TEST_F(ListenerLimits, LetsAHandlerTakeLongerThanAnyClientMay) {
    settings.header_timeout = settings.body_timeout = settings.idle_timeout = 20ms;
    serve();
    Client& client = connect();
    client.send("POST /wait HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{}");
    ASSERT_TRUE(until([&] { return handling == 1; }));
    Client& silent = connect();
    ASSERT_TRUE(until([&] { return silent.ended(); }));  // so much time has passed
    release.set();
    ASSERT_TRUE(until([&] { return client.responses().size() == 1; }));
}

TEST_F(ListenerLimits, CutsAClientThatDoesNotReadItsResponse) {
    settings.write_timeout = 100ms;
    serve();
    Client& client = connect_without_reading();
    client.send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n");
    ASSERT_TRUE(until([&] { return listener->counts().accepted == 1 && listener->counts().open == 0; }));
    EXPECT_EQ(listener->counts().timed_out, 1U);
    client.start_reading();
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_TRUE(client.responses().empty());
}

TEST_F(ListenerLimits, AnswersNormalClientsWhileSlowOnesHoldEveryConnection) {
    settings.connection_limit = 32;
    serve();
    std::vector<Client*> slow;
    for (int i = 0; i < 40; ++i) {
        slow.push_back(&connect());
        slow.back()->send("GET /hello HTTP/1.1\r\nX-Slow: ");
        trickle(*slow.back(), "x");
    }
    ASSERT_TRUE(until([&] { return listener->counts().accepted == 40; }));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"), 200U);
    }
    EXPECT_LE(listener->counts().open, 33U);
    EXPECT_GE(listener->counts().dropped, 8U);
    EXPECT_EQ(listener->counts().refused, 0U);
}

TEST_F(ListenerLimits, AnswersNormalClientsWhileOthersReadNoResponseOnEveryConnection) {
    settings.connection_limit = 4;
    serve();
    for (int i = 0; i < 4; ++i) {
        connect_without_reading().send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n");
    }
    ASSERT_TRUE(until([&] { return listener->counts().answered(2) == 4; }));
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"), 200U);
    }
    EXPECT_EQ(listener->counts().refused, 0U);
}

TEST_F(ListenerLimits, DropsTheConnectionThatHasWaitedLongest) {
    settings.connection_limit = 2;
    serve();
    Client& oldest = connect();
    ASSERT_TRUE(until([&] { return listener->counts().accepted == 1; }));
    Client& newer = connect();
    ASSERT_TRUE(until([&] { return listener->counts().accepted == 2; }));
    oldest.send(hello);  // now it is the other that has waited longest
    ASSERT_TRUE(until([&] { return oldest.responses().size() == 1; }));
    EXPECT_EQ(status_of(hello), 200U);
    ASSERT_TRUE(until([&] { return newer.ended(); }));
    EXPECT_FALSE(oldest.ended());
}

TEST_F(ListenerLimits, TurnsAwayWhoeverComesWhileAllAreBusy) {
    settings.connection_limit = 2;
    serve();
    for (int i = 0; i < 2; ++i) {
        connect().send("GET /wait HTTP/1.1\r\nHost: here\r\n\r\n");
    }
    ASSERT_TRUE(until([&] { return handling == 2; }));
    Client& third = connect();
    ASSERT_TRUE(until([&] { return third.ended(); }));
    ASSERT_EQ(third.responses().size(), 1U);
    EXPECT_EQ(third.responses()[0].result_int(), 503);
    EXPECT_EQ(third.responses()[0][boost::beast::http::field::retry_after], "5");
    EXPECT_EQ(listener->counts().refused, 1U);
    EXPECT_THAT(log, testing::ElementsAre(HasSubstr("all connections are busy")));
    release.set();
    ASSERT_TRUE(until([&] { return clients[0].responses().size() + clients[1].responses().size() == 2; }));
}

TEST_F(ListenerLimits, KeepsLargeBodiesFromFillingTheMemory) {
    settings.small_body = 1000;
    settings.shared_limit = 5000;
    serve();
    Client& large = connect();
    large.send("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 9000\r\n\r\n" + std::string(5500, 'x'));
    ASSERT_TRUE(until([&] { return gatekeeper.asked.size() == 1; }));
    Client& second = connect();
    second.send("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 9000\r\n\r\n" + std::string(5500, 'x'));
    ASSERT_TRUE(until([&] { return second.ended(); }));
    EXPECT_EQ(second.responses().at(0).result_int(), 503);
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 900\r\n\r\n" + std::string(900, 'x')),
              200U);
    large.reset();
    ASSERT_TRUE(until([&] { return status_of(hello) == 200 && listener->counts().open <= 3; }));
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 5500\r\n\r\n" + std::string(5500, 'x')),
              200U);
}

#ifdef __linux__
TEST_F(ListenerLimits, WaitsForFileDescriptorsToBeFreeAgain) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    GTEST_SKIP() << "the sanitizer's own checks need descriptors";
#endif
#endif
    serve();
    Client& idle = connect();
    ASSERT_TRUE(until([&] { return listener->counts().accepted == 1; }));
    Client& newcomer = connect();
    newcomer.send(hello);
    rlimit former{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &former), 0);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit none_left = former;
    none_left.rlim_cur = static_cast<rlim_t>(lowest_free);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
    const bool answered = until([&] { return newcomer.responses().size() == 1; });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &former), 0);
    EXPECT_TRUE(answered);
    EXPECT_TRUE(until([&] { return idle.ended(); }));  // it made room
    EXPECT_EQ(log.size(), 1U);
}
#endif

}  // namespace
}  // namespace revsync::http
