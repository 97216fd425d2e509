#include "sqlserver/catalog.hpp"

#include <gmock/gmock.h>

#include "sqlserver/tables.hpp"

namespace revsync::sqlserver {
namespace {

using test::column;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(DeclaredType, CountsCharactersNotBytes) {
    EXPECT_EQ(declared_type(column("c", "nvarchar", 510)), "nvarchar(255)");
    EXPECT_EQ(declared_type(column("c", "varchar", 20)), "varchar(20)");
    EXPECT_EQ(declared_type(column("c", "nvarchar", -1)), "nvarchar(max)");
}

TEST(DeclaredType, KeepsPrecisionAndScale) {
    Column price = column("c", "decimal", 9);
    price.precision = 10;
    price.scale = 2;
    EXPECT_EQ(declared_type(price), "decimal(10,2)");
    Column time = column("c", "datetime2", 6);
    time.scale = 0;
    EXPECT_EQ(declared_type(time), "datetime2(0)");
    EXPECT_EQ(declared_type(column("c", "datetime", 8)), "datetime");
}

TEST(DeclaredType, ReplacesTheOldLargeTypes) {
    EXPECT_EQ(declared_type(column("c", "ntext", 16)), "nvarchar(max)");
    EXPECT_EQ(declared_type(column("c", "text", 16)), "varchar(max)");
    EXPECT_EQ(declared_type(column("c", "image", 16)), "varbinary(max)");
}

TEST(HasCodePage, IsTrueForNarrowTextOutsideUtf8) {
    Column narrow = test::text_column("c", "varchar", 10);
    EXPECT_TRUE(has_code_page(narrow));
    narrow.collation = "Latin1_General_100_CI_AS_SC_UTF8";
    EXPECT_FALSE(has_code_page(narrow));
    EXPECT_FALSE(has_code_page(test::text_column("c", "nvarchar", 10)));
}

TEST(Table, FindsAColumnWhateverTheCase) {
    const Table table = test::notes_table();
    ASSERT_NE(table.find("noteid"), nullptr);
    EXPECT_EQ(table.find("noteid")->name, "NoteID");
    EXPECT_EQ(table.find("note"), nullptr);
}

TEST(Table, PrefersTheExactSpelling) {
    Table table;
    table.columns = {column("A", "int"), column("a", "bigint")};
    EXPECT_EQ(table.find("a")->base_type, "bigint");
}

TEST(ParseTables, ReadsColumnsAndUniqueKeys) {
    const std::vector<ResultSet> results{
        {{{"150"}}},
        {{{"ID"}, {"INT"}, {"4"}, {"10"}, {"0"}, {"0"}, {"1"}, {"0"}, {"0"}, std::nullopt},
         {{"Name"}, {"nvarchar"}, {"510"}, {"0"}, {"0"}, {"1"}, {"0"}, {"0"}, {"1"}, {"Arabic_CI_AS"}}},
        {{{"1"}, {"ID"}}, {{"2"}, {"Name"}}, {{"2"}, {"ID"}}}};
    const auto tables = parse_tables(results, 1);
    ASSERT_TRUE(tables);
    const Table& table = tables->front();
    ASSERT_EQ(table.columns.size(), 2U);
    EXPECT_TRUE(table.columns[0].identity);
    EXPECT_FALSE(table.columns[0].nullable);
    EXPECT_EQ(table.columns[0].base_type, "int");
    EXPECT_TRUE(table.columns[1].has_default);
    EXPECT_EQ(table.columns[1].collation, "Arabic_CI_AS");
    EXPECT_THAT(table.unique_keys, ElementsAre(ElementsAre("ID"), ElementsAre("Name", "ID")));
}

TEST(ParseTables, AsksForACompatibilityLevelWithOpenJson) {
    const auto tables = parse_tables({{{{"110"}}}}, 0);
    ASSERT_FALSE(tables);
    EXPECT_EQ(tables.error().disposition, Disposition::configuration);
    EXPECT_THAT(tables.error().text, HasSubstr("COMPATIBILITY_LEVEL = 130"));
}

TEST(CatalogQuery, QuotesTheTableTwice) {
    const TableName names[] = {{"dbo", "O'Neil]s"}};
    EXPECT_THAT(catalog_query(names), HasSubstr("OBJECT_ID(N'[dbo].[O''Neil]]s]', N'U')"));
}

}  // namespace
}  // namespace revsync::sqlserver
