// HTTPS: certificates that are renewed while the listener serves, and clients that speak something else.
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "checkpoint/folder.hpp"
#include "http/client.hpp"
#include "http/tls_files.hpp"
#include "listener_test.hpp"
#include "support/certificates.hpp"

namespace revsync::http {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

// A certificate and its key, as <folder>/<name>.pem and .key.
class Certificates {
public:
    explicit Certificates(const fs::path& folder) : folder_{folder}, authority_{folder, "authority"} {
        for (const char* name : {"first", "second"}) {
            authority_.issue(name);
        }
    }
    fs::path certificate(const std::string& name) const { return folder_ / (name + ".pem"); }
    fs::path key(const std::string& name) const { return folder_ / (name + ".key"); }

private:
    fs::path folder_;
    test::Authority authority_;
};

class Https : public ListenerTest {
protected:
    Https() {
        install("first", "first");
        settings.tls = TlsFilePaths{live_certificate, live_key};
    }

    // Puts a pair where the listener looks for it, as a renewal does.
    void install(const std::string& certificate, const std::string& key) {
        replace(live_certificate, certificates.certificate(certificate));
        replace(live_key, certificates.key(key));
        // As if some time had passed: file systems tell times apart only so finely.
        renewed += std::chrono::seconds{10};
        fs::last_write_time(live_certificate, renewed);
    }

    // MinGW's copy_file does not overwrite.
    static void replace(const fs::path& file, const fs::path& content) {
        fs::remove(file);
        fs::copy_file(content, file);
    }

    // Asks over TLS, trusting this certificate alone.
    Result<Response> fetch_trusting(const std::string& certificate) {
        return meanwhile([port = listener->port(), path = certificates.certificate(certificate)] {
            ClientSettings client;
            client.port = port;
            client.certificate = path;
            return fetch(client, Request{Verb::get, "/hello", 11});
        });
    }

