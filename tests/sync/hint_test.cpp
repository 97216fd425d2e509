#include "sync/hint.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "mapping/clinic.hpp"

namespace revsync {
namespace {

using Kind = WebhookEvent::Kind;

WebhookEvent note_event(Kind kind, JsonMembers record, JsonMembers old_record = {}) {
    return {kind, "public", "aligner_notes", std::move(record), std::move(old_record)};
}

const Mapping& clinic() {
    static const Mapping mapping = clinic_mapping();
    return mapping;
}

std::vector<Hint> hints(const WebhookEvent& event) {
    return hints_of(clinic(), event).value();
}

TEST(Hints, name_the_stream_and_the_key_of_what_was_written) {
    for (const Kind kind : {Kind::insert, Kind::update}) {
        const auto found = hints(note_event(kind, {{"note_id", "9007199254740993"}}));

        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0].stream->name, "notes");
        EXPECT_EQ(found[0].key, "[9007199254740993]");
        EXPECT_FALSE(found[0].removal);
    }
}

TEST(Hints, take_the_key_of_a_deleted_row_from_the_old_record) {
    const auto found = hints(note_event(Kind::remove, {}, {{"note_id", "5"}}));

    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, "[5]");
    EXPECT_TRUE(found[0].removal);
}

TEST(Hints, concern_both_keys_of_a_row_whose_key_was_changed) {
    const auto found = hints(note_event(Kind::update, {{"note_id", "6"}}, {{"note_id", "5"}}));

    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].key, "[6]");
    EXPECT_FALSE(found[0].removal);
    EXPECT_EQ(found[1].key, "[5]");
    EXPECT_TRUE(found[1].removal);
}

TEST(Hints, concern_one_key_of_a_row_that_kept_it) {
    EXPECT_EQ(hints(note_event(Kind::update, {{"note_id", "5"}}, {{"note_id", "5"}})).size(), 1U);
    EXPECT_EQ(hints(note_event(Kind::update, {{"note_id", "5"}}, {{"note_text", "\"x\""}})).size(), 1U);
}

TEST(Hints, leave_out_a_removal_that_the_stream_may_not_carry_out) {
    const WebhookEvent event{Kind::remove, "public", "aligner_batches", {}, {{"aligner_batch_id", "5"}}};

    EXPECT_TRUE(hints(event).empty());
}

TEST(Hints, are_none_for_a_table_of_no_stream) {
    EXPECT_TRUE(hints({Kind::insert, "public", "patients", {{"person_id", "5"}}, {}}).empty());
    EXPECT_TRUE(hints({Kind::insert, "private", "aligner_notes", {{"note_id", "5"}}, {}}).empty());
}

TEST(Hints, refuse_an_odd_name_of_no_stream_and_do_not_repeat_it) {
    for (const std::string odd :
         {R"(a"; DROP TABLE aligner_notes; --)", "aligner_notes' OR '1", R"(a\b)", "a\nb", "a\x7f"}) {
        for (const WebhookEvent& event : {WebhookEvent{Kind::insert, "public", odd, {{"note_id", "5"}}, {}},
                                          WebhookEvent{Kind::insert, odd, "aligner_notes", {{"note_id", "5"}}, {}}}) {
            const auto refused = hints_of(clinic(), event);
            ASSERT_FALSE(refused) << odd;
            EXPECT_THAT(refused.error().text, testing::HasSubstr("quote"));
            EXPECT_THAT(refused.error().text, testing::Not(testing::HasSubstr(odd)));
        }
    }
    EXPECT_FALSE(hints_of(clinic(), {Kind::insert, "public", std::string{"a\0b", 3}, {{"note_id", "5"}}, {}}));
    EXPECT_TRUE(hints({Kind::insert, "public", "ملاحظات – 2025 (x)", {{"note_id", "5"}}, {}}).empty());
}

TEST(Hints, take_an_odd_name_that_a_stream_has) {
    Mapping mapping = clinic_mapping();
    mapping.streams.push_back(mapping.streams.front());
    mapping.streams.back().source.table = R"(the doctor's "notes")";

    EXPECT_EQ(
        hints_of(mapping, {Kind::insert, "public", R"(the doctor's "notes")", {{"note_id", "5"}}, {}}).value().size(),
        1U);
}

