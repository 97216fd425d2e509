// Decisions of the translation, without a server.
#include "translator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

using testing::HasSubstr;
using testing::Not;

ColumnInfo column(std::string name, Type type, bool nullable = true) {
    ColumnInfo info;
    info.name = std::move(name);
    info.type = type;
    info.nullable = nullable;
    info.collation = is_string(type.kind) ? "Arabic_CI_AS" : "";
    return info;
}

class FakeEnvironment final : public Environment {
public:
    FakeEnvironment() {
        notes_->name = "tblNotes";
        notes_->schema = "dbo";
        notes_->pg = "\"dbo\".\"tblNotes\"";
        notes_->columns = {column("NoteID", integer_type(), false), column("Kind", string_type(20, false)),
                           column("Body", string_type(max_length)), column("At", integer_type(TypeKind::datetime)),
                           column("Seen", integer_type(TypeKind::bit))};
        notes_->columns[0].identity = true;
        notes_->primary_key = {"NoteID"};
    }
    TableInfoPtr table(const Name& name) override { return same_name(name.back(), "tblNotes") ? notes_ : nullptr; }
    const Type* variable(const std::string& name) override { return name == "@v" ? &text_ : nullptr; }
    std::optional<TypedValue> intrinsic(std::string_view name, const std::vector<Value>&) override {
        return name == "@@SPID" ? std::optional(TypedValue{integer_type(), "51"}) : std::nullopt;
    }
    std::optional<bool> updated(std::string_view) override { return std::nullopt; }
    bool option(std::string_view name) const override { return name != "ANSI_WARNINGS" || ansi_warnings; }
    std::string database() const override { return "clinic"; }
    std::shared_ptr<const ModuleInfo> function(const Name&) override { return nullptr; }

    std::shared_ptr<TableInfo> notes_ = std::make_shared<TableInfo>();
    bool ansi_warnings = true;

private:
    Type text_ = string_type(50);
};

class TranslatorTest : public testing::Test {
protected:
    Translated select(const std::string& sql) {
        const Block block = parse_batch(sql, true);
        return Translator(environment).select(*std::get<Select>(block.at(0)->body).query);
    }
    template <typename T>
    T parsed(const std::string& sql) {
        return std::get<T>(parse_batch(sql, true).at(0)->body);
    }
    int error(const std::string& sql) {
        try {
            select(sql);
        } catch (const SqlError& failure) {
            return failure.message.number;
        }
        return 0;
    }
    FakeEnvironment environment;
};

TEST_F(TranslatorTest, FoldsNamesToTheCatalogsSpelling) {
    const Translated made = select("SELECT n.noteid AS [Out] FROM TBLNOTES n");
    EXPECT_THAT(made.sql, HasSubstr("\"n\".\"NoteID\" AS \"Out\""));
    EXPECT_THAT(made.sql, HasSubstr("\"dbo\".\"tblNotes\" AS \"n\""));
    EXPECT_EQ(made.columns[0].name, "Out");
    EXPECT_TRUE(made.columns[0].identity);
    EXPECT_FALSE(made.columns[0].nullable);
}

TEST_F(TranslatorTest, DecidesWhatPlusMeansByType) {
    EXPECT_THAT(select("SELECT Kind + 'x' FROM tblNotes").sql, HasSubstr("||"));
    EXPECT_THAT(select("SELECT NoteID + 1 FROM tblNotes").sql, HasSubstr(" + "));
    EXPECT_THAT(select("SELECT At + 1 FROM tblNotes").sql, HasSubstr("interval '1 day'"));
    EXPECT_THAT(select("SELECT '1' + 1").sql, HasSubstr("sim.to_int"));
}

TEST_F(TranslatorTest, DerivesDecimalPrecision) {
    const Translated made = select("SELECT 1.50 * 2.250, CAST(1 AS decimal(10,2)) / 3");
    EXPECT_EQ(type_name(made.columns[0].type), "decimal(8,5)");
    EXPECT_EQ(type_name(made.columns[1].type), "decimal(21,13)");
}

