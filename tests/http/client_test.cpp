#include "http/client.hpp"

#include "listener_test.hpp"

namespace revsync::http {
namespace {

using testing::HasSubstr;

class Fetching : public ListenerTest {
protected:
    // Wine may leave a send under way when the peer resets the connection: there, only its time-out ends it.
    Fetching() {
        settings.write_timeout = std::chrono::seconds{5};
        serve();
        client.port = listener->port();
    }
    Result<Response> fetch_here(Request request) {
        return meanwhile([this, request = std::move(request)] { return fetch(client, request); });
    }
    ClientSettings client;
};

TEST_F(Fetching, BringsTheResponseWhateverItsStatus) {
    const auto found = fetch_here(Request{Verb::get, "/hello", 11});
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_EQ(found->body(), "hello");
    const auto missing = fetch_here(Request{Verb::get, "/nothing", 11});
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->result_int(), 404);
}

TEST_F(Fetching, SendsTheBody) {
    EXPECT_EQ(fetch_here(Request{Verb::post, "/hook", 11, R"({"a":1})"})->body(), R"({"a":1})");
}

TEST_F(Fetching, AsksOnLoopbackWhoListensEverywhere) {
    client.host = "0.0.0.0";
    EXPECT_TRUE(fetch_here(Request{Verb::get, "/hello", 11}));
}

TEST_F(Fetching, SaysWhereNobodyAnswered) {
    listener->stop();
    ASSERT_TRUE(until([this] { return served; }));
    const auto response = fetch_here(Request{Verb::get, "/hello", 11});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().disposition, Disposition::retry);
    EXPECT_THAT(response.error().text, HasSubstr(fmt::format("HOST 127.0.0.1 PORT {}", client.port)));
}

TEST_F(Fetching, GivesUpInTime) {
    client.timeout = std::chrono::milliseconds{50};
    const auto response = fetch_here(Request{Verb::get, "/wait", 11});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().disposition, Disposition::retry);
}

TEST_F(Fetching, TakesNoMoreThanItsLimit) {
    EXPECT_FALSE(fetch_here(Request{Verb::get, "/large", 11}));
}

}  // namespace
}  // namespace revsync::http
