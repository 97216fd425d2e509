#include "mapping/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <random>
#include <sstream>

#include "mapping/json_place.hpp"

namespace revsync {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;

// A mapping that is right; each test breaks one thing.
json::object orders() {
    return json::parse(R"({
        "name": "orders", "source": "public.orders", "target": "dbo.tblOrders",
        "key": [{"source": "id", "target": "OrderID"}],
        "columns": [{"source": "amount", "target": "Amount"},
                    {"source": "state", "target": "State", "owner": "shared"}],
        "changedAt": ["updated_at"]
    })")
        .as_object();
}

json::object orders_with(std::string_view member, std::string_view value) {
    auto stream = orders();
    stream[member] = json::parse({value.data(), value.size()});
    return stream;
}

std::string mapping_of(json::array streams) {
    return json::serialize(json::object{{"version", 1}, {"streams", std::move(streams)}});
}

std::string error_of(const std::string& text) {
    const auto mapping = parse_mapping(text);
    if (mapping.has_error()) {
        EXPECT_EQ(mapping.error().disposition, Disposition::configuration);
    }
    return mapping.has_error() ? mapping.error().text : "";
}

std::string error_with(std::string_view member, std::string_view value) {
    return error_of(mapping_of({orders_with(member, value)}));
}

Stream stream_with(std::string_view member, std::string_view value) {
    const auto mapping = parse_mapping(mapping_of({orders_with(member, value)}));
    EXPECT_FALSE(mapping.has_error()) << mapping.error().text;
    return mapping.has_error() ? Stream{} : mapping->streams.at(0);
}

TEST(MappingLoader, reads_the_least_that_a_stream_needs) {
    const auto mapping = parse_mapping(mapping_of({orders()}));
    ASSERT_FALSE(mapping.has_error()) << mapping.error().text;
    const auto& stream = mapping->streams.at(0);
    EXPECT_EQ(stream.name, "orders");
    EXPECT_EQ(stream.direction, Direction::reverse);
    EXPECT_EQ(stream.source, (TableName{"public", "orders"}));
    EXPECT_EQ(stream.target, (TableName{"dbo", "tblOrders"}));
    EXPECT_EQ(stream.key.at(0).target, "OrderID");
    EXPECT_EQ(stream.columns.at(0).owner, Owner::supabase);
    EXPECT_EQ(stream.columns.at(1).owner, Owner::shared);
    EXPECT_TRUE(stream.operations.insert && stream.operations.update);
    EXPECT_FALSE(stream.operations.remove);
    EXPECT_TRUE(stream.filter.empty());
    EXPECT_FALSE(stream.owned_rows);
}

TEST(MappingLoader, makes_the_words_of_the_log_from_the_name) {
    const auto stream = stream_with("name", R"("invoices")");
    EXPECT_EQ(stream.wording.polled, "invoices");
    EXPECT_EQ(stream.wording.found, "invoices row(s) to sync");
    EXPECT_EQ(stream.wording.none, "new invoices");
    EXPECT_EQ(stream.wording.symbol, "📄");
}

TEST(MappingLoader, takes_words_that_are_given) {
    const auto stream = stream_with("wording", R"json({"found": "order(s)", "symbol": "🧾", "showTotal": true})json");
    EXPECT_EQ(stream.wording.polled, "orders");
    EXPECT_EQ(stream.wording.found, "order(s)");
    EXPECT_EQ(stream.wording.symbol, "🧾");
    EXPECT_TRUE(stream.wording.show_total);
}

TEST(MappingLoader, reads_filters_ownership_and_operations) {
    const auto filtered =
        stream_with("filter", R"([{"column": "kind", "equals": ""}, {"column": "a", "newerThan": "b"}])");
    EXPECT_EQ(filtered.filter.at(0).test, Condition::Test::equals);
    EXPECT_EQ(filtered.filter.at(0).operand, "");
    EXPECT_EQ(filtered.filter.at(1).test, Condition::Test::newer_than);
    EXPECT_EQ(filtered.filter.at(1).operand, "b");
    const auto owned = stream_with("ownedRows", R"({"column": "Kind", "equals": "Web"})");
    EXPECT_EQ(owned.owned_rows->value, "Web");
    const auto deleting = stream_with("operations", R"(["delete", "update"])");
    EXPECT_FALSE(deleting.operations.insert);
    EXPECT_TRUE(deleting.operations.update && deleting.operations.remove);
}

TEST(MappingLoader, reads_columns_for_new_rows_only) {
    const auto stream = stream_with(
        "columns", R"([{"source": "s", "target": "S", "owner": "sqlserver", "insertOnly": true, "ifAbsent": "0"}])");
    EXPECT_EQ(stream.columns.at(0).owner, Owner::sqlserver);
    EXPECT_TRUE(stream.columns.at(0).insert_only);
    EXPECT_EQ(stream.columns.at(0).if_absent, "0");
}