TEST_F(TranslatorTest, LeavesIndexedColumnsBare) {
    EXPECT_THAT(select("SELECT 1 FROM tblNotes WHERE Kind = 'a  '").sql,
                HasSubstr("(\"tblNotes\".\"Kind\" = 'a'::text)"));
    EXPECT_THAT(select("SELECT 1 FROM tblNotes WHERE NoteID = 5").sql, HasSubstr("(\"tblNotes\".\"NoteID\" = 5)"));
}

TEST_F(TranslatorTest, ComparesByTheCollationAskedFor) {
    EXPECT_THAT(select("SELECT 1 WHERE @v = 'x' COLLATE Latin1_General_BIN2").sql, HasSubstr("COLLATE \"C\""));
    EXPECT_THAT(select("SELECT 1 WHERE @v = 'x'").sql, HasSubstr("COLLATE sim.ci"));
}

TEST_F(TranslatorTest, TurnsUpdateLocksIntoRowLocks) {
    EXPECT_THAT(select("SELECT Kind FROM tblNotes AS n WITH (UPDLOCK, READPAST)").sql,
                HasSubstr("FOR UPDATE OF \"n\" SKIP LOCKED"));
    EXPECT_THAT(select("SELECT COUNT(*) FROM tblNotes WITH (UPDLOCK)").sql, Not(HasSubstr("FOR UPDATE")));
    EXPECT_THAT(select("SELECT a.Kind FROM tblNotes a LEFT JOIN tblNotes b WITH (XLOCK) ON a.NoteID = b.NoteID").sql,
                Not(HasSubstr("FOR UPDATE")));
}

TEST_F(TranslatorTest, UpdatesThroughInnerJoinsDirectlyAndThroughOthersByKey) {
    const auto direct =
        parsed<Update>("UPDATE n SET Kind = 'x' FROM tblNotes n JOIN tblNotes m ON m.NoteID = n.NoteID");
    EXPECT_THAT(Translator(environment).update(direct).sql, HasSubstr("FROM \"dbo\".\"tblNotes\" AS \"m\" WHERE"));
    const auto outer =
        parsed<Update>("UPDATE n SET Kind = 'x' FROM tblNotes n LEFT JOIN tblNotes m ON m.NoteID = n.NoteID");
    EXPECT_THAT(Translator(environment).update(outer).sql, HasSubstr("FOR UPDATE OF \"n\""));
}

TEST_F(TranslatorTest, ChecksLengthsOnlyWithAnsiWarnings) {
    const auto insert = parsed<Insert>("INSERT INTO tblNotes (Kind) SELECT @v");
    EXPECT_THAT(Translator(environment).insert(insert, false).sql, HasSubstr("sim.fit("));
    environment.ansi_warnings = false;
    EXPECT_THAT(Translator(environment).insert(insert, false).sql, HasSubstr("sim.cut("));
}

TEST_F(TranslatorTest, BindsEachVariableOnce) {
    const Translated made = select("SELECT @v, @v + N'x'");
    EXPECT_EQ(made.parameters, std::vector<std::string>{"@v"});
}

TEST_F(TranslatorTest, RefusesWhatItCannotBind) {
    EXPECT_EQ(error("SELECT * FROM missing"), 208);
    EXPECT_EQ(error("SELECT missing FROM tblNotes"), 207);
    EXPECT_EQ(error("SELECT x.Kind FROM tblNotes"), 4104);
    EXPECT_EQ(error("SELECT Kind FROM tblNotes a, tblNotes b"), 209);
    EXPECT_EQ(error("SELECT @nothing"), 137);
    EXPECT_EQ(error("SELECT MADE_UP(1)"), 195);
}

}  // namespace

}  // namespace revsync::sim::tsql
