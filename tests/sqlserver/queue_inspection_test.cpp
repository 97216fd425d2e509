#include "sqlserver/queue_inspection.hpp"

#include <gmock/gmock.h>

#include "mapping/clinic.hpp"
#include "sqlserver/clinic_fixture.hpp"
#include "sqlserver/scripts.hpp"
#include "sqlserver/sync_trigger.hpp"
#include "sqlserver/tables.hpp"

namespace revsync::sqlserver {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using enum Finding::Level;

auto found(Finding::Level level, const std::string& text, const std::string& fix = "") {
    return AllOf(Field(&Finding::level, level), Field(&Finding::text, HasSubstr(text)),
                 Field(&Finding::fix, HasSubstr(fix)));
}

std::vector<std::string> texts(const std::vector<Finding>& findings, Finding::Level level) {
    std::vector<std::string> all;
    for (const Finding& finding : findings) {
        if (finding.level == level) {
            all.push_back(finding.text);
        }
    }
    return all;
}

Mapping doctors_alone() {
    Mapping mapping;
    mapping.streams = {*clinic_mapping().find("doctors", Direction::forward)};
    return mapping;
}

const TableName doctors_table{"dbo", "AlignerDoctors"};

// Everything is as the install script leaves it.
QueueFacts installed() {
    QueueFacts facts;
    for (const char* name : {"TableName", "RecordID", "Operation", "JsonData", "CreatedAt", "Attempts", "LastAttempt",
                             "LastError", "Status"}) {
        facts.queue.columns.push_back(test::column(name, "int"));
    }
    facts.queue.columns.push_back(test::identity(test::column("QueueID", "int")));
    facts.permissions = {.select = true, .insert = true, .update = true, .remove = true};
    facts.indexed = {"QueueID", "Status", "TableName"};
    facts.sources = {{.select = true}};
    const Mapping mapping = doctors_alone();
    facts.triggers = {{doctors_table, "trg_reverse_sync_doctors", false,
                       "-- a comment before it\r\n" + create_trigger(mapping, mapping.streams.front()) + "\r\n"}};
    return facts;
}

const TriggerFacts older{doctors_table, "trg_sync_AlignerDoctors", false,
                         "CREATE TRIGGER … INSERT INTO dbo.SyncQueue … FOR JSON PATH"};

std::vector<Finding> judged(const QueueFacts& facts) {
    return judge_queue(facts, doctors_alone());
}

TEST(JudgeQueue, HasNothingToSayAgainstAnInstallation) {
    EXPECT_THAT(judged(installed()),
                ElementsAre(found(good, "dbo.SyncQueue"), found(good, "trg_reverse_sync_doctors")));
}

TEST(JudgeQueue, LeavesAnOlderInstallationInPeace) {
    QueueFacts facts = installed();
    facts.triggers = {older};
    EXPECT_THAT(judged(facts), Contains(found(good, "of an older installation queues what changes")));
    EXPECT_THAT(texts(judged(facts), good), Contains(HasSubstr("with its row")));
}

TEST(JudgeQueue, TellsThatAnOlderTriggerDoesNotSayWhichColumnsWereEdited) {
    Mapping batches_alone;
    batches_alone.streams = {*clinic_mapping().find("batches", Direction::forward)};
    const auto judged_with = [&](const std::string& definition) {
        QueueFacts facts = installed();
        facts.triggers = {{batches_alone.streams.front().source, "trg_sync_tblAlignerBatches", false, definition}};
        return judge_queue(facts, batches_alone);
    };
    const auto bare = judged_with("… INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData) … NULL …");
    EXPECT_THAT(bare, Contains(found(warning, "the row is read when it is sent: nothing says which columns were edited",
                                     "packaging/sql/sqlserver/install-sync.sql")));
    EXPECT_THAT(texts(bare, warning), Contains(HasSubstr("counts as one of Days")));
    EXPECT_THAT(texts(bare, problem), IsEmpty()) << "it works unchanged";
    for (const char* says_it : {"… INSERT INTO dbo.SyncQueue … FOR JSON PATH", "… dbo.SyncQueue … ChangedColumns …",
                                R"(… dbo.SyncQueue (JsonData) … N'{"days":' + …)"}) {
        EXPECT_THAT(texts(judged_with(says_it), warning), IsEmpty()) << says_it;
    }
}

TEST(JudgeQueue, SeesWhatIsQueuedTwice) {
    QueueFacts facts = installed();
    facts.triggers.push_back(older);
    EXPECT_THAT(judged(facts),
                Contains(found(problem, "queued twice", "DISABLE TRIGGER [dbo].[trg_sync_AlignerDoctors]")));
    facts.triggers.back().disabled = true;
    EXPECT_THAT(texts(judged(facts), problem), IsEmpty());
}

TEST(JudgeQueue, SeesATriggerOfAnotherMapping) {
    QueueFacts facts = installed();
    facts.triggers.front().definition = "CREATE TRIGGER … INSERT INTO dbo.SyncQueue …";
    EXPECT_THAT(judged(facts), Contains(found(warning, "another version", "sql sqlserver")));
}

TEST(JudgeQueue, SeesThatNobodyFillsTheQueue) {
    QueueFacts facts = installed();
    facts.triggers.front().disabled = true;
    EXPECT_THAT(judged(facts), Contains(found(warning, "does not reach Supabase", "sql sqlserver")));
}

TEST(JudgeQueue, SaysWhenTheTriggersAreHidden) {
    QueueFacts facts = installed();
    facts.triggers.front().definition.reset();
    EXPECT_THAT(judged(facts), Contains(found(warning, "hidden", "GRANT VIEW DEFINITION")));
    facts.triggers.front().name = "somebody's";
    EXPECT_THAT(judged(facts), Contains(found(warning, "hidden", "GRANT VIEW DEFINITION")));
}

TEST(JudgeQueue, NamesMissingTableIndexesAndRights) {
    QueueFacts facts = installed();
    facts.permissions.remove = false;
    facts.indexed = {"QueueID"};
    EXPECT_THAT(judged(facts), Contains(found(problem, "lacks DELETE on table dbo.SyncQueue", "GRANT DELETE ON")));
    EXPECT_THAT(judged(facts), Contains(found(warning, "begins with column Status", "CREATE INDEX")));
    EXPECT_THAT(judged(facts), Contains(found(warning, "begins with column TableName", "CREATE INDEX")));
    facts.sources = {{}};
    EXPECT_THAT(judged(facts), Contains(found(problem, "lacks SELECT on table dbo.AlignerDoctors", "GRANT SELECT ON")));
    facts.queue.columns.clear();
    EXPECT_THAT(judged(facts), Contains(found(problem, "dbo.SyncQueue is missing", "sql sqlserver")));
}

TEST(JudgeQueue, WarnsOfATriggerThatCallsOut) {
    QueueFacts facts = installed();
    facts.triggers.push_back({{"dbo", "SyncQueue"}, "trg_notify", false, "… EXEC sp_OACreate …"});
    EXPECT_THAT(judged(facts), Contains(found(warning, "trg_notify calls out", "DISABLE TRIGGER [dbo].[trg_notify]")));
}

class QueueInspectionOnServer : public test::ClinicTest {
protected:
    std::vector<Finding> inspected() {
        Pool pool{settings, 1};
        const Mapping mapping = clinic_mapping();
        auto result = test::run(context, inspect_queue(pool, mapping));
        EXPECT_TRUE(result) << (result ? "" : describe(result.error()));
        return result ? *result : std::vector<Finding>{};
    }
    std::vector<std::string> not_good() {
        std::vector<std::string> all = texts(inspected(), warning);
        std::ranges::move(texts(inspected(), problem), std::back_inserter(all));
        return all;
    }
};

TEST_F(QueueInspectionOnServer, IsContentWithEveryGenerationThatSaysWhatWasEdited) {
    EXPECT_THAT(not_good(), ElementsAre(HasSubstr("stream batches: trigger trg_sync_tblAlignerBatches")));
    expect_good(run_script(test::content(REVSYNC_CLINIC_ROW_TRIGGERS)));
    EXPECT_THAT(not_good(), IsEmpty());
    EXPECT_THAT(texts(inspected(), good), Contains(HasSubstr("trigger trg_sync_tblwork of an older installation")));
    expect_good(run_script(test::replaced(install_script(clinic_mapping()), "@replace_older_triggers bit = 0",
                                          "@replace_older_triggers bit = 1")));
    EXPECT_THAT(not_good(), IsEmpty());
    EXPECT_THAT(texts(inspected(), good), Contains(HasSubstr("trigger trg_reverse_sync_work queues")));
}

TEST_F(QueueInspectionOnServer, MissesAQueue) {
    sql("DROP TABLE dbo.SyncQueue;");
    EXPECT_THAT(texts(inspected(), problem), Contains(HasSubstr("dbo.SyncQueue is missing")));
}

}  // namespace
}  // namespace revsync::sqlserver