TEST(MappingLoader, names_the_place_of_a_member_it_does_not_know) {
    EXPECT_THAT(error_with("columns", R"([{"source": "a", "target": "A"}, {"source": "b", "target": "B"},
                                          {"source": "c", "target": "C", "colour": 1}])"),
                HasSubstr("streams[0].columns[2]: unknown member 'colour'"));
    EXPECT_THAT(error_with("colour", "1"), HasSubstr("streams[0]: unknown member 'colour'"));
    EXPECT_THAT(error_of(R"({"version": 1, "streams": [], "x\ny": 1})"), HasSubstr("unknown member 'x?y'"));
}

TEST(MappingLoader, names_what_is_missing) {
    for (const auto* member : {"name", "source", "target", "key", "columns", "changedAt"}) {
        auto stream = orders();
        stream.erase(member);
        EXPECT_THAT(error_of(mapping_of({stream})), HasSubstr(std::string{"streams[0]: '"} + member + "' is missing"));
    }
    EXPECT_THAT(error_of(R"({"streams": []})"), HasSubstr("'version' is missing"));
}

TEST(MappingLoader, names_the_place_of_a_wrong_type) {
    EXPECT_THAT(error_with("name", "5"), HasSubstr("streams[0].name: expected a text"));
    EXPECT_THAT(error_with("key", "{}"), HasSubstr("streams[0].key: expected a list"));
    EXPECT_THAT(error_with("key", "[]"), HasSubstr("streams[0].key: expected 1 to"));
    EXPECT_THAT(error_with("key", "[5]"), HasSubstr("streams[0].key[0]: expected an object"));
    EXPECT_THAT(error_with("changedAt", "[true]"), HasSubstr("streams[0].changedAt[0]: expected a text"));
    EXPECT_THAT(error_with("wording", R"({"showTotal": "yes"})"), HasSubstr("wording.showTotal: expected true"));
    EXPECT_THAT(error_of("[]"), HasSubstr("expected an object"));
}

TEST(MappingLoader, bounds_every_name) {
    EXPECT_THAT(error_with("name", R"("")"), HasSubstr("expected 1 to 128 characters"));
    EXPECT_THAT(error_with("name", '"' + std::string(129, 'x') + '"'), HasSubstr("expected 1 to 128 characters"));
    EXPECT_THAT(error_with("name", R"("a\u0000b")"), HasSubstr("control characters"));
    std::string arabic;
    for (int count = 0; count < 128; ++count) {
        arabic += "ع";
    }
    EXPECT_EQ(stream_with("name", '"' + arabic + '"').name, arabic);
}

TEST(MappingLoader, wants_tables_with_their_schema) {
    for (const auto* name : {R"("orders")", R"(".orders")", R"("public.")"}) {
        EXPECT_THAT(error_with("source", name), HasSubstr("streams[0].source: expected schema.table")) << name;
    }
    EXPECT_EQ(stream_with("target", R"("dbo.odd.name")").target, (TableName{"dbo", "odd.name"}));
}

TEST(MappingLoader, refuses_what_is_there_twice) {
    EXPECT_THAT(error_of(mapping_of({orders(), orders()})),
                HasSubstr("streams[1]: there is already a stream 'orders'"));
    EXPECT_THAT(error_with("columns", R"([{"source": "a", "target": "A"}, {"source": "b", "target": "A"}])"),
                HasSubstr("streams[0].columns[1]: target column 'A' is already filled"));
    EXPECT_THAT(error_with("columns", R"([{"source": "a", "target": "OrderID"}])"), HasSubstr("already filled"));
    EXPECT_THAT(error_with("key", R"([{"source": "a", "target": "A"}, {"source": "a", "target": "B"}])"),
                HasSubstr("streams[0].key[1]: this column is already part of the key"));
    EXPECT_THAT(error_with("changedAt", R"(["a", "a"])"), HasSubstr("changedAt[1]: 'a' is listed twice"));
}

TEST(MappingLoader, refuses_contradictions) {
    EXPECT_THAT(error_with("columns", R"([{"source": "a", "target": "A", "owner": "sqlserver"}])"),
                HasSubstr("streams[0].columns[0]: a column that sqlserver owns is never overwritten"));
    auto update_only = orders_with("operations", R"(["update"])");
    update_only["columns"] = json::parse(R"([{"source": "a", "target": "A", "insertOnly": true}])");
    EXPECT_THAT(error_of(mapping_of({update_only})), HasSubstr("operations have no insert"));
    EXPECT_THAT(error_with("filter", R"([{"column": "a", "equals": "1", "newerThan": "b"}])"),
                HasSubstr("streams[0].filter[0]: expected either"));
    EXPECT_THAT(error_with("filter", R"([{"column": "a"}])"), HasSubstr("streams[0].filter[0]: expected either"));
}

