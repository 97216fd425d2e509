#include "http/webhook_signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The vector that the libraries of Standard Webhooks test themselves with.
constexpr std::string_view secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view seconds = "1614265330";
constexpr std::string_view body = R"({"test": 2432232314})";
constexpr std::string_view signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr std::string_view other_signature = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

std::vector<SigningKey> keys(std::initializer_list<std::string_view> secrets) {
    std::vector<SigningKey> result;
    for (const auto text : secrets) {
        result.push_back(SigningKey::parse(text).value());
    }
    return result;
}

bool accepts(std::string_view field, std::string_view of_body = body) {
    return is_signed(keys({secret}), {id, seconds, field}, of_body);
}

TEST(WebhookSignature, agrees_with_the_published_vector) {
    EXPECT_EQ(SigningKey::parse(secret)->sign(id, seconds, body), signature);
    EXPECT_TRUE(accepts(signature));
}

TEST(WebhookSignature, covers_id_time_and_body) {
    EXPECT_FALSE(accepts(signature, R"({"test": 2432232315})"));
    EXPECT_FALSE(is_signed(keys({secret}), {"msg_other", seconds, signature}, body));
    EXPECT_FALSE(is_signed(keys({secret}), {id, "1614265331", signature}, body));
}

TEST(WebhookSignature, is_found_among_others_and_under_any_of_several_secrets) {
    EXPECT_TRUE(accepts(std::string{other_signature} + " v2,abc  " + std::string{signature} + " v1a,xyz"));
    EXPECT_TRUE(is_signed(keys({"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", secret}), {id, seconds, signature}, body));
    EXPECT_FALSE(is_signed(keys({"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}), {id, seconds, signature}, body));
    EXPECT_FALSE(is_signed({}, {id, seconds, signature}, body));
}

TEST(WebhookSignature, must_be_whole_and_of_version_1) {
    const std::string whole{signature};
    for (const std::string& field :
         {whole.substr(0, 8), whole.substr(0, whole.size() - 1), whole + "A", "v1," + whole, whole.substr(3),
          "v1a" + whole.substr(2), "v2" + whole.substr(2), "V1" + whole.substr(2), std::string{"v1,"},
          std::string{other_signature}, "\t" + whole}) {
        EXPECT_FALSE(accepts(field)) << field;
    }
}

TEST(WebhookSignature, skips_what_it_does_not_know_in_the_field) {
    const std::string field = std::string{signature} + " v2,x v1,short  " + std::string{other_signature};
    EXPECT_THAT(version_1_signatures(field), ElementsAre(signature, other_signature));
    EXPECT_THAT(version_1_signatures(""), IsEmpty());
    EXPECT_THAT(version_1_signatures("   "), IsEmpty());
}

TEST(WebhookSignature, has_a_time_in_seconds) {
    EXPECT_EQ(signed_at({id, seconds, signature})->iso_milliseconds(), "2021-02-25T15:02:10.000Z");
}

TEST(WebhookSignature, is_malformed_when_a_field_is_missing_too_long_or_of_wrong_letters) {
    const std::string long_id(webhook_id_most + 1, 'a');
    const std::string long_field(webhook_signature_most + 1, 'v');
    for (const SignedHeader& header :
         {SignedHeader{"", seconds, signature}, SignedHeader{id, "", signature}, SignedHeader{id, seconds, ""},
          SignedHeader{long_id, seconds, signature}, SignedHeader{"msg.1614265329", seconds, signature},
          SignedHeader{"msg 1", seconds, signature}, SignedHeader{"m\xc3\xa9", seconds, signature},
          SignedHeader{id, "-1", signature}, SignedHeader{id, "+1", signature}, SignedHeader{id, " 1", signature},
          SignedHeader{id, "1e9", signature}, SignedHeader{id, "1614265330.0", signature},
          SignedHeader{id, "9999999999999", signature}, SignedHeader{id, seconds, long_field}}) {
        EXPECT_EQ(signed_at(header), std::nullopt) << header.id << " " << header.timestamp;
    }
    EXPECT_NE(signed_at({std::string(webhook_id_most, 'a'), "999999999999", signature}), std::nullopt);
}

TEST(SigningKey, is_made_of_whsec_secrets_only) {
    for (const auto* text :
         {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_!", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ""}) {
        EXPECT_FALSE(SigningKey::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace revsync::http
