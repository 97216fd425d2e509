#include "postgres/table_query.hpp"

#include <gmock/gmock.h>

#include "mapping/clinic.hpp"
#include "postgres/quoting.hpp"
#include "postgres/row_json.hpp"

namespace revsync::postgres {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

SourceColumn column(const std::string& name, const std::string& type, const std::string& base_type) {
    return {name, type, base_type, base_type.starts_with('_'), true, true};
}

SourceTable notes_table() {
    return {{"public", "aligner_notes"},
            true,
            false,
            {column("note_id", "integer", "int4"), column("aligner_set_id", "integer", "int4"),
             column("note_type", "character varying", "varchar"), column("note_text", "text", "text"),
             column("created_at", "timestamp with time zone", "timestamptz"), column("is_edited", "boolean", "bool"),
             column("edited_at", "timestamp with time zone", "timestamptz"), column("is_read", "boolean", "bool")}};
}

Stream notes() {
    return *clinic_mapping().find("notes");
}

void drop(SourceTable& table, const std::string& name) {
    std::erase_if(table.columns, [&](const SourceColumn& one) { return one.name == name; });
}

const Cursor start{Timestamp::from_microseconds(1), std::nullopt};

TEST(Quoting, DoublesQuotes) {
    EXPECT_EQ(identifier("a\"b"), "\"a\"\"b\"");
    EXPECT_EQ(literal("it's"), "'it''s'");
    EXPECT_EQ(literal("a\\'b"), " E'a\\\\''b'");
}

TEST(StreamShape, TakesTheLatestOfTheChangeColumns) {
    const SourceTable table = notes_table();

    EXPECT_EQ(shape_of(notes(), &table)->changed_at, R"(GREATEST(t."created_at", t."edited_at"))");
}

TEST(StreamShape, CountsTimesWithoutAZoneAsUtc) {
    SourceTable table = notes_table();
    table.columns[4].base_type = "timestamp";
    table.columns[6].base_type = "date";

    EXPECT_EQ(shape_of(notes(), &table)->changed_at,
              R"(GREATEST((t."created_at" AT TIME ZONE 'UTC'), (t."edited_at"::timestamp AT TIME ZONE 'UTC')))");
}

TEST(StreamShape, CarriesEachColumnOnceAndTheKeyFirst) {
    const SourceTable table = notes_table();
    const auto shape = shape_of(notes(), &table);

    EXPECT_THAT(shape->columns, ElementsAre("\"note_id\"", "\"aligner_set_id\"", "\"note_type\"", "\"note_text\"",
                                            "\"created_at\"", "\"is_edited\"", "\"edited_at\"", "\"is_read\""));
}

TEST(StreamShape, UsesTheMappingsTextForAColumnThatMayBeAbsent) {
    SourceTable table = notes_table();
    drop(table, "is_read");

    EXPECT_THAT(shape_of(notes(), &table)->row_text, HasSubstr(R"(',"IsRead":' || COALESCE(to_json('0'::text)::text)"));
}

TEST(StreamShape, NamesTheColumnThatIsMissing) {
    SourceTable table = notes_table();
    drop(table, "note_text");
    const auto shape = shape_of(notes(), &table);

    ASSERT_TRUE(shape.has_error());
    EXPECT_EQ(shape.error().disposition, Disposition::stream);
    EXPECT_EQ(describe(shape.error()),
              "cannot read public.aligner_notes for stream notes: column note_text does not exist; "
              "add it or correct the mapping (sqlstate 42703)");
}

TEST(StreamShape, NamesTheFilterColumnThatIsMissing) {
    SourceTable table = notes_table();
    Stream stream = notes();
    stream.filter.push_back({"approved_at", Condition::Test::newer_than, "created_at"});

    EXPECT_THAT(shape_of(stream, &table).error().text, HasSubstr("column approved_at does not exist"));
}

TEST(StreamShape, RefusesTablesThatCannotBeReadInFull) {
    EXPECT_THAT(shape_of(notes(), nullptr).error().text, HasSubstr("the table does not exist"));

    SourceTable hidden = notes_table();
    hidden.hides_rows = true;
    EXPECT_THAT(shape_of(notes(), &hidden).error().text, HasSubstr("row level security"));

    SourceTable unreadable = notes_table();
    unreadable.columns[3].readable = false;
    EXPECT_THAT(shape_of(notes(), &unreadable).error().text, HasSubstr("column note_text is missing"));

    SourceTable closed = notes_table();
    closed.schema_usable = false;
    EXPECT_THAT(shape_of(notes(), &closed).error().text, HasSubstr("GRANT USAGE ON SCHEMA \"public\""));
}

TEST(StreamShape, RefusesAChangeColumnThatIsNoTime) {
    SourceTable table = notes_table();
    table.columns[6] = column("edited_at", "integer", "int4");

    EXPECT_THAT(shape_of(notes(), &table).error().text, HasSubstr("cannot say when a row changed"));
}

TEST(PageStatement, StartsAtTheCursorsTimeWhenItHasNoKey) {
    const SourceTable table = notes_table();
    const Statement statement = page_statement(*shape_of(notes(), &table), start, {10, 1000}, false);

    EXPECT_THAT(statement.text, HasSubstr(R"(GREATEST(t."created_at", t."edited_at") >= $1::timestamptz)"));
    EXPECT_THAT(statement.parameters, ElementsAre("1970-01-01T00:00:00.000001Z"));
}

TEST(PageStatement, ContinuesBehindTimeAndKey) {
    const SourceTable table = notes_table();
    const Cursor after{start.changed_at, "[5]"};
    const Statement statement = page_statement(*shape_of(notes(), &table), after, {10, 1000}, false);

    EXPECT_THAT(statement.text,
                HasSubstr(R"(t."edited_at"), t."note_id") > ($1::timestamptz, ($2::json->>0)::integer))"));
    EXPECT_THAT(statement.parameters, ElementsAre("1970-01-01T00:00:00.000001Z", "[5]"));
}

TEST(PageStatement, AppliesTheFilterAndItsBounds) {
    const SourceTable table = notes_table();
    const Statement statement = page_statement(*shape_of(notes(), &table), start, {10, 1000}, false);

    EXPECT_THAT(statement.text, HasSubstr(R"(t."note_type" = 'Doctor')"));
    EXPECT_THAT(statement.text, HasSubstr("LIMIT 11"));
    EXPECT_THAT(statement.text, HasSubstr("number <= 10 AND bytes <= 1000"));
}

TEST(PageStatement, CountsWhatIsBehindTheCursorOnlyWhenItIsShown) {
    const SourceTable table = notes_table();
    Stream shown = notes();
    shown.wording.show_total = true;

    EXPECT_THAT(page_statement(*shape_of(shown, &table), start, {10, 1000}, true).text,
                HasSubstr("SELECT count(*) FROM"));
    EXPECT_THAT(page_statement(*shape_of(shown, &table), start, {10, 1000}, false).text,
                Not(HasSubstr("SELECT count(*) FROM")));
    EXPECT_THAT(page_statement(*shape_of(notes(), &table), start, {10, 1000}, true).text,
                Not(HasSubstr("SELECT count(*) FROM")));
}

TEST(RowsStatement, AsksForAllKeysInOneParameter) {
    const SourceTable table = notes_table();
    const std::vector<Key> keys{"[5]", "[6]"};
    const Statement statement = rows_statement(*shape_of(notes(), &table), keys);

    EXPECT_THAT(statement.parameters, ElementsAre(R"(["[5]","[6]"])"));
    EXPECT_THAT(statement.text, HasSubstr(R"(t."note_id" = k.k0)"));
    EXPECT_THAT(statement.text, HasSubstr(R"(t."note_type" = 'Doctor')"));
}

TEST(CreateIndex, CoversTheOrderOfPages) {
    const SourceTable table = notes_table();
    Stream stream = notes();

    EXPECT_EQ(
        create_index_statement(*shape_of(stream, &table)),
        R"(CREATE INDEX CONCURRENTLY ON "public"."aligner_notes" ((GREATEST("created_at", "edited_at")), "note_id"))");

    stream.changed_at = {"created_at"};
    EXPECT_EQ(create_index_statement(*shape_of(stream, &table)),
              R"(CREATE INDEX CONCURRENTLY ON "public"."aligner_notes" ("created_at", "note_id"))");
}

TEST(JsonObject, EscapesTheTargetsNames) {
    EXPECT_EQ(json_object_text({{"it's \"x\"", "v"}}),
              R"(( E'{"it''s \\"x\\"":' || COALESCE(v::text, 'null') || '}'))");
}

}  // namespace
}  // namespace revsync::postgres