// A stream of the other direction that is right.
json::object prices() {
    return json::parse(R"({
        "name": "orders", "direction": "forward", "source": "dbo.tblPrices", "target": "public.prices",
        "key": [{"source": "PriceID", "target": "id"}],
        "columns": [{"source": "Amount", "target": "amount"}, {"source": "Color", "target": "color", "optional": true}]
    })")
        .as_object();
}

std::string forward_error_with(std::string_view member, std::string_view value) {
    auto stream = prices();
    stream[member] = json::parse({value.data(), value.size()});
    return error_of(mapping_of({stream}));
}

TEST(MappingLoader, reads_both_directions) {
    const auto mapping = parse_mapping(mapping_of({orders(), prices()}));
    ASSERT_FALSE(mapping.has_error()) << mapping.error().text;
    const Stream& stream = mapping->streams.at(1);
    EXPECT_EQ(stream.direction, Direction::forward);
    EXPECT_EQ(stream.source, (TableName{"dbo", "tblPrices"}));
    EXPECT_EQ(stream.columns.at(0).owner, Owner::sqlserver);
    EXPECT_FALSE(stream.columns.at(0).optional);
    EXPECT_TRUE(stream.columns.at(1).optional);
    EXPECT_TRUE(stream.operations.insert && stream.operations.update && stream.operations.remove);
}

TEST(MappingLoader, leaves_it_to_the_queue_what_changed) {
    EXPECT_THAT(forward_error_with("changedAt", R"(["a"])"), HasSubstr("streams[0].changedAt: the queue tells"));
    EXPECT_THAT(forward_error_with("filter", R"([{"column": "a", "equals": "1"}])"),
                HasSubstr("streams[0].filter: the queue tells"));
    EXPECT_THAT(forward_error_with("key", R"([{"source": "A", "target": "a"}, {"source": "B", "target": "b"}])"),
                HasSubstr("streams[0].key: a forward stream has one key column"));
}

TEST(MappingLoader, reads_which_rows_are_needed_by_others) {
    auto customers = prices();
    customers["name"] = "customers";
    customers["target"] = "public.customers";
    customers["referencedBy"] = json::object{{"stream", "orders"}, {"column", "CustomerID"}};
    const auto mapping = parse_mapping(mapping_of({customers, prices()}));
    ASSERT_FALSE(mapping.has_error()) << mapping.error().text;
    ASSERT_TRUE(mapping->streams.at(0).referenced_by);
    EXPECT_EQ(mapping->streams.at(0).referenced_by->stream, "orders");
    EXPECT_EQ(mapping->streams.at(0).referenced_by->column, "CustomerID");
    EXPECT_FALSE(mapping->streams.at(1).referenced_by);
}

TEST(MappingLoader, refuses_references_that_lead_nowhere) {
    EXPECT_THAT(forward_error_with("referencedBy", R"({"stream": "others", "column": "A"})"),
                HasSubstr("streams[0].referencedBy: there is no such forward stream"));
    EXPECT_THAT(forward_error_with("referencedBy", R"({"stream": "orders", "column": "A"})"),
                HasSubstr("streams[0].referencedBy: the streams refer to each other"));
    EXPECT_THAT(error_with("referencedBy", R"({"stream": "orders", "column": "A"})"),
                HasSubstr("streams[0].referencedBy: it is for forward streams"));
}

TEST(MappingLoader, lets_one_forward_stream_fill_a_table) {
    auto again = prices();
    again["name"] = "others";
    again["target"] = "shop.Prices";
    EXPECT_THAT(error_of(mapping_of({prices(), again})),
                HasSubstr("streams[1]: stream 'orders' already fills a table prices"));
}

TEST(MappingLoader, refuses_contradictions_of_the_other_direction) {
    EXPECT_THAT(forward_error_with("columns", R"([{"source": "A", "target": "a", "owner": "supabase"}])"),
                HasSubstr("streams[0].columns[0]: a column that supabase owns is never overwritten from SQL Server"));
    EXPECT_THAT(forward_error_with("columns", R"([{"source": "A", "target": "a", "ifAbsent": "0"}])"),
                HasSubstr("streams[0].columns[0]: 'ifAbsent' is for reverse streams"));
    EXPECT_THAT(error_with("columns", R"([{"source": "a", "target": "A", "optional": true}])"),
                HasSubstr("streams[0].columns[0]: 'optional' is for forward streams"));
}

TEST(MappingLoader, refuses_words_it_does_not_know) {
    EXPECT_THAT(error_with("direction", R"("sideways")"), HasSubstr("streams[0].direction: expected reverse, from"));
    EXPECT_THAT(error_with("columns", R"([{"source": "a", "target": "A", "owner": "me"}])"),
                HasSubstr("columns[0].owner: expected supabase, sqlserver or shared"));
    EXPECT_THAT(error_with("operations", R"(["insert", "merge"])"),
                HasSubstr("operations[1]: expected insert, update or delete"));
    EXPECT_THAT(error_of(R"({"version": 2, "streams": []})"), HasSubstr("version: expected 1"));
}