TEST(Hints, need_the_key_and_name_the_column_that_is_missing) {
    const auto refused = hints_of(clinic(), note_event(Kind::insert, {{"note_text", "\"secret\""}}));

    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, testing::HasSubstr("note_id"));
    EXPECT_FALSE(hints_of(clinic(), note_event(Kind::remove, {{"note_id", "5"}})));
}

TEST(Hints, go_to_every_stream_that_reads_the_table) {
    Mapping mapping = clinic_mapping();
    mapping.streams.push_back(mapping.streams.front());
    mapping.streams.back().name = "copies of notes";

    EXPECT_EQ(hints_of(mapping, note_event(Kind::insert, {{"note_id", "5"}})).value().size(), 2U);
}

// What the webhook's own row becomes.
std::optional<Change> note_change(JsonMembers record) {
    const WebhookEvent event = note_event(Kind::insert, std::move(record));
    return change_of(event, hints(event).front()).value();
}

JsonMembers doctors_note() {
    return {{"note_id", "5"},
            {"aligner_set_id", "12345678901234567890"},
            {"note_type", "\"Doctor\""},
            {"note_text", R"("سلام \"quoted\" \ud83e\uddb7")"},
            {"created_at", "\"2025-01-21T10:00:00+00:00\""},
            {"is_edited", "true"},
            {"edited_at", "\"2025-01-21T12:00:00.123456+01:00\""}};
}

TEST(PayloadChange, is_the_row_that_postgres_would_have_given) {
    const auto change = note_change(doctors_note());

    ASSERT_TRUE(change);
    EXPECT_EQ(change->key, "[5]");
    EXPECT_EQ(change->row, R"({"NoteID":5,"AlignerSetID":12345678901234567890,"NoteType":"Doctor",)"
                           R"("NoteText":"سلام \"quoted\" \ud83e\uddb7","CreatedAt":"2025-01-21T10:00:00+00:00",)"
                           R"("IsEdited":true,"EditedAt":"2025-01-21T12:00:00.123456+01:00","IsRead":"0"})");
}

TEST(PayloadChange, was_made_at_the_latest_of_its_change_times) {
    EXPECT_EQ(note_change(doctors_note())->changed_at.iso_microseconds(), "2025-01-21T11:00:00.123456Z");

    JsonMembers never_edited = doctors_note();
    never_edited["edited_at"] = "null";
    EXPECT_EQ(note_change(never_edited)->changed_at.iso_microseconds(), "2025-01-21T10:00:00.000000Z");
}

TEST(PayloadChange, carries_nested_values_as_the_text_of_their_json) {
    JsonMembers note = doctors_note();
    note["note_text"] = R"({ "a" : [1, 2] })";

    EXPECT_EQ(boost::json::parse(note_change(note)->row).at("NoteText"), R"({"a":[1,2]})");
}

TEST(PayloadChange, is_none_of_a_row_that_the_filter_does_not_let_pass) {
    JsonMembers lab = doctors_note();
    lab["note_type"] = "\"Lab\"";

    EXPECT_FALSE(note_change(lab));
}

TEST(PayloadChange, compares_times_where_the_filter_does) {
    const auto batch = [](const std::string& updated) {
        const WebhookEvent event{Kind::update,
                                 "public",
                                 "aligner_batches",
                                 {{"aligner_batch_id", "1"},
                                  {"days", "9"},
                                  {"created_at", "\"2025-01-21T10:00:00Z\""},
                                  {"updated_at", updated}},
                                 {}};
        return change_of(event, hints(event).front()).value();
    };
    EXPECT_FALSE(batch("\"2025-01-21T11:00:00+01:00\""));
    EXPECT_TRUE(batch("\"2025-01-21T10:00:00.000001Z\""));
}

TEST(PayloadChange, needs_a_change_time_and_names_its_column) {
    JsonMembers keys_only{{"note_id", "5"}};
    const WebhookEvent event = note_event(Kind::insert, keys_only);

    const auto refused = change_of(event, hints(event).front());

    ASSERT_TRUE(refused.has_error());
    EXPECT_THAT(refused.error().text, testing::HasSubstr("created_at"));
}

TEST(PayloadChange, of_a_deleted_row_is_its_removal) {
    const WebhookEvent event = note_event(Kind::remove, {}, doctors_note());

    const auto change = change_of(event, hints(event).front()).value();

    ASSERT_TRUE(change);
    EXPECT_EQ(change->operation, Operation::remove);
    EXPECT_EQ(change->row, "");
}

}  // namespace
}  // namespace revsync
