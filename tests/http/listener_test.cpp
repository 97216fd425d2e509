// What the listener answers, and what it refuses with which status.
#include <regex>

#include "listener_test.hpp"

namespace revsync::http {
namespace {

using testing::HasSubstr;
using Field = boost::beast::http::field;

constexpr std::string_view hello = "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n";

std::string post(std::string_view path, std::string_view body, std::string_view fields = "") {
    return fmt::format("POST {} HTTP/1.1\r\nHost: here\r\nContent-Length: {}\r\n{}\r\n{}", path, body.size(), fields,
                       body);
}

class Listening : public ListenerTest {
protected:
    Listening() { serve(); }
};

TEST_F(Listening, AnswersWithWhatTheRouteReturns) {
    const Response response = ask(hello);
    EXPECT_EQ(response.result_int(), 200);
    EXPECT_EQ(response.body(), "hello");
    EXPECT_EQ(response[Field::server], "reverse-syncd");
    const std::regex date{"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"};
    EXPECT_TRUE(std::regex_match(std::string{response[Field::date]}, date)) << response[Field::date];
}

TEST_F(Listening, GivesTheBodyToTheRoute) {
    EXPECT_EQ(ask(post("/hook", R"({"a":1})", "Content-Type: application/json\r\n")).body(), R"({"a":1})");
}

TEST_F(Listening, IgnoresTheQueryAndTheHostOfTheTarget) {
    EXPECT_EQ(status_of("GET /hello?a=/b HTTP/1.1\r\nHost: here\r\n\r\n"), 200);
    EXPECT_EQ(status_of("GET http://here/hello HTTP/1.1\r\nHost: here\r\n\r\n"), 200);
}

TEST_F(Listening, AnswersHeadLikeGetWithoutTheBody) {
    Client& client = connect();
    client.send("HEAD /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_THAT(client.received(), HasSubstr("Content-Length: 5\r\n"));
    EXPECT_TRUE(client.received().ends_with("\r\n\r\n"));
}

TEST_F(Listening, KeepsAConnectionForTheNextRequest) {
    Client& client = connect();
    client.send(hello);
    ASSERT_TRUE(until([&] { return client.responses().size() == 1; }));
    client.send(hello);
    ASSERT_TRUE(until([&] { return client.responses().size() == 2; }));
    EXPECT_EQ(listener->counts().accepted, 1U);
}

TEST_F(Listening, AnswersPipelinedRequestsInOrder) {
    Client& client = connect();
    std::string requests;
    for (const char* body : {"1", "2", "3"}) {
        requests += post("/hook", body);
    }
    client.send(requests);
    ASSERT_TRUE(until([&] { return client.responses().size() == 3; }));
    EXPECT_EQ(client.responses()[0].body() + client.responses()[1].body() + client.responses()[2].body(), "123");
}

TEST_F(Listening, SpeaksHttp10) {
    Client& client = connect();
    client.send("GET /hello HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_THAT(client.received(), testing::StartsWith("HTTP/1.0 200"));
}

TEST_F(Listening, ClosesWhenTheClientAsksForIt) {
    Client& client = connect();
    client.send("GET /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_EQ(client.responses().size(), 1U);
}

TEST_F(Listening, TakesAChunkedBody) {
    EXPECT_EQ(ask("POST /hook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                  .body(),
              "abcde");
}

TEST_F(Listening, TakesARequestInTwoPiecesWhereverItIsCut) {
    const std::string request =
        "POST /hook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        Client& client = connect();
        client.send(request.substr(0, cut));
        ask("GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");  // by then the first piece has been read
        client.send(request.substr(cut));
        ASSERT_TRUE(until([&] { return !client.responses().empty(); })) << cut;
        EXPECT_EQ(client.responses()[0].body(), "abcde") << cut;
    }
}

TEST_F(Listening, TellsAWaitingClientToGoOnWithItsBody) {
    Client& client = connect();
    client.send("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_TRUE(until([&] { return client.received() == "HTTP/1.1 100 Continue\r\n\r\n"; }));
    client.send("ok");
    ASSERT_TRUE(until([&] { return client.received().ends_with("ok"); }));
}

TEST_F(Listening, DoesNotAskForABodyThatItRefuses) {
    gatekeeper.refuse_headers = true;
    Client& client = connect();
    client.send("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_TRUE(until([&] { return client.ended(); }));
    EXPECT_THAT(client.received(), testing::StartsWith("HTTP/1.1 401"));
}

TEST_F(Listening, SaysEveryErrorAsJson) {
    const Response response = ask("GET /nothing HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_EQ(response[Field::content_type], "application/json; charset=utf-8");
    EXPECT_EQ(response.body(), R"({"success":false,"error":"there is nothing at this path"})");
}

TEST_F(Listening, NamesTheMethodsOfAPath) {
    const Response response = ask("DELETE /wait HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_EQ(response.result_int(), 405);
    EXPECT_EQ(response[Field::allow], "GET, HEAD, POST");
}

TEST_F(Listening, RefusesABodyOfAnotherTypeThanJson) {
    EXPECT_EQ(status_of(post("/hook", "a=1", "Content-Type: application/x-www-form-urlencoded\r\n")), 415);
    EXPECT_EQ(status_of(post("/hook", "{}", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n")), 415);
    EXPECT_EQ(status_of(post("/hook", "{}", "Content-Type: Application/JSON; charset=utf-8\r\n")), 200);
    EXPECT_EQ(status_of(post("/hook", "{}")), 200);
    EXPECT_EQ(status_of(post("/do", "", "Content-Type: text/plain\r\n")), 200);
}

TEST_F(Listening, RefusesAWebhookWithoutALength) {
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\n\r\n"), 411);
    EXPECT_EQ(status_of("POST /do HTTP/1.1\r\nHost: here\r\n\r\n"), 200);
}

TEST_F(Listening, RefusesABodyOverTheLimitBeforeItIsSent) {
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 1048577\r\n\r\n"), 413);
    EXPECT_EQ(status_of(post("/hook", std::string(1 << 20, 'x'))), 200);
}

TEST_F(Listening, LetsTheClientReadTheRefusalOfABodyThatItGoesOnSending) {
    Client& client = connect();
    client.send(post("/hook", std::string(2 << 20, 'x')));
    ASSERT_TRUE(until([&] { return client.ended() || !client.responses().empty(); }));
    ASSERT_EQ(client.responses().size(), 1U);
    EXPECT_EQ(client.responses()[0].result_int(), 413);
}

TEST_F(Listening, RefusesAChunkedBodyOverTheLimit) {
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n"), 413);
}

TEST_F(Listening, RefusesAHeaderOverTheLimit) {
    EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: here\r\nX-Long: " + std::string(9000, 'x') + "\r\n\r\n"), 431);
    EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: here\r\nX-Long: " + std::string(7000, 'x') + "\r\n\r\n"), 200);
}

TEST_F(Listening, RefusesWhatIsNotHttp) {
    EXPECT_EQ(status_of("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 garbage\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET /hello\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost here\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: -1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
}

// Two ways to say where a body ends let requests be smuggled past a proxy (RFC 9112, 6.3).
TEST_F(Listening, RefusesABodyWithTwoLengths) {
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
              400);
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"),
              400);
}

TEST_F(Listening, SaysWhatItDoesNotSpeak) {
    EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    EXPECT_EQ(status_of("BREW /hello HTTP/1.1\r\nHost: here\r\n\r\n"), 501);
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501);
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n"), 417);
}

TEST_F(Listening, TakesNothingBehindABodyInAnUnknownCodingForARequest) {
    Client& client = connect();
    client.send(
        "POST /hook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: gzip\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
    ASSERT_TRUE(until([&] { return client.ended(); }));
    ASSERT_EQ(client.responses().size(), 1U);
    EXPECT_EQ(client.responses()[0].result_int(), 501U);
}

TEST_F(Listening, AsksTheGatekeeperBeforeItReadsABody) {
    gatekeeper.refuse_headers = true;
    EXPECT_EQ(status_of("POST /hook HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n"), 401);
    EXPECT_THAT(gatekeeper.asked, testing::ElementsAre(Access::webhook));
    EXPECT_TRUE(gatekeeper.peers.at(0).address.is_loopback());
    EXPECT_FALSE(gatekeeper.peers.at(0).encrypted);
}

TEST_F(Listening, AsksTheGatekeeperAgainAboutTheWholeRequest) {
    gatekeeper.refuse_whole = true;
    EXPECT_EQ(status_of(post("/hook", "{}")), 429);
    EXPECT_EQ(gatekeeper.outcomes.size(), 0U);
}

TEST_F(Listening, TellsTheGatekeeperHowAWebhookEnded) {
    status_of(post("/hook", "{}", "webhook-id: one\r\n"));
    status_of(post("/throw", "{}"));
    status_of(post("/do", ""));
    EXPECT_THAT(gatekeeper.outcomes, testing::ElementsAre(testing::Pair("one", Status::ok),
                                                          testing::Pair("", Status::internal_server_error)));
}

TEST_F(Listening, KeepsWhatAHandlerThrowsToItself) {
    const Response response = ask(post("/throw", R"("a patient's name")"));
    EXPECT_EQ(response.result_int(), 500);
    EXPECT_THAT(response.body(), testing::Not(HasSubstr("patient")));
    ASSERT_EQ(log.size(), 1U);
    EXPECT_THAT(log[0], testing::AllOf(HasSubstr("POST /throw"), testing::Not(HasSubstr("patient"))));
    EXPECT_EQ(status_of(hello), 200);
}

TEST_F(Listening, FinishesTheWorkOfAClientThatHasGone) {
    Client& client = connect();
    client.send(post("/wait", "{}"));
    ASSERT_TRUE(until([&] { return handling == 1; }));
    client.reset();
    EXPECT_EQ(status_of(hello), 200);  // by now the listener has seen the connection break
    EXPECT_EQ(handled, 0);
    release.set();
    ASSERT_TRUE(until([&] { return handled == 1 && gatekeeper.outcomes.size() == 1; }));
    EXPECT_EQ(gatekeeper.outcomes[0].second, Status::ok);
    EXPECT_EQ(status_of(hello), 200);
}

TEST_F(Listening, CountsConnectionsAndResponses) {
    status_of(hello);
    status_of("GET /nothing HTTP/1.1\r\nHost: here\r\n\r\n");
    status_of(post("/throw", "{}"));
    const ListenerCounts counts = listener->counts();
    EXPECT_EQ(counts.open, 3U);
    EXPECT_EQ(counts.accepted, 3U);
    EXPECT_EQ(counts.answered(2), 1U);
    EXPECT_EQ(counts.answered(4), 1U);
    EXPECT_EQ(counts.answered(5), 1U);
    clients.clear();
    EXPECT_TRUE(until([&] { return listener->counts().open == 0; }));
}

TEST_F(Listening, FinishesTheResponseInFlightWhenStopped) {
    Client& busy = connect();
    busy.send(post("/wait", "{}"));
    Client& idle = connect();
    idle.send(hello);
    Client& silent = connect();
    ASSERT_TRUE(until([&] { return handling == 1 && idle.responses().size() == 1 && listener->counts().open == 3; }));
    listener->stop();
    ASSERT_TRUE(until([&] { return idle.ended() && silent.ended(); }));
    EXPECT_FALSE(served);
    EXPECT_FALSE(busy.ended());
    release.set();
    ASSERT_TRUE(until([&] { return busy.ended(); }));
    ASSERT_EQ(busy.responses().size(), 1U);
    EXPECT_EQ(busy.responses()[0].body(), "done");
    EXPECT_EQ(busy.responses()[0][Field::connection], "close");
    EXPECT_TRUE(until([&] { return served; }));
}

TEST_F(Listening, TakesNobodyAfterItWasStopped) {
    const std::uint16_t port = listener->port();
    listener->stop();
    EXPECT_THROW((Client{io, port}), boost::system::system_error);
}

}  // namespace
}  // namespace revsync::http
