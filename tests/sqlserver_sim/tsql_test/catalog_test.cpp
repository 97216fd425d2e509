// The catalog views and functions.
#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

class CatalogTest : public ServerTest {
protected:
    void SetUp() override {
        ServerTest::SetUp();
        if (session) {
            run("CREATE TABLE p (id int IDENTITY(5,2) NOT NULL CONSTRAINT PK_p PRIMARY KEY, n nvarchar(20) COLLATE "
                "Latin1_General_BIN2 NULL, "
                "d decimal(10,2) NOT NULL CONSTRAINT DF_d DEFAULT (0), x AS (id + 1) PERSISTED)");
            run("CREATE TABLE c (p int CONSTRAINT FK_c REFERENCES p (id) ON DELETE CASCADE); CREATE INDEX IX ON c (p) "
                "WHERE p > 0");
            run("CREATE TRIGGER tr ON p AFTER INSERT AS RETURN");
        }
    }
};

TEST_F(CatalogTest, DescribesColumns) {
    EXPECT_EQ(rows("SELECT c.name, t.name, c.max_length, c.precision, c.scale, c.is_nullable, c.is_identity, "
                   "c.is_computed, c.collation_name FROM sys.columns c "
                   "JOIN sys.types t ON t.user_type_id = c.user_type_id WHERE c.object_id = OBJECT_ID(N'dbo.p') ORDER "
                   "BY c.column_id"),
              (Rows{{"id", "int", "4", "10", "0", "0", "1", "0", "NULL"},
                    {"n", "nvarchar", "40", "0", "0", "1", "0", "0", "Latin1_General_BIN2"},
                    {"d", "decimal", "9", "10", "2", "0", "0", "0", "NULL"},
                    {"x", "int", "4", "10", "0", "0", "0", "1", "NULL"}}));
    EXPECT_EQ(rows("SELECT seed_value, increment_value, last_value FROM sys.identity_columns WHERE object_id = "
                   "OBJECT_ID('p')"),
              (Rows{{"5", "2", "NULL"}}));
    EXPECT_EQ(rows("SELECT name, definition, is_persisted FROM sys.computed_columns"), (Rows{{"x", "(id + 1)", "1"}}));
    EXPECT_EQ(rows("SELECT DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE "
                   "TABLE_NAME = 'P' AND COLUMN_NAME = 'N'"),
              (Rows{{"nvarchar", "20", "YES"}}));
}

TEST_F(CatalogTest, DescribesKeysAndIndexes) {
    EXPECT_EQ(rows("SELECT i.name, i.is_unique, i.is_primary_key, i.has_filter, COL_NAME(ic.object_id, ic.column_id) "
                   "FROM sys.indexes i JOIN sys.index_columns ic "
                   "ON ic.object_id = i.object_id AND ic.index_id = i.index_id ORDER BY i.name"),
              (Rows{{"IX", "0", "0", "1", "p"}, {"PK_p", "1", "1", "0", "id"}}));
    EXPECT_EQ(rows("SELECT name, OBJECT_NAME(parent_object_id), OBJECT_NAME(referenced_object_id), "
                   "delete_referential_action_desc FROM sys.foreign_keys"),
              (Rows{{"FK_c", "c", "p", "CASCADE"}}));
    EXPECT_EQ(rows("SELECT name FROM sys.key_constraints WHERE type = 'PK'"), (Rows{{"PK_p"}}));
    EXPECT_EQ(rows("SELECT t.name, t.is_disabled, OBJECT_NAME(t.parent_id) FROM sys.triggers t"),
              (Rows{{"tr", "0", "p"}}));
}

TEST_F(CatalogTest, KeepsExtendedPropertiesAsLongAsWhatTheyDescribe) {
    run("EXEC sp_addextendedproperty N'why', N'because', N'SCHEMA', N'dbo', N'TABLE', N'p', N'TRIGGER', N'tr'");
    run("EXEC sp_addextendedproperty @name = N'unit', @value = N'mm', @level0type = N'SCHEMA', @level0name = N'dbo', "
        "@level1type = N'TABLE', @level1name = N'p', @level2type = N'COLUMN', @level2name = N'd'");
    const std::string all =
        "SELECT OBJECT_NAME(major_id), minor_id, name, value FROM sys.extended_properties ORDER BY name";
    EXPECT_EQ(rows(all), (Rows{{"p", "3", "unit", "mm"}, {"tr", "0", "why", "because"}}));
    EXPECT_EQ(error("EXEC sp_addextendedproperty N'why', N'x', N'SCHEMA', N'dbo', N'TABLE', N'p', N'TRIGGER', N'tr'"),
              15233);
    EXPECT_EQ(error("EXEC sp_addextendedproperty N'why', N'x', N'SCHEMA', N'dbo', N'TABLE', N'nope'"), 15135);
    EXPECT_EQ(error("EXEC sp_dropextendedproperty N'why', N'SCHEMA', N'dbo', N'TABLE', N'p'"), 15217);
    run("EXEC sp_dropextendedproperty N'unit', N'SCHEMA', N'dbo', N'TABLE', N'p', N'COLUMN', N'd'; DROP TRIGGER tr");
    EXPECT_EQ(rows(all), Rows{});
}

TEST_F(CatalogTest, AnswersFunctions) {
    EXPECT_EQ(rows("SELECT OBJECT_ID('nope'), OBJECT_ID('p', 'V'), COL_LENGTH('dbo.p', 'n'), "
                   "COLUMNPROPERTY(OBJECT_ID('p'), 'id', 'IsIdentity'), "
                   "OBJECTPROPERTY(OBJECT_ID('p'), 'TableHasIdentity'), IDENT_SEED('p'), IDENT_INCR('dbo.p'), "
                   "TYPE_NAME(231), SCHEMA_NAME(1)"),
              (Rows{{"NULL", "NULL", "40", "1", "1", "5", "2", "nvarchar", "dbo"}}));
    EXPECT_EQ(value("SELECT OBJECT_NAME(OBJECT_ID(N'[clinic].[dbo].[P]'))"), "p");
    EXPECT_EQ(
        rows("SELECT compatibility_level, is_read_committed_snapshot_on FROM sys.databases WHERE name = DB_NAME()"),
        (Rows{{"150", "0"}}));
    EXPECT_EQ(rows("SELECT SERVERPROPERTY('ProductVersion'), SERVERPROPERTY('EngineEdition'), SUSER_SNAME(), "
                   "HOST_NAME(), APP_NAME()"),
              (Rows{{"15.0.2000.5", "3", "sa", "localhost", "test"}}));
}

}  // namespace

}  // namespace revsync::sim::tsql::test
