#include "postgres/connection.hpp"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>

#include "postgres/database.hpp"
#include "postgres/run.hpp"
#include "postgres/session.hpp"

namespace revsync::postgres {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::Not;

Conninfo conninfo_of(const std::string& uri) {
    return parse_conninfo(uri, "SUPABASE_DB_URL").value();
}

Error refusal(const Conninfo& conninfo) {
    asio::io_context context;
    const auto connected = run(context, connect(conninfo));
    EXPECT_TRUE(connected.has_error());
    return connected ? Error{} : connected.error();
}

// A listener that accepts and never says a word.
class MuteServer {
public:
    std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

private:
    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
};

TEST(Connecting, NamesThePortWhereNothingListens) {
    std::string port = MuteServer{}.port();
    const Error error = refusal(conninfo_of("postgresql://app:hunter2@127.0.0.1:" + port + "/clinic"));

    EXPECT_EQ(error.disposition, Disposition::retry);
    EXPECT_THAT(error.text, HasSubstr("cannot connect to 127.0.0.1:" + port +
                                      " as app for database clinic: "
                                      "nothing listens there"));
    EXPECT_THAT(error.text, Not(HasSubstr("hunter2")));
}

TEST(Connecting, GivesUpOnAServerThatNeverAnswers) {
    const MuteServer mute;
    Conninfo conninfo = conninfo_of("postgresql://app:hunter2@127.0.0.1:" + mute.port() + "/clinic");
    conninfo.connect_timeout = std::chrono::seconds{0};

    EXPECT_THAT(refusal(conninfo).text, HasSubstr("no answer within 0 s"));
}

TEST(Connecting, NamesTheHostThatIsNotKnown) {
    EXPECT_THAT(refusal(conninfo_of("postgresql://app:hunter2@no-such-host.invalid/clinic")).text,
                HasSubstr("the host name is not known"));
}

TEST(Connecting, NamesTheSocketThatIsNotThere) {
    EXPECT_THAT(refusal(conninfo_of("host=/nonexistent user=app")).text, HasSubstr("nothing listens there"));
}

class Logins : public DatabaseTest {};

TEST_F(Logins, TriesTheNextHost) {
    Conninfo conninfo = this->conninfo();
    const std::string port = MuteServer{}.port();
    conninfo.endpoints.insert(conninfo.endpoints.begin(), {"127.0.0.1", "", port});
    asio::io_context context;

    EXPECT_TRUE(run(context, connect(conninfo)));
}

TEST_F(Logins, LookUpTheHostsName) {
    if (conninfo().endpoints.front().is_local_socket()) {
        GTEST_SKIP() << "the server listens on a local socket";
    }
    asio::io_context context;

    EXPECT_TRUE(run(context, connect(conninfo_with("host", "localhost"))));
}

TEST_F(Logins, RefusedAreAMatterOfConfiguration) {
    const Error error = refusal(conninfo_with_password("hunter2"));

    EXPECT_EQ(error.disposition, Disposition::configuration);
    EXPECT_EQ(error.code, "sqlstate 28P01");
    EXPECT_THAT(error.text, HasSubstr("the password was refused"));
    EXPECT_THAT(error.text, Not(HasSubstr("hunter2")));
}

TEST_F(Logins, NameTheDatabaseThatDoesNotExist) {
    const Error error = refusal(conninfo_with("dbname", "nowhere"));

    EXPECT_EQ(error.code, "sqlstate 3D000");
    EXPECT_THAT(error.text, HasSubstr("for database nowhere: the database does not exist"));
}

TEST_F(Logins, TellThatTheCertificateIsNotTrusted) {
    asio::io_context context;
    Session session{conninfo()};
    ASSERT_TRUE(run(context, session.open()));
    if (!session.is_encrypted()) {
        GTEST_SKIP() << "the server does not speak TLS";
    }
    Conninfo strict = conninfo_with("sslmode", "verify-full");
    strict.parameters.emplace_back("sslrootcert", "/nonexistent.crt");

    EXPECT_EQ(refusal(strict).disposition, Disposition::configuration);
    EXPECT_THAT(refusal(strict).text, HasSubstr("sslrootcert"));
}

TEST_F(Logins, TellThatTheServerDoesNotSpeakTls) {
    asio::io_context context;
    Session session{conninfo()};
    ASSERT_TRUE(run(context, session.open()));
    if (session.is_encrypted() || session.conninfo().endpoints.front().is_local_socket()) {
        GTEST_SKIP() << "the server speaks TLS, or is reached where none is wanted";
    }
    const Error error = refusal(conninfo_with("sslmode", "require"));

    EXPECT_EQ(error.disposition, Disposition::configuration);
    EXPECT_THAT(error.text, HasSubstr("the server does not speak TLS"));
}

}  // namespace
}  // namespace revsync::postgres
