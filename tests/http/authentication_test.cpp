#include "http/authentication.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base64.hpp"
#include "support/memory/manual_clock.hpp"

namespace revsync::http {
namespace {

using namespace std::chrono_literals;
using boost::beast::http::field;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string new_signing_secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const std::string plain_secret = "correct-horse-battery-staple";
const std::string webhook_body = R"({"type":"INSERT","record":{"note_text":"Patient data"}})";

const Peer this_machine{boost::asio::ip::make_address("127.0.0.1"), false};
const Peer elsewhere{boost::asio::ip::make_address("192.0.2.7"), false};

struct AuthenticationTest : testing::Test {
    memory::ManualClock clock{Timestamp::parse("2025-01-21T14:00:00Z").value()};
    std::vector<std::string> lines;
    Logger logger{Level::debug, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    const std::vector<Secret> secrets{Secret{signing_secret}, Secret{new_signing_secret}, Secret{plain_secret}};
    Authenticator authenticator{{secrets, true}, clock, logger};
    Authenticator without_secret{{{}, true}, clock, logger};

    static Request request(Verb method = Verb::post) {
        Request result{method, "/", 11};
        result.set(field::host, "sync.clinic.example");
        return result;
    }

    static Request with(std::string_view name, std::string_view value,
                        Request request = AuthenticationTest::request()) {
        request.set(name, value);
        return request;
    }

    static Request local(Verb method = Verb::post) { return with("Host", "127.0.0.1:3000", request(method)); }

    Request signed_webhook(const std::string& id, Timestamp at, const std::string& secret = signing_secret) const {
        const std::string seconds = std::to_string(at.microseconds() / 1'000'000);
        Request result = request();
        result.body() = webhook_body;
        result.set("webhook-id", id);
        result.set("webhook-timestamp", seconds);
        result.set("webhook-signature", SigningKey::parse(secret)->sign(id, seconds, webhook_body));
        return result;
    }

    // As the listener asks: without the body, then with it.
    std::optional<Response> asked(Authenticator& whom, Access access, const Request& request, const Peer& peer) {
        auto early = whom.refuse_unread(access, request, peer);
        return early ? early : whom.refuse(access, request, peer);
    }
    unsigned status(Access access, const Request& request, const Peer& peer = elsewhere) {
        const auto refusal = asked(authenticator, access, request, peer);
        return refusal ? refusal->result_int() : 200;
    }
    unsigned webhook(const Request& request, const Peer& peer = elsewhere) {
        return status(Access::webhook, request, peer);
    }
    unsigned control(const Request& request, const Peer& peer = elsewhere) {
        return status(Access::control, request, peer);
    }
};

TEST_F(AuthenticationTest, asks_nothing_where_everybody_may_pass) {
    EXPECT_EQ(status(Access::open, request(Verb::get)), 200U);
}

TEST_F(AuthenticationTest, lets_a_signed_webhook_through_under_each_secret) {
    EXPECT_EQ(webhook(signed_webhook("a", clock.now())), 200U);
    EXPECT_EQ(webhook(signed_webhook("b", clock.now(), new_signing_secret)), 200U);
    EXPECT_THAT(lines, IsEmpty());
}

TEST_F(AuthenticationTest, lets_a_webhook_through_that_shows_a_secret) {
    EXPECT_EQ(webhook(with("Authorization", "Bearer " + plain_secret)), 200U);
    EXPECT_EQ(webhook(with("authorization", "bearer  " + signing_secret)), 200U);
    EXPECT_EQ(webhook(with("x-webhook-secret", plain_secret)), 200U);
    EXPECT_EQ(webhook(with("x-webhook-secret", plain_secret, with("Authorization", "Bearer of-another-gateway"))),
              200U);
}

TEST_F(AuthenticationTest, wants_a_webhook_to_show_something_even_from_this_machine) {
    EXPECT_EQ(webhook(local(), this_machine), 401U);
    EXPECT_EQ(authenticator.refused(Refusal::missing), 1U);
}

TEST_F(AuthenticationTest, refuses_what_is_only_nearly_a_secret) {
    for (const std::string& shown : {plain_secret.substr(1), plain_secret.substr(0, plain_secret.size() - 1),
                                     plain_secret + "x", std::string{}, "Correct-horse-battery-staple" + std::string(),
                                     plain_secret + " " + signing_secret, std::string(4000, 'x')}) {
        EXPECT_EQ(webhook(with("x-webhook-secret", shown)), 401U) << shown;
        EXPECT_EQ(webhook(with("Authorization", "Bearer " + shown)), 401U) << shown;
    }
    EXPECT_EQ(webhook(with("Authorization", plain_secret)), 401U);
    EXPECT_EQ(webhook(with("Authorization", "Basic " + encode_base64("x:" + plain_secret))), 401U);
    EXPECT_EQ(authenticator.refused(Refusal::missing), 0U);
}

TEST_F(AuthenticationTest, refuses_a_signature_that_covers_something_else) {
    Request changed = signed_webhook("a", clock.now());
    changed.body() = R"({"type":"DELETE"})";
    EXPECT_EQ(webhook(changed), 401U);
    EXPECT_EQ(webhook(with("webhook-id", "b", signed_webhook("a", clock.now()))), 401U);
    EXPECT_EQ(webhook(with("webhook-timestamp", "1737468001", signed_webhook("a", clock.now()))), 401U);
    EXPECT_EQ(webhook(signed_webhook("a", clock.now(), "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), 401U);
    EXPECT_EQ(authenticator.refused(Refusal::wrong_signature), 4U);
    EXPECT_EQ(webhook(signed_webhook("a", clock.now())), 200U) << "a refused id is not used up";
}

TEST_F(AuthenticationTest, refuses_what_was_signed_too_long_ago_or_in_the_future) {
    EXPECT_EQ(webhook(signed_webhook("a", clock.now() - 301s)), 401U);
    EXPECT_EQ(webhook(signed_webhook("b", clock.now() + 301s)), 401U);
    EXPECT_EQ(authenticator.refused(Refusal::timestamp), 2U);
    EXPECT_EQ(webhook(signed_webhook("c", clock.now() - 299s)), 200U);
    EXPECT_EQ(webhook(signed_webhook("d", clock.now() + 299s)), 200U);
}

TEST_F(AuthenticationTest, refuses_a_replay) {
    const Request captured = signed_webhook("a", clock.now());
    EXPECT_EQ(webhook(captured), 200U);
    authenticator.answered("a", Status::ok);
    EXPECT_EQ(webhook(captured), 401U);
    clock.advance(4min);
    EXPECT_EQ(webhook(captured), 401U);
    EXPECT_EQ(authenticator.refused(Refusal::replayed), 2U);
    EXPECT_EQ(webhook(signed_webhook("a", clock.now())), 401U) << "the id counts, not the time";
}

TEST_F(AuthenticationTest, lets_a_sender_try_again_under_the_same_id_after_a_failure) {
    const Request sent = signed_webhook("a", clock.now());
    EXPECT_EQ(webhook(sent), 200U);
    EXPECT_EQ(webhook(sent), 401U) << "while the first is being worked on";
    authenticator.answered("a", Status::service_unavailable);
    EXPECT_EQ(webhook(sent), 200U);
    authenticator.answered("a", Status::accepted);
    EXPECT_EQ(webhook(sent), 401U);
}

TEST_F(AuthenticationTest, uses_no_id_up_before_the_body_is_there) {
    const Request sent = signed_webhook("a", clock.now());
    EXPECT_EQ(authenticator.refuse_unread(Access::webhook, sent, elsewhere), std::nullopt);
    EXPECT_EQ(authenticator.refuse_unread(Access::webhook, sent, elsewhere), std::nullopt);
    EXPECT_EQ(authenticator.refuse(Access::webhook, sent, elsewhere), std::nullopt);
}

TEST_F(AuthenticationTest, buffers_nothing_of_those_who_show_nothing) {
    EXPECT_NE(authenticator.refuse_unread(Access::webhook, request(), elsewhere), std::nullopt);
    EXPECT_NE(authenticator.refuse_unread(Access::webhook, with("x-webhook-secret", "wrong"), elsewhere), std::nullopt);
    EXPECT_NE(authenticator.refuse_unread(Access::webhook, with("webhook-id", "a"), elsewhere), std::nullopt);
}

TEST_F(AuthenticationTest, takes_a_local_webhook_when_there_is_no_secret) {
    EXPECT_EQ(asked(without_secret, Access::webhook, local(), this_machine), std::nullopt);
    const auto refusal =
        asked(without_secret, Access::webhook, with("X-Forwarded-For", "192.0.2.7", local()), this_machine);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->result(), Status::forbidden);
    EXPECT_THAT(refusal->body(), HasSubstr("SUPABASE_WEBHOOK_SECRET"));
    EXPECT_NE(asked(without_secret, Access::webhook, with("x-webhook-secret", "", request()), elsewhere), std::nullopt);
}

TEST_F(AuthenticationTest, lets_this_machine_command_without_a_secret) {
    for (const auto* host : {"127.0.0.1:3000", "localhost:3000", "LOCALHOST", "[::1]:3000", "127.0.0.1"}) {
        EXPECT_EQ(control(with("Host", host), this_machine), 200U) << host;
    }
    EXPECT_EQ(control(local(), Peer{boost::asio::ip::make_address("::1"), false}), 200U);
    EXPECT_EQ(asked(without_secret, Access::control, local(), this_machine), std::nullopt);
}

TEST_F(AuthenticationTest, wants_the_secret_from_this_machine_too_once_others_reach_it) {
    Authenticator open_to_others{{secrets, false}, clock, logger};
    const auto refusal = asked(open_to_others, Access::control, local(Verb::get), this_machine);
    EXPECT_EQ(refusal ? refusal->result_int() : 200U, 401U);
    EXPECT_EQ(asked(open_to_others, Access::control, with("x-webhook-secret", plain_secret, local()), this_machine),
              std::nullopt);
}

TEST_F(AuthenticationTest, wants_the_secret_from_elsewhere) {
    EXPECT_EQ(control(request(Verb::get)), 401U);
    EXPECT_EQ(control(local(), elsewhere), 401U);
    EXPECT_EQ(control(with("Authorization", "Bearer " + plain_secret)), 200U);
    EXPECT_EQ(control(with("x-webhook-secret", plain_secret)), 200U);
    EXPECT_EQ(control(with("Authorization", "Basic " + encode_base64("anybody:" + plain_secret))), 200U);
    for (const std::string& credentials :
         {encode_base64("anybody:wrong"), encode_base64(plain_secret), encode_base64(plain_secret + ":"),
          std::string{"%%"}, encode_base64("a:b:" + plain_secret), std::string{}}) {
        EXPECT_EQ(control(with("Authorization", "Basic " + credentials)), 401U) << credentials;
    }
}

TEST_F(AuthenticationTest, takes_a_tunnel_or_proxy_for_elsewhere) {
    for (const auto* name :
         {"Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Real-IP", "Via", "CF-Connecting-IP"}) {
        EXPECT_EQ(control(with(name, "127.0.0.1", local()), this_machine), 401U) << name;
    }
    Request of_nginx = local();
    of_nginx.version(10);
    EXPECT_EQ(control(of_nginx, this_machine), 401U);
}

TEST_F(AuthenticationTest, takes_another_host_name_for_elsewhere) {
    for (const auto* host : {"attacker.example", "attacker.example:3000", "localhost.attacker.example",
                             "127.0.0.1.attacker.example", "", "[", "[]", "127.0.0.1@attacker.example", "192.0.2.7"}) {
        EXPECT_EQ(control(with("Host", host), this_machine), 401U) << host;
    }
}

TEST_F(AuthenticationTest, does_nothing_for_another_sites_page) {
    const std::string basic = "Basic " + encode_base64("x:" + plain_secret);
    for (const Request& forged :
         {with("Origin", "https://attacker.example", local()), with("Origin", "null", local()),
          with("Origin", "http://127.0.0.1:8080", local()), with("Sec-Fetch-Site", "cross-site", local()),
          with("Sec-Fetch-Site", "same-site", local()),
          with("Authorization", basic, with("Sec-Fetch-Site", "cross-site", local()))}) {
        EXPECT_EQ(control(forged, this_machine), 403U);
    }
    EXPECT_EQ(control(with("Origin", "https://attacker.example", with("Authorization", basic))), 403U);
    EXPECT_EQ(authenticator.refused(Refusal::cross_site), 7U);
    const auto webhook =
        asked(without_secret, Access::webhook, with("Origin", "https://attacker.example", local()), this_machine);
    EXPECT_EQ(webhook ? webhook->result_int() : 200U, 403U);
}

TEST_F(AuthenticationTest, serves_its_own_page_and_links_to_it) {
    EXPECT_EQ(control(with("Origin", "http://127.0.0.1:3000", local()), this_machine), 200U);
    EXPECT_EQ(control(with("Sec-Fetch-Site", "same-origin", local()), this_machine), 200U);
    EXPECT_EQ(control(with("Sec-Fetch-Site", "cross-site", local(Verb::get)), this_machine), 200U);
    const auto own = with("Origin", "https://sync.clinic.example");
    EXPECT_EQ(control(with("Authorization", "Basic " + encode_base64("x:" + plain_secret), own)), 200U);
}

TEST_F(AuthenticationTest, answers_every_failure_of_a_webhook_alike) {
    const auto missing = asked(authenticator, Access::webhook, request(), elsewhere);
    const auto wrong = asked(authenticator, Access::webhook, with("x-webhook-secret", "wrong"), elsewhere);
    const auto old = asked(authenticator, Access::webhook, signed_webhook("a", clock.now() - 1h), elsewhere);
    ASSERT_TRUE(missing && wrong && old);
    EXPECT_EQ(missing->body(), wrong->body());
    EXPECT_EQ(missing->body(), old->body());
    EXPECT_EQ((*missing)[field::www_authenticate], R"(Bearer realm="Reverse Sync")");
    EXPECT_THAT(missing->body(), AllOf(HasSubstr("\"success\":false"), HasSubstr("\"error\":")));
}

TEST_F(AuthenticationTest, lets_a_browser_ask_for_the_password) {
    const auto refusal = asked(authenticator, Access::control, request(Verb::get), elsewhere);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->count(field::www_authenticate), 2U);
}

TEST_F(AuthenticationTest, says_why_in_one_line_without_any_part_of_the_request) {
    for (int i = 0; i < 50; ++i) {
        Request forged = signed_webhook("secret-id", clock.now(), "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        webhook(forged);
        webhook(with("x-webhook-secret", "shown-secret"));
    }
    EXPECT_THAT(lines, SizeIs(2));
    EXPECT_THAT(lines, Each(HasSubstr("192.0.2.7")));
    for (const auto* part : {"secret-id", "shown-secret", "Patient", "whsec_", "v1,", "correct-horse"}) {
        EXPECT_THAT(lines, Each(Not(HasSubstr(part)))) << part;
    }
}

TEST_F(AuthenticationTest, slows_an_address_down_that_keeps_failing_but_never_the_right_secret) {
    for (std::size_t i = 0; i < RefusalLimit::a_minute; ++i) {
        ASSERT_EQ(webhook(with("x-webhook-secret", "wrong")), 401U) << i;
    }
    const auto refusal = asked(authenticator, Access::webhook, with("x-webhook-secret", "wrong"), elsewhere);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->result(), Status::too_many_requests);
    EXPECT_EQ((*refusal)[field::retry_after], "60");
    EXPECT_EQ(webhook(signed_webhook("a", clock.now())), 200U);
    EXPECT_EQ(webhook(with("x-webhook-secret", plain_secret)), 200U);
    clock.advance(1min);
    EXPECT_EQ(webhook(with("x-webhook-secret", "wrong")), 401U);
}

}  // namespace
}  // namespace revsync::http
