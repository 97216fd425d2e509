#include "parser.hpp"

#include <gtest/gtest.h>

#include "errors.hpp"

namespace revsync::sim::tsql {

namespace {

template <typename T>
const T& only(const Block& block) {
    return std::get<T>(block.at(0)->body);
}

Message error_of(std::string_view sql) {
    try {
        parse_batch(sql, true);
    } catch (const SqlError& error) {
        return error.message;
    }
    return {};
}

TEST(Parser, BindsOperatorsByPrecedence) {
    const ExprPtr expr = parse_expression("1 + 2 * 3");
    EXPECT_EQ(expr->text, "+");
    EXPECT_EQ(expr->args[1]->text, "*");
    const ExprPtr logic = parse_expression("a = 1 OR NOT b = 2 AND c = 3");
    EXPECT_EQ(logic->text, "OR");
    EXPECT_EQ(logic->args[1]->text, "AND");
    EXPECT_EQ(logic->args[1]->args[0]->kind, ExprKind::negate);
}

TEST(Parser, ReadsTheDaemonsOpenJson) {
    const Block block = parse_batch(
        "INSERT INTO #rows SELECT j.[#op], CONVERT(datetime, j.[CreatedAt] AT TIME ZONE N'UTC') FROM OPENJSON(@rows) "
        "WITH ([#op] char(1) N'$.\"#op\"', [CreatedAt] datetimeoffset(7) N'$.\"CreatedAt\"', [doc] nvarchar(max) AS "
        "JSON) AS j;",
        true);
    const auto& core = only<Insert>(block).query->core;
    const TableRef& table = *core.from.at(0);
    EXPECT_EQ(table.kind, TableKind::openjson);
    ASSERT_EQ(table.json_columns.size(), 3U);
    EXPECT_EQ(table.json_columns[0].path, "$.\"#op\"");
    EXPECT_EQ(table.json_columns[1].type.kind, TypeKind::datetimeoffset);
    EXPECT_TRUE(table.json_columns[2].as_json);
    EXPECT_EQ(table.alias, "j");
    EXPECT_EQ(core.items[1].expr->args[0]->kind, ExprKind::at_time_zone);
}

TEST(Parser, KeepsTableHintsAndSkipsOptions) {
    const Block block =
        parse_batch("SELECT 1 FROM t AS a WITH (UPDLOCK, INDEX(1)) JOIN b (NOLOCK) ON 1 = 1 OPTION (MAXDOP 1)", true);
    const TableRef& join = *only<Select>(block).query->core.from.at(0);
    EXPECT_EQ(join.left->hints, (std::vector<std::string>{"UPDLOCK", "INDEX"}));
    EXPECT_EQ(join.right->hints, (std::vector<std::string>{"NOLOCK"}));
}

TEST(Parser, SeparatesStatementsWithoutSemicolons) {
    const Block block = parse_batch(
        "DECLARE @a int = 1 SET @a = 2 IF @a > 1 SELECT @a ELSE PRINT 'no' EXEC p @a OUTPUT, N'x' SELECT 1 x", true);
    ASSERT_EQ(block.size(), 5U);
    EXPECT_NE(only<Declare>(block).items[0].value, nullptr);
    EXPECT_NE(std::get<If>(block[2]->body).otherwise, nullptr);
    EXPECT_TRUE(std::get<Execute>(block[3]->body).arguments[0].output);
}

TEST(Parser, AllowsASemicolonBeforeElse) {
    const Block block = parse_batch("IF 1 = 1 SELECT 1; ELSE SELECT 2;", true);
    EXPECT_NE(only<If>(block).otherwise, nullptr);
}

TEST(Parser, NamesTheTokenThatItCannotPlace) {
    EXPECT_EQ(error_of("SELECT 1 FROM t WHERE a ==").number, 102);
    EXPECT_EQ(error_of("SELECT a FROM WHERE").text, "Incorrect syntax near the keyword 'WHERE'.");
    EXPECT_EQ(error_of("CREATE LOGIN x").text, "Incorrect syntax near 'LOGIN'.");
    EXPECT_EQ(error_of("BEGIN SELECT 1").number, 102);
    EXPECT_EQ(error_of("SELECT 1\nMERGE t USING s").line, 2);
}

TEST(Parser, KnowsAllPartsOfATable) {
    const Block block = parse_batch(
        "CREATE TABLE dbo.t (id int IDENTITY(1,2) NOT NULL CONSTRAINT pk PRIMARY KEY CLUSTERED, a nvarchar(10) COLLATE "
        "Arabic_CI_AS NULL DEFAULT N'x', "
        "b AS (id + 1) PERSISTED, c decimal(10,2) CONSTRAINT df DEFAULT (0), CONSTRAINT fk FOREIGN KEY (c) REFERENCES "
        "u (d) ON DELETE CASCADE, "
        "CHECK (c > 0))",
        true);
    const auto& table = only<CreateTable>(block);
    ASSERT_EQ(table.columns.size(), 4U);
    EXPECT_EQ(table.columns[0].increment, 2);
    EXPECT_EQ(table.columns[2].computed_text, "(id + 1)");
    EXPECT_EQ(table.columns[3].default_name, "df");
    ASSERT_EQ(table.constraints.size(), 3U);
    EXPECT_EQ(table.constraints[1].on_delete, "CASCADE");
}

TEST(Parser, KeepsTheTextOfAModule) {
    const std::string sql =
        "-- why\nCREATE OR ALTER TRIGGER dbo.x ON dbo.t AFTER INSERT, DELETE AS BEGIN SET NOCOUNT ON; SELECT 1; END";
    const Block block = parse_batch(sql, true);
    const auto& module = only<CreateModule>(block);
    EXPECT_TRUE(module.or_alter);
    EXPECT_EQ(module.events, (std::vector<std::string>{"INSERT", "DELETE"}));
    EXPECT_EQ(module.definition, sql.substr(7));
}

}  // namespace

}  // namespace revsync::sim::tsql