    Folder folder;
    fs::path live_certificate = folder / "live.pem";
    fs::path live_key = folder / "live.key";
    fs::file_time_type renewed = fs::file_time_type::clock::now();
    Certificates certificates{folder.path()};
};

TEST_F(Https, AnswersOverTls) {
    serve();
    const auto response = fetch_trusting("first");
    ASSERT_TRUE(response) << describe(response.error());
    EXPECT_EQ(response->body(), "hello");
    EXPECT_TRUE(gatekeeper.peers.at(0).encrypted);
}

TEST_F(Https, ShowsARenewedCertificateToNewConnections) {
    serve();
    ASSERT_TRUE(fetch_trusting("first"));
    install("second", "second");
    EXPECT_TRUE(fetch_trusting("second"));
    EXPECT_FALSE(fetch_trusting("first"));
    EXPECT_THAT(log, testing::ElementsAre(HasSubstr("read again")));
}

TEST_F(Https, KeepsOpenConnectionsWhenTheCertificateIsRenewed) {
    serve();
    asio::io_context elsewhere;
    asio::ssl::context context{asio::ssl::context::tls_client};
    asio::ssl::stream<tcp::socket> client{elsewhere, context};
    const auto ask = [&client] {
        Request request{Verb::get, "/hello", 11};
        request.set(boost::beast::http::field::host, "here");
        boost::beast::http::write(client, request);
        boost::beast::flat_buffer buffer;
        Response response;
        boost::beast::http::read(client, buffer, response);
        return response.body();
    };
    meanwhile([&] {
        client.next_layer().connect({asio::ip::address_v4::loopback(), listener->port()});
        client.handshake(asio::ssl::stream_base::client);
        return true;
    });
    EXPECT_EQ(meanwhile(ask), "hello");
    install("second", "second");
    ASSERT_TRUE(fetch_trusting("second"));
    EXPECT_EQ(meanwhile(ask), "hello");
}

TEST_F(Https, GoesOnWithTheFormerCertificateWhenTheNewPairIsBad) {
    serve();
    install("second", "first");
    EXPECT_TRUE(fetch_trusting("first"));
    EXPECT_TRUE(fetch_trusting("first"));
    EXPECT_THAT(log, testing::ElementsAre(testing::AllOf(HasSubstr("refused"), HasSubstr("TLS_KEY_FILE"),
                                                         HasSubstr("not the key of the certificate"))));
    install("second", "second");
    EXPECT_TRUE(fetch_trusting("second"));
}

TEST_F(Https, TakesACertificateThatBecomesReadableWithoutBeingChanged) {
    serve();
    install("second", "second");
    const auto size = fs::file_size(live_certificate);
    write(live_certificate, std::string(size, '?'));
    fs::last_write_time(live_certificate, renewed);
    EXPECT_TRUE(fetch_trusting("first"));
    EXPECT_TRUE(fetch_trusting("first"));
    EXPECT_THAT(log, testing::ElementsAre(HasSubstr("holds no PEM certificate")));
    replace(live_certificate, certificates.certificate("second"));
    fs::last_write_time(live_certificate, renewed);
    ASSERT_EQ(fs::file_size(live_certificate), size);
    EXPECT_TRUE(fetch_trusting("second"));
    EXPECT_THAT(log, testing::ElementsAre(testing::_, HasSubstr("read again")));
}

TEST_F(Https, SaysEachReasonToRefuseACertificateOnce) {
    serve();
    fs::remove(live_certificate);
    EXPECT_TRUE(fetch_trusting("first"));
    write(live_certificate, "not a certificate");
    EXPECT_TRUE(fetch_trusting("first"));
    EXPECT_TRUE(fetch_trusting("first"));
    EXPECT_THAT(log, testing::ElementsAre(HasSubstr("cannot be read"), HasSubstr("holds no PEM certificate")));
}

TEST_F(Https, GoesOnWithTheFormerCertificateWhileTheFilesAreGone) {
    serve();
    fs::remove(live_certificate);
    EXPECT_TRUE(fetch_trusting("first"));
    EXPECT_EQ(log.size(), 1U);
}

TEST_F(Https, TellsAClientOfPlainHttpToUseHttps) {
    serve();
    const Response response = ask("GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_EQ(response.result_int(), 400);
    EXPECT_THAT(response.body(), HasSubstr("https://"));
    EXPECT_EQ(listener->counts().failed_handshakes, 1U);
}

TEST_F(Https, ClosesAConnectionThatDoesNotSpeakTls) {
    serve();
    Client& client = connect();
    client.send("something else entirely");
    ASSERT_TRUE(until([&] { return client.ended(); }));
}

TEST_F(Https, CutsAHandshakeThatDoesNotGoOn) {
    settings.handshake_timeout = std::chrono::milliseconds{50};
    serve();
    Client& client = connect();
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_EQ(listener->counts().failed_handshakes, 1U);
}

TEST_F(Https, TakesNothingOlderThanTls12) {
    const auto loaded = load_tls({live_certificate, live_key});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(SSL_CTX_get_min_proto_version((*loaded)->native_handle()), TLS1_2_VERSION);
}

TEST_F(Https, NamesTheFileThatIsMissing) {
    const auto loaded = load_tls({folder / "none.pem", live_key});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().disposition, Disposition::configuration);
    EXPECT_THAT(loaded.error().text, testing::AllOf(HasSubstr("TLS_CERT_FILE"), HasSubstr("none.pem")));
}

TEST_F(Https, NamesTheFileThatHoldsSomethingElse) {
    write(live_key, "not a key");
    const auto loaded = load_tls({live_certificate, live_key});
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().text, HasSubstr("TLS_KEY_FILE"));
    write(live_certificate, "not a certificate");
    EXPECT_THAT(load_tls({live_certificate, live_key}).error().text, HasSubstr("TLS_CERT_FILE"));
}

}  // namespace
}  // namespace revsync::http