TEST(MappingLoader, says_where_the_json_breaks) {
    EXPECT_THAT(error_of("{\n\"version\": 1,\n\"streams\": [}\n"), HasSubstr("not valid JSON near line 3"));
    EXPECT_THAT(error_of(""), HasSubstr("not valid JSON"));
    EXPECT_THAT(error_of(mapping_of({orders()}) + "x"), HasSubstr("not valid JSON"));
    EXPECT_THAT(error_of("{\"version\": \"\xFF\"}"), HasSubstr("not valid JSON"));
    EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("not valid JSON"));
}

TEST(MappingLoader, tolerates_what_editors_add) {
    EXPECT_EQ(error_of("\xEF\xBB\xBF" + mapping_of({orders()}) + "\r\n\n"), "");
}

TEST(MappingLoader, has_a_limit) {
    EXPECT_THAT(error_of(mapping_of({orders()}) + std::string(mapping_limit_bytes, ' ')), HasSubstr("larger than"));
}

class MappingFile : public testing::Test {
protected:
    MappingFile() {
        std::random_device random;
        do {
            folder_ = std::filesystem::temp_directory_path() / ("revsync-" + std::to_string(random()));
        } while (!std::filesystem::create_directory(folder_));
    }
    ~MappingFile() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;
};

TEST_F(MappingFile, is_loaded_by_its_path) {
    std::ofstream{folder_ / "mapping.json"} << mapping_of({orders()});
    const auto mapping = load_mapping(folder_ / "mapping.json");
    ASSERT_FALSE(mapping.has_error());
    EXPECT_NE(mapping->find("orders"), nullptr);
}

TEST_F(MappingFile, is_named_in_its_errors) {
    std::ofstream{folder_ / "mapping.json"} << "{";
    EXPECT_THAT(load_mapping(folder_ / "mapping.json").error().text, HasSubstr("mapping.json"));
    EXPECT_THAT(load_mapping(folder_ / "missing.json").error().text,
                AllOf(HasSubstr("missing.json"), HasSubstr("no such file")));
    EXPECT_THAT(load_mapping(folder_).error().text, HasSubstr("no such file"));
}

TEST(MappingExample, of_the_documentation_can_be_loaded) {
    std::ifstream page{REVSYNC_CONFIGURATION_PAGE};
    std::ostringstream text;
    text << page.rdbuf();
    const auto all = text.str();
    const auto begin = all.find("```json\n");
    ASSERT_NE(begin, std::string::npos);
    const auto end = all.find("```", begin + 8);
    const auto mapping = parse_mapping(std::string_view{all}.substr(begin + 8, end - begin - 8));
    EXPECT_FALSE(mapping.has_error()) << mapping.error().text;
}

TEST(MappingPlaces, AreFoundOnTheirLine) {
    constexpr std::string_view text = R"({
  "version": 1, "note": "a } and a \" in a text",
  "streams": [
    { "name": "first", "empty": [], "numbers": [1, 2,
      3] },
    {
      "name": "second",
      "columns": [{ "source": "a" },
                  { "source": "b", "colour": true }]
    }
  ]
})";
    EXPECT_EQ(line_of_place(text, ""), 1U);
    EXPECT_EQ(line_of_place(text, "version"), 2U);
    EXPECT_EQ(line_of_place(text, "streams"), 3U);
    EXPECT_EQ(line_of_place(text, "streams[0]"), 4U);
    EXPECT_EQ(line_of_place(text, "streams[0].numbers[2]"), 5U);
    EXPECT_EQ(line_of_place(text, "streams[1]"), 6U);
    EXPECT_EQ(line_of_place(text, "streams[1].name"), 7U);
    EXPECT_EQ(line_of_place(text, "streams[1].columns[1].colour"), 9U);
}

TEST(MappingPlaces, ThatDoNotExistAreThoseAroundThem) {
    constexpr std::string_view text = "{\n\"streams\": [\n{\n\"name\": 5}]}";
    EXPECT_EQ(line_of_place(text, "streams[0].target"), 3U);
    EXPECT_EQ(line_of_place(text, "streams[7]"), 2U);
    EXPECT_EQ(line_of_place(text, "version"), 1U);
    EXPECT_EQ(line_of_place("", "version"), 1U);
}

TEST(MappingMistakes, NameTheirLine) {
    EXPECT_THAT(error_of("{\n\"version\": 1,\n\"streams\": [\n{\"colour\": 1}]}"),
                HasSubstr("line 4, streams[0]: unknown member 'colour'"));
}

}  // namespace
}  // namespace revsync
