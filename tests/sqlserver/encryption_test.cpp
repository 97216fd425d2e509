// Who is trusted with the login: the stand-in's protocol half, with certificates made on the spot.
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "sqlserver/session.hpp"
#include "sqlserver_sim/tds/server.hpp"
#include "sqlserver_sim/tds_test/fake_engine.hpp"
#include "support/certificates.hpp"

namespace revsync::sqlserver {
namespace {

namespace tds = sim::tds;
using testing::HasSubstr;

class EncryptedServer {
public:
    EncryptedServer(const std::filesystem::path& folder, const std::string& host, tds::Encryption encryption)
        : stop_{::eventfd(0, EFD_CLOEXEC)},
          server_{engine_,
                  tds::TlsContext::from_files((folder / (host + ".pem")).string(), (folder / (host + ".key")).string()),
                  tds::ServerOptions{.connection = {.encryption = encryption}}},
          thread_{[this] { server_.run(stop_); }} {}
    ~EncryptedServer() {
        ::eventfd_write(stop_, 1);
        thread_.join();
        ::close(stop_);
    }
    EncryptedServer(const EncryptedServer&) = delete;
    EncryptedServer& operator=(const EncryptedServer&) = delete;

    std::uint16_t port() const { return server_.port(); }

private:
    tds::test::FakeEngine engine_;
    const int stop_;
    tds::Server server_;
    std::thread thread_;
};

class EncryptedLogin : public testing::Test {
protected:
    EncryptedLogin() {
        ours.issue("localhost");
        ours.issue("other.example");
        settings.server = "localhost";
        settings.database = "Clinic";
        settings.user = "sync";
        settings.password = "x";
        settings.encryption = Encryption::require;
    }
    ~EncryptedLogin() override { std::filesystem::remove_all(folder); }

    static std::filesystem::path make_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "reverse-sync-test-XXXXXX").string();
        return ::mkdtemp(name.data());
    }

    Result<std::unique_ptr<Session>> connect(const std::string& made_out_to = "localhost",
                                             tds::Encryption offered = tds::Encryption::on) {
        const EncryptedServer server{folder, made_out_to, offered};
        settings.port = server.port();
        return Session::connect(settings, never);
    }

    Error refusal(const std::string& made_out_to = "localhost", tds::Encryption offered = tds::Encryption::on) {
        auto session = connect(made_out_to, offered);
        return session ? Error{} : session.error();
    }

    const std::filesystem::path folder = make_folder();
    const revsync::test::Authority ours{folder, "our-authority"};
    const revsync::test::Authority foreign{folder, "foreign-authority"};
    const std::atomic<bool> never = false;
    ConnectionSettings settings;
};

TEST_F(EncryptedLogin, EncryptsWithoutCheckingWhenNoAuthorityIsGiven) {
    EXPECT_TRUE(connect("other.example"));
}

TEST_F(EncryptedLogin, TrustsACertificateOfTheAuthority) {
    settings.ca_file = ours.certificate();
    EXPECT_TRUE(connect());
}

TEST_F(EncryptedLogin, RefusesACertificateOfAnotherAuthority) {
    settings.ca_file = foreign.certificate();
    EXPECT_EQ(refusal().disposition, Disposition::configuration);
    EXPECT_THAT(refusal().text, HasSubstr("DB_CA_FILE"));
}

TEST_F(EncryptedLogin, RefusesACertificateMadeOutToAnotherHost) {
    settings.ca_file = ours.certificate();
    EXPECT_EQ(refusal("other.example").disposition, Disposition::configuration);
    EXPECT_THAT(refusal("other.example").text, HasSubstr("host name"));
}

TEST_F(EncryptedLogin, RefusesAServerThatDoesNotEncrypt) {
    const Error error = refusal("localhost", tds::Encryption::not_supported);
    EXPECT_EQ(error.disposition, Disposition::configuration);
    EXPECT_THAT(error.text, HasSubstr("DB_ENCRYPT=require"));
}

TEST_F(EncryptedLogin, GoesOnInPlainTextWhenEncryptionIsOnlyRequested) {
    settings.encryption = Encryption::request;
    EXPECT_TRUE(connect("localhost", tds::Encryption::not_supported));
}

TEST_F(EncryptedLogin, ChecksTheCertificateAlsoWhenEncryptionIsOnlyRequested) {
    settings.encryption = Encryption::request;
    settings.ca_file = foreign.certificate();
    EXPECT_EQ(refusal().disposition, Disposition::configuration);
}

}  // namespace
}  // namespace revsync::sqlserver
