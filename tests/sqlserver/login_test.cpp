#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <thread>

#include "sqlserver/test_server.hpp"

namespace revsync::sqlserver {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

// A port on loopback: closed, silent, or one that hangs up.
class Listener {
public:
    Listener() : acceptor_{context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {}
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    void close() { acceptor_.close(); }
    void hang_up_once() { acceptor_.accept().close(); }

private:
    asio::io_context context_;
    tcp::acceptor acceptor_;
};

class Login : public testing::Test {
protected:
    Error failure() const {
        auto session = Session::connect(settings, never);
        return session ? Error{} : session.error();
    }

    ConnectionSettings settings = [] {
        ConnectionSettings result;
        result.server = "127.0.0.1";
        result.database = "Clinic";
        result.user = "sync";
        result.password = "secret-of-the-login";
        result.encryption = Encryption::off;
        result.login_timeout = std::chrono::seconds{1};
        return result;
    }();
    const std::atomic<bool> never = false;
};

TEST_F(Login, SaysThatNobodyListens) {
    Listener listener;
    settings.port = listener.port();
    listener.close();
    const Error error = failure();
    EXPECT_EQ(error.disposition, Disposition::retry);
    EXPECT_TRUE(error.connection_lost);
    EXPECT_THAT(error.text, HasSubstr("127.0.0.1:"));
    EXPECT_THAT(error.text, HasSubstr("refused"));
}

TEST_F(Login, SaysThatTheHostIsNotKnown) {
    settings.server = "no-such-host.invalid";
    const Error error = failure();
    EXPECT_EQ(error.disposition, Disposition::retry);
    EXPECT_THAT(error.text, HasSubstr("host name"));
    EXPECT_THAT(error.text, HasSubstr("no-such-host.invalid"));
}

TEST_F(Login, GivesUpOnASilentServer) {
    Listener listener;
    settings.port = listener.port();
    const Error error = failure();
    EXPECT_EQ(error.disposition, Disposition::retry);
    EXPECT_THAT(error.text, HasSubstr("does not answer in time"));
}

TEST_F(Login, SurvivesAServerThatHangsUp) {
    Listener listener;
    settings.port = listener.port();
    std::thread server{[&] { listener.hang_up_once(); }};
    const Error error = failure();
    server.join();
    EXPECT_TRUE(error.connection_lost);
    EXPECT_EQ(error.disposition, Disposition::retry);
}

TEST_F(Login, NeverPrintsThePassword) {
    settings.server = "no-such-host.invalid";
    EXPECT_THAT(describe(failure()), testing::Not(HasSubstr("secret-of-the-login")));
}

using LoginToServer = test::ServerTest;

TEST_F(LoginToServer, NamesAWrongPassword) {
    settings.password += "x";
    const auto refused = Session::connect(settings, never);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().disposition, Disposition::configuration);
    EXPECT_EQ(refused.error().code, "sqlserver 18456");
    EXPECT_THAT(refused.error().text, HasSubstr("DB_PASSWORD"));
}

TEST_F(LoginToServer, NamesAMissingDatabase) {
    settings.database = "NoSuchDatabase";
    const auto refused = Session::connect(settings, never);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().disposition, Disposition::retry) << "a server that recovers its databases says it too";
    EXPECT_EQ(refused.error().code, "sqlserver 4060");
    EXPECT_THAT(refused.error().text, HasSubstr("DB_NAME"));
}

}  // namespace
}  // namespace revsync::sqlserver
