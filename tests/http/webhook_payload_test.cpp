#include "http/webhook_payload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync::http {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PayloadProblem problem_of(std::string_view body) {
    const auto event = parse_webhook(body);
    EXPECT_TRUE(event.has_error()) << body.substr(0, 200);
    return event.has_error() ? event.error() : PayloadProblem{};
}

void expect_refused(std::string_view body, Status status, const std::string& why) {
    const auto problem = problem_of(body);
    EXPECT_EQ(problem.status, status) << body.substr(0, 200);
    EXPECT_THAT(problem.text, HasSubstr(why)) << body.substr(0, 200);
}

// A body as pg_net sends it: jsonb printed by Postgres.
TEST(WebhookPayload, is_what_a_supabase_webhook_sends) {
    const auto event = parse_webhook(
        R"({"type": "UPDATE", "table": "aligner_notes", "record": {"note_id": 5, "note_text": "ئەمە 😀 \"x\"",)"
        R"( "tags": [1, {"a": 2}], "is_read": null}, "schema": "public", "old_record": {"note_id": 4}})");
    ASSERT_FALSE(event.has_error()) << event.error().text;
    EXPECT_EQ(event->kind, WebhookEvent::Kind::update);
    EXPECT_EQ(event->schema, "public");
    EXPECT_EQ(event->table, "aligner_notes");
    EXPECT_EQ(
        event->record,
        (JsonMembers{
            {"note_id", "5"}, {"note_text", R"("ئەمە 😀 \"x\"")"}, {"tags", R"([1, {"a": 2}])"}, {"is_read", "null"}}));
    EXPECT_EQ(event->old_record, (JsonMembers{{"note_id", "4"}}));
}

TEST(WebhookPayload, may_hold_only_the_key) {
    const auto event =
        parse_webhook(R"({"type":"INSERT","schema":"public","table":"aligner_notes","record":{"note_id":5}})");
    ASSERT_FALSE(event.has_error()) << event.error().text;
    EXPECT_EQ(event->kind, WebhookEvent::Kind::insert);
    EXPECT_EQ(event->record, (JsonMembers{{"note_id", "5"}}));
    EXPECT_THAT(event->old_record, IsEmpty());
}

TEST(WebhookPayload, names_a_deleted_row_by_what_it_was) {
    const auto event = parse_webhook(
        R"({"type":"DELETE","schema":"public","table":"aligner_notes","record":null,"old_record":{"note_id":5}})");
    ASSERT_FALSE(event.has_error()) << event.error().text;
    EXPECT_EQ(event->kind, WebhookEvent::Kind::remove);
    EXPECT_THAT(event->record, IsEmpty());
    EXPECT_EQ(event->old_record, (JsonMembers{{"note_id", "5"}}));
}

TEST(WebhookPayload, keeps_numbers_of_any_size_as_they_are_written) {
    const auto event = parse_webhook(
        R"({"type":"INSERT","schema":"s","table":"t","record":{"a":9223372036854775807,"b":123456789012345678901234567890,)"
        R"("c":0.10000000000000000000000000001,"d":1e400,"e":-0}})");
    ASSERT_FALSE(event.has_error()) << event.error().text;
    EXPECT_EQ(event->record, (JsonMembers{{"a", "9223372036854775807"},
                                          {"b", "123456789012345678901234567890"},
                                          {"c", "0.10000000000000000000000000001"},
                                          {"d", "1e400"},
                                          {"e", "-0"}}));
}

TEST(WebhookPayload, takes_any_name_for_a_table) {
    const auto event =
        parse_webhook(R"({"type":"INSERT","schema":"\"public\"","table":"x'; drop \"y","record":{"id":1}})");
    ASSERT_FALSE(event.has_error()) << event.error().text;
    EXPECT_EQ(event->table, R"(x'; drop "y)");
    EXPECT_EQ(event->schema, R"("public")");
}

TEST(WebhookPayload, ignores_other_members_and_takes_the_last_of_a_repeated_one) {
    const auto event = parse_webhook(
        R"({"id":1,"type":"DELETE","type":"INSERT","schema":"s","table":"t","record":{"id":1,"id":2},"extra":{"x":[]}})");
    ASSERT_FALSE(event.has_error()) << event.error().text;
    EXPECT_EQ(event->kind, WebhookEvent::Kind::insert);
    EXPECT_EQ(event->record, (JsonMembers{{"id", "2"}}));
}

TEST(WebhookPayload, is_refused_when_it_is_not_json) {
    const std::string nul = std::string{R"({"type":"INSERT)"} + '\0' + "\"}";
    for (const std::string& body :
         {std::string{"x"}, std::string{"type=INSERT"}, std::string{"{'type':'INSERT'}"}, std::string{R"({"a":1,})"},
          std::string{R"({"a":01})"}, std::string{R"({"a":+1})"}, std::string{R"({"a":.5})"},
          std::string{R"({"a":NaN})"}, std::string{R"({"a":1}{})"}, std::string{"{\"a\":\"\n\"}"},
          std::string{"{} \0", 4}, nul, std::string{"\xEF\xBB\xBF{}"}}) {
        expect_refused(body, Status::bad_request, "not JSON");
    }
    for (const auto* body : {"", " ", "{", R"({"type":"INS)", "[1,"}) {
        expect_refused(body, Status::bad_request, "ends too early");
    }
}

TEST(WebhookPayload, is_refused_when_it_is_not_utf_8) {
    for (const auto* text : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\x80"}) {
        expect_refused(std::string{R"({"type":"INSERT","table":")"} + text + R"("})", Status::bad_request, "UTF-8");
    }
    expect_refused(R"({"type":"\ud800"})", Status::bad_request, "JSON");
}

TEST(WebhookPayload, is_refused_when_it_is_nested_too_deep) {
    for (const std::string& deep : {std::string(10'000, '['), std::string(10'000, '[') + std::string(10'000, ']'),
                                    std::string(33, '[') + std::string(33, ']')}) {
        expect_refused(deep, Status::bad_request, "deeper than 32");
        expect_refused(R"({"type":"INSERT","record":)" + deep + "}", Status::bad_request, "deeper than 32");
    }
    std::string objects;
    for (int i = 0; i < 10'000; ++i) {
        objects += R"({"a":)";
    }
    expect_refused(objects, Status::bad_request, "deeper than 32");
}

TEST(WebhookPayload, is_refused_when_it_is_json_of_another_kind) {
    for (const auto* body : {"[]", "5", "null", "\"INSERT\"", "true"}) {
        expect_refused(body, Status::unprocessable_entity, "not an object");
    }
    expect_refused("{}", Status::unprocessable_entity, "'type'");
    expect_refused(R"({"type":1,"schema":"s","table":"t"})", Status::unprocessable_entity, "'type'");
    expect_refused(R"({"type":"insert","schema":"s","table":"t"})", Status::unprocessable_entity, "'type'");
    expect_refused(R"({"type":"TRUNCATE","schema":"s","table":"t"})", Status::unprocessable_entity, "'type'");
    expect_refused(R"({"type":"INSERT","table":"t","record":{}})", Status::unprocessable_entity, "'schema'");
    expect_refused(R"({"type":"INSERT","schema":"s","record":{}})", Status::unprocessable_entity, "'table'");
    expect_refused(R"({"type":"INSERT","schema":"s","table":"","record":{}})", Status::unprocessable_entity, "'table'");
    expect_refused(R"({"type":"INSERT","schema":"s","table":["t"],"record":{}})", Status::unprocessable_entity,
                   "'table'");
    expect_refused(R"({"type":"INSERT","schema":"s","table":"t"})", Status::unprocessable_entity, "'record'");
    expect_refused(R"({"type":"UPDATE","schema":"s","table":"t","record":null})", Status::unprocessable_entity,
                   "'record'");
    expect_refused(R"({"type":"INSERT","schema":"s","table":"t","record":[5]})", Status::unprocessable_entity,
                   "'record'");
    expect_refused(R"({"type":"DELETE","schema":"s","table":"t","record":{"id":1}})", Status::unprocessable_entity,
                   "'old_record'");
    expect_refused(R"({"type":"UPDATE","schema":"s","table":"t","record":{"id":1},"old_record":"x"})",
                   Status::unprocessable_entity, "'old_record'");
}

TEST(WebhookPayload, is_never_quoted_by_the_reason) {
    for (const auto* body : {R"({"type":"Patient","schema":"s","table":"t"})", R"({"type":"Patient)", "Patient",
                             R"({"type":"INSERT","schema":"s","table":"t","record":"Patient"})"}) {
        EXPECT_THAT(problem_of(body).text, Not(HasSubstr("Patient")));
    }
}

}  // namespace
}  // namespace revsync::http
