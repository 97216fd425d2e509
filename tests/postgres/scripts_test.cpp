#include "postgres/scripts.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "mapping/clinic.hpp"
#include "postgres/database.hpp"

namespace revsync::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string content(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// To renew the files: reverse-syncd sql supabase [--uninstall]
TEST(Scripts, in_the_package_are_those_of_the_clinics_mapping) {
    EXPECT_EQ(content(REVSYNC_SUPABASE_SCRIPTS "/install-sync.sql"), install_script(clinic_mapping()));
    EXPECT_EQ(content(REVSYNC_SUPABASE_SCRIPTS "/uninstall-sync.sql"), uninstall_script(clinic_mapping()));
}

TEST(Scripts, guard_only_what_may_come_back) {
    const std::string script = install_script(clinic_mapping());
    EXPECT_THAT(script, HasSubstr(R"(BEFORE UPDATE ON "public"."aligner_batches")"));
    // A lab note is never read back, and its times are the lab's.
    EXPECT_THAT(script, Not(HasSubstr(R"(BEFORE UPDATE ON "public"."aligner_notes")")));
}

TEST(Scripts, quote_every_name) {
    Mapping mapping;
    mapping.streams.resize(2);
    for (Stream& stream : mapping.streams) {
        stream.name = "odd";
        stream.key = {{"the\"key", "the\"key"}};
    }
    mapping.streams[0].source = mapping.streams[1].target = {"my schema", "o'table"};
    mapping.streams[0].changed_at = {"at"};
    mapping.streams[1].direction = Direction::forward;
    const std::string script = install_script(mapping);
    EXPECT_THAT(script, HasSubstr(R"(ON "my schema"."o'table" ("at", "the""key"))"));
    EXPECT_THAT(script, HasSubstr(R"(pg_get_serial_sequence('"my schema"."o''table"', 'the"key'))"));
}

class ScriptsOnADatabase : public DatabaseTest {
protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        sql().execute(content(REVSYNC_CLINIC_SCHEMA));
        sql().execute(
            "INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'D');"
            "INSERT INTO patients (person_id) VALUES (1); INSERT INTO work (work_id, person_id) VALUES (1, 1);"
            "INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) VALUES (1, 1, 1);"
            "INSERT INTO aligner_batches (aligner_batch_id, aligner_set_id, days) VALUES (1, 1, 7)");
    }

    std::string new_note() {
        return sql().value(
            "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) VALUES (1, 'Doctor', 'text') RETURNING "
            "note_id");
    }
    // Whether an update moves the change time.
    bool is_stamped(const std::string& before = "") {
        sql().execute("BEGIN; " + before + "UPDATE aligner_batches SET days = days + 1; COMMIT");
        const bool stamped = sql().value("SELECT updated_at > created_at FROM aligner_batches") == "t";
        sql().execute(
            "ALTER TABLE aligner_batches DISABLE TRIGGER USER; UPDATE aligner_batches SET updated_at = created_at;"
            "ALTER TABLE aligner_batches ENABLE TRIGGER USER");
        return stamped;
    }
    bool is_stamped_for_us() { return is_stamped("SET LOCAL reverse_sync.origin = 'sqlserver'; "); }

    const std::string install_ = install_script(clinic_mapping());
    const std::string uninstall_ = uninstall_script(clinic_mapping());
};

TEST_F(ScriptsOnADatabase, keep_the_change_time_for_writes_of_the_daemon_alone) {
    EXPECT_TRUE(is_stamped_for_us());
    sql().execute(install_);
    sql().execute(install_);
    EXPECT_FALSE(is_stamped_for_us());
    EXPECT_TRUE(is_stamped());
    EXPECT_EQ(sql().value("SELECT days FROM aligner_batches"), "10");
    sql().execute(uninstall_);
    sql().execute(uninstall_);
    EXPECT_TRUE(is_stamped_for_us());
}

TEST_F(ScriptsOnADatabase, let_new_notes_be_numbered_downwards_and_up_again) {
    EXPECT_EQ(new_note(), "1");
    sql().execute(install_);
    EXPECT_EQ(new_note(), "-1");
    sql().execute(install_);
    EXPECT_EQ(new_note(), "-2");
    sql().execute(uninstall_);
    EXPECT_EQ(new_note(), "2");
    sql().execute(install_);
    EXPECT_EQ(new_note(), "-3");
}

TEST_F(ScriptsOnADatabase, index_the_change_times_once) {
    const auto indexes = [this] {
        return sql().value("SELECT count(*) FROM pg_indexes WHERE tablename IN ('aligner_notes', 'aligner_batches')");
    };
    const std::string with_the_test_tables_own = indexes();
    sql().execute(install_);
    EXPECT_EQ(indexes(), with_the_test_tables_own);
    sql().execute("DROP INDEX aligner_notes_changed_at, aligner_batches_updated_at");
    sql().execute(install_);
    EXPECT_EQ(indexes(), with_the_test_tables_own);
}

TEST_F(ScriptsOnADatabase, work_where_the_key_has_no_generator) {
    sql().execute("ALTER TABLE aligner_notes ALTER note_id DROP DEFAULT; DROP SEQUENCE aligner_notes_note_id_seq");
    sql().execute(install_);
    sql().execute(uninstall_);
}

}  // namespace
}  // namespace revsync::postgres
