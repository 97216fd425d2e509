#include "server_fixture.hpp"

namespace revsync::sim::tsql::test {

namespace {

using BulkTest = ServerTest;

Column column(std::string name, Type type) {
    Column made;
    made.name = std::move(name);
    made.type = type;
    return made;
}

TEST_F(BulkTest, LoadsRowsWithoutFiringTriggers) {
    run("CREATE TABLE t (id int IDENTITY PRIMARY KEY, a int, b nvarchar(10)); CREATE TABLE log (n int)");
    run("CREATE TRIGGER tr ON t AFTER INSERT AS INSERT INTO log VALUES (1)");
    EXPECT_EQ(
        error("INSERT BULK dbo.t ([a] int, [b] nvarchar(10) COLLATE Arabic_CI_AS) WITH (TABLOCK, CHECK_CONSTRAINTS)"),
        0);
    const auto load =
        session->begin_bulk({column("a", {TypeKind::integer, 0, 0, 0}), column("b", {TypeKind::nvarchar, 10, 0, 0})});
    ASSERT_NE(load, nullptr);
    load->row({"1", "سلام"});
    load->row({std::nullopt, "y"});
    Answer answer;
    load->finish(answer);
    EXPECT_EQ(answer.counts.at(0), 2U);
    EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), (Rows{{"1", "1", "سلام"}, {"2", "NULL", "y"}}));
    EXPECT_EQ(value("SELECT COUNT(*) FROM log"), "0");
    EXPECT_EQ(session->begin_bulk({}), nullptr);
}

TEST_F(BulkTest, ReportsAndUndoesAFailure) {
    run("CREATE TABLE t (id int PRIMARY KEY)");
    run("INSERT BULK t (id int)");
    const auto load = session->begin_bulk({column("id", {TypeKind::integer, 0, 0, 0})});
    load->row({"1"});
    load->row({"1"});
    Answer answer;
    load->finish(answer);
    EXPECT_EQ(answer.error(), 2627);
    EXPECT_EQ(rows("SELECT COUNT(*), @@TRANCOUNT FROM t"), (Rows{{"0", "0"}}));
}

}  // namespace

}  // namespace revsync::sim::tsql::test
