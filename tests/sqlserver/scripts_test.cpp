#include "sqlserver/scripts.hpp"

#include <gmock/gmock.h>

#include "mapping/clinic.hpp"
#include "sqlserver/clinic_fixture.hpp"
#include "sqlserver/pool.hpp"
#include "sqlserver/sink.hpp"
#include "sqlserver/sync_trigger.hpp"

namespace revsync::sqlserver {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// To renew the files: reverse-syncd sql sqlserver [--uninstall]
TEST(Scripts, InThePackageAreThoseOfTheClinicsMapping) {
    EXPECT_EQ(test::content(REVSYNC_SQLSERVER_SCRIPTS "/install-sync.sql"), install_script(clinic_mapping()));
    EXPECT_EQ(test::content(REVSYNC_SQLSERVER_SCRIPTS "/uninstall-sync.sql"), uninstall_script());
}

TEST(Scripts, NeverLeaveTheDatabase) {
    const std::string script = install_script(clinic_mapping());
    for (const char* word : {"EXEC sp_OA", "xp_", "msdb", "WAITFOR", "http"}) {
        EXPECT_THAT(script, Not(HasSubstr(word)));
    }
}

Mapping one_stream() {
    Mapping mapping;
    mapping.streams.resize(1);
    Stream& stream = mapping.streams.front();
    stream.name = "odd";
    stream.direction = Direction::forward;
    stream.source = {"my schema", "the]table"};
    stream.target = {"public", "o'table"};
    stream.key = {{"the]key", "id"}};
    stream.columns = {{"a]b", "ab", Owner::sqlserver, false, {}}};
    return mapping;
}

TEST(Scripts, QuoteEveryName) {
    const Mapping mapping = one_stream();
    const std::string trigger = create_trigger(mapping, mapping.streams.front());
    EXPECT_THAT(trigger,
                AllOf(HasSubstr("CREATE TRIGGER [my schema].[trg_reverse_sync_odd] ON [my schema].[the]]table]"),
                      HasSubstr("N'o''table', i.[the]]key]"), HasSubstr("i.[a]]b]")));
    EXPECT_THAT(install_script(mapping), HasSubstr("OBJECT_ID(N'[my schema].[the]]table]')"));
}

TEST(Scripts, FireForTheStreamsOperationsAlone) {
    Mapping mapping = one_stream();
    mapping.streams.front().operations = {.insert = true, .update = false, .remove = false};
    const std::string trigger = create_trigger(mapping, mapping.streams.front());
    EXPECT_THAT(trigger, AllOf(Not(HasSubstr("'DELETE'")), Not(HasSubstr("FOR JSON"))));
}

TEST(Scripts, NameNoSharedColumnsWhereTheirNamesDoNotFit) {
    Mapping mapping = one_stream();
    mapping.streams.front().columns.push_back({std::string(128, 'x'), "x", Owner::shared, false, {}});
    EXPECT_THAT(create_trigger(mapping, mapping.streams.front()), HasSubstr("ChangedColumns"));
    for (const char letter : {'y', 'z', 'w'}) {
        mapping.streams.front().columns.push_back({std::string(128, letter), {letter}, Owner::shared, false, {}});
    }
    EXPECT_THAT(create_trigger(mapping, mapping.streams.front()), Not(HasSubstr("ChangedColumns")));
}

class ScriptsOnServer : public test::ClinicTest {
protected:
    const std::string install = install_script(clinic_mapping());
    const std::string install_in_place_of_older =
        test::replaced(install, "@replace_older_triggers bit = 0", "@replace_older_triggers bit = 1");
    const std::string uninstall = uninstall_script();
    static constexpr const char* raised = "sqlserver 50000";

    // A practice system that never had a queue.
    void have_no_queue() {
        sql("DROP TRIGGER dbo.trg_sync_AlignerDoctors, dbo.trg_sync_tblpatients, dbo.trg_sync_tblwork, "
            "dbo.trg_sync_tblAlignerSets, dbo.trg_sync_tblAlignerBatches, dbo.trg_sync_tblAlignerNotes;"
            "DROP TABLE dbo.SyncQueue;");
    }
};

TEST_F(ScriptsOnServer, MakeAQueueWhereThereIsNone) {
    have_no_queue();
    const auto before = triggers();
    expect_good(run_script(install));
    expect_good(run_script(install));
    EXPECT_EQ(triggers().size(), before.size() + 6);
    EXPECT_THAT(queued(), IsEmpty());
    EXPECT_THAT(rows("SELECT x.name FROM sys.indexes AS x WHERE x.object_id = OBJECT_ID(N'dbo.SyncQueue') AND "
                     "x.is_primary_key = 0 ORDER BY x.name;"),
                ElementsAre("IX_SyncQueue_reverse_sync_record", "IX_SyncQueue_reverse_sync_status"));
    fill();
    expect_good(run_script(uninstall));
    expect_good(run_script(uninstall));
    EXPECT_EQ(triggers(), before);
    EXPECT_THAT(queued(), Not(IsEmpty())) << "the rows of the queue stay";
    EXPECT_EQ(value("SELECT COL_LENGTH(N'dbo.SyncQueue', N'ChangedColumns');"), std::nullopt);
}

TEST_F(ScriptsOnServer, RefuseToQueueTwice) {
    const auto before = triggers();
    const Result<void> refused = run_script(install);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, raised);
    EXPECT_EQ(triggers(), before);
    EXPECT_EQ(value("SELECT COL_LENGTH(N'dbo.SyncQueue', N'ChangedColumns');"), std::nullopt);
}

class ScriptsOnBothGenerations : public ScriptsOnServer, public testing::WithParamInterface<bool> {
protected:
    void SetUp() override {
        ScriptsOnServer::SetUp();
        if (session && GetParam()) {
            expect_good(run_script(test::content(REVSYNC_CLINIC_ROW_TRIGGERS)));
        }
    }
};
INSTANTIATE_TEST_SUITE_P(OfTriggers, ScriptsOnBothGenerations, testing::Bool(),
                         [](const auto& generation) { return generation.param ? "WithTheRow" : "NamingTheRow"; });

TEST_P(ScriptsOnBothGenerations, ReplaceTheOlderTriggersAndGiveThemBack) {
    fill();
    const auto older = triggers();
    const auto older_queue = queued();
    const auto older_indexes = rows(
        "SELECT x.name FROM sys.indexes AS x WHERE x.object_id = "
        "OBJECT_ID(N'dbo.SyncQueue') ORDER BY x.name;");
    expect_good(run_script(install_in_place_of_older));
    expect_good(run_script(install));
    EXPECT_THAT(triggers(), AllOf(Each(Not(StartsWith("trg_sync_"))), testing::SizeIs(older.size())));
    EXPECT_EQ(queued(), older_queue);
    EXPECT_EQ(rows("SELECT x.name FROM sys.indexes AS x WHERE x.object_id = OBJECT_ID(N'dbo.SyncQueue') ORDER BY "
                   "x.name;"),
              older_indexes);
    empty_queue();
    write("UPDATE dbo.tblAlignerSets SET Notes = N'n' WHERE AlignerSetID = 1;");
    EXPECT_THAT(queued(), ElementsAre("aligner_sets 1 UPDATE"));

    expect_good(run_script(uninstall));
    EXPECT_EQ(triggers(), older);
    empty_queue();
    write("UPDATE dbo.tblAlignerSets SET Notes = N'm' WHERE AlignerSetID = 1;");
    EXPECT_THAT(queued(), ElementsAre("aligner_sets 1 UPDATE"));
}

TEST_F(ScriptsOnServer, LeaveATriggerAloneThatSomebodyElseDisabled) {
    sql("DISABLE TRIGGER dbo.trg_sync_tblwork ON dbo.tblwork;");
    const auto before = triggers();
    expect_good(run_script(install_in_place_of_older));
    expect_good(run_script(uninstall));
    EXPECT_EQ(triggers(), before);
}

TEST_F(ScriptsOnServer, StopATriggerThatCallsOutOfTheDatabase) {
    sql("CREATE TRIGGER dbo.trg_queue_notify ON dbo.SyncQueue AFTER INSERT AS BEGIN DECLARE @o int; "
        "EXEC sp_OACreate N'MSXML2.XMLHTTP', @o OUT; END;");
    expect_good(run_script(install_in_place_of_older));
    EXPECT_THAT(triggers(), Not(testing::Contains("trg_queue_notify")));
    fill();
    expect_good(run_script(uninstall));
    EXPECT_THAT(triggers(), testing::Contains("trg_queue_notify"));
}

TEST_F(ScriptsOnServer, ChangeNothingWhenOneTableDoesNotFit) {
    have_no_queue();
    const auto before = triggers();
    Mapping mapping = clinic_mapping();
    for (Stream& stream : mapping.streams) {
        stream.key.front().source = stream.name == "sets" ? "CreationDate" : stream.key.front().source;
    }
    const Result<void> refused = run_script(install_script(mapping));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, raised);
    EXPECT_EQ(triggers(), before);
    EXPECT_EQ(value("SELECT OBJECT_ID(N'dbo.SyncQueue');"), std::nullopt);
}

// XACT_ABORT does not end a transaction when a batch cannot even be parsed.
TEST_F(ScriptsOnServer, ChangeNothingWhenOneBatchCannotBeRead) {
    have_no_queue();
    const auto before = triggers();
    EXPECT_FALSE(run_script(test::replaced(install, "CREATE TRIGGER [dbo].[trg_reverse_sync_sets]", "CREATE NOTHING")));
    EXPECT_EQ(triggers(), before);
    EXPECT_EQ(value("SELECT OBJECT_ID(N'dbo.SyncQueue');"), std::nullopt);
}

TEST_F(ScriptsOnServer, DropTheQueueOnlyWhenAskedAndNobodyElseFillsIt) {
    const std::string drop = test::replaced(uninstall, "@drop_queue bit = 0", "@drop_queue bit = 1");
    EXPECT_FALSE(run_script(drop)) << "the older triggers fill it";
    EXPECT_NE(value("SELECT OBJECT_ID(N'dbo.SyncQueue');"), std::nullopt);
    have_no_queue();
    expect_good(run_script(install));
    expect_good(run_script(drop));
    EXPECT_EQ(value("SELECT OBJECT_ID(N'dbo.SyncQueue');"), std::nullopt);
}

TEST_F(ScriptsOnServer, QueueWhatIsThereAlreadyWhenAsked) {
    have_no_queue();
    fill();
    expect_good(run_script(test::replaced(install, "@queue_existing_rows bit = 0", "@queue_existing_rows bit = 1")));
    EXPECT_THAT(queued(), UnorderedElementsAre("aligner_doctors 1 UPDATE", "patients 1 UPDATE", "work 1 UPDATE",
                                               "aligner_sets 1 UPDATE", "aligner_batches 1 UPDATE"))
        << "patient 2 has no aligner set";
}

class TriggersOnServer : public ScriptsOnServer {
protected:
    void SetUp() override {
        ScriptsOnServer::SetUp();
        if (session) {
            expect_good(run_script(install_in_place_of_older));
            fill();
            empty_queue();
        }
    }

    std::vector<std::string> with_columns() {
        return rows(
            "SELECT RecordID, Operation, ChangedColumns, JsonData, Status FROM dbo.SyncQueue ORDER BY QueueID;");
    }
};

TEST_F(TriggersOnServer, QueueEachRowOfAStatement) {
    write("INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'E'), (N'F');");
    EXPECT_THAT(queued(), UnorderedElementsAre("aligner_doctors 2 INSERT", "aligner_doctors 3 INSERT"));
    empty_queue();
    write("UPDATE dbo.AlignerDoctors SET DoctorEmail = 'e' WHERE DrID > 1;");
    EXPECT_THAT(queued(), UnorderedElementsAre("aligner_doctors 2 UPDATE", "aligner_doctors 3 UPDATE"));
    empty_queue();
    write("DELETE FROM dbo.AlignerDoctors WHERE DrID > 1;");
    EXPECT_THAT(queued(), UnorderedElementsAre("aligner_doctors 2 DELETE", "aligner_doctors 3 DELETE"));
}

TEST_F(TriggersOnServer, QueueOnlyWhatReallyChanged) {
    write("UPDATE dbo.AlignerDoctors SET DoctorName = DoctorName, LogoPath = NULL;");
    write("UPDATE dbo.tblpatients SET DateofBirth = '20000101' WHERE PersonID = 1;");
    write("UPDATE dbo.tblAlignerBatches SET IsLast = 1;");
    EXPECT_THAT(queued(), IsEmpty());
    write("UPDATE dbo.AlignerDoctors SET LogoPath = N'/l';");
    write("UPDATE dbo.AlignerDoctors SET LogoPath = NULL;");
    EXPECT_THAT(queued(), ElementsAre("aligner_doctors 1 UPDATE", "aligner_doctors 1 UPDATE"));
}

TEST_F(TriggersOnServer, SeeLetterCaseAndTrailingBlanks) {
    write("UPDATE dbo.AlignerDoctors SET DoctorName = N'd';");
    write("UPDATE dbo.AlignerDoctors SET DoctorName = N'd ';");
    write("UPDATE dbo.AlignerDoctors SET DoctorEmail = '';");
    EXPECT_THAT(queued(), testing::SizeIs(3));
}

TEST_F(TriggersOnServer, SayWhichSharedColumnsWereEdited) {
    write("UPDATE dbo.tblAlignerBatches SET Days = 8;");
    write("UPDATE dbo.tblAlignerBatches SET Notes = N'n';");
    write("UPDATE dbo.tblAlignerBatches SET Days = NULL, Notes = N'm';");
    EXPECT_THAT(with_columns(),
                ElementsAre("1 UPDATE Days NULL Pending", "1 UPDATE  NULL Pending", "1 UPDATE Days NULL Pending"));
}

TEST_F(TriggersOnServer, TakeAChangedKeyForOneRowGoneAndOneCome) {
    write("CREATE TABLE dbo.revsync_keyed (id int NOT NULL PRIMARY KEY, name nvarchar(20) NULL);");
    Mapping mapping = one_stream();
    Stream& stream = mapping.streams.front();
    stream.source = {"dbo", "revsync_keyed"};
    stream.target = {"public", "keyed"};
    stream.key = {{"id", "id"}};
    stream.columns = {{"name", "name", Owner::sqlserver, false, {}}};
    stream.operations.remove = true;
    expect_good(run_script(install_script(mapping)));
    write("INSERT INTO dbo.revsync_keyed (id) VALUES (1), (2); UPDATE dbo.revsync_keyed SET id = 3 WHERE id = 2;");
    EXPECT_THAT(queued(), UnorderedElementsAre("keyed 1 INSERT", "keyed 2 INSERT", "keyed 3 INSERT", "keyed 2 DELETE"));
    write("DROP TABLE dbo.revsync_keyed;");
}

TEST_F(TriggersOnServer, QueueTheLabsNotesAndEveryDeletion) {
    write(
        "INSERT INTO dbo.tblAlignerNotes (AlignerSetID, NoteType, NoteText) VALUES (1, 'Lab', N'l'), (1, 'Doctor', "
        "N'd');");
    EXPECT_THAT(queued(), ElementsAre("aligner_notes 1 INSERT"));
    empty_queue();
    write("UPDATE dbo.tblAlignerNotes SET IsRead = 0;");
    EXPECT_THAT(queued(), ElementsAre("aligner_notes 1 UPDATE"));
    empty_queue();
    write("DELETE FROM dbo.tblAlignerNotes;");
    EXPECT_THAT(queued(), UnorderedElementsAre("aligner_notes 1 DELETE", "aligner_notes 2 DELETE"));
}

TEST_F(TriggersOnServer, LetOnlyThosePatientsTravelThatOwnASet) {
    write("UPDATE dbo.tblpatients SET Phone = N'1';");
    write("UPDATE dbo.tblwork SET Typeofwork = 2;");
    EXPECT_THAT(queued(), ElementsAre("patients 1 UPDATE", "work 1 UPDATE"));
    empty_queue();
    write("INSERT INTO dbo.tblAlignerSets (WorkID, AlignerDrID) VALUES (2, 1);");
    EXPECT_THAT(queued(), ElementsAre("patients 2 UPDATE", "work 2 UPDATE", "aligner_sets 2 INSERT"))
        << "they are needed from now on";
    empty_queue();
    write("UPDATE dbo.tblAlignerSets SET Days = 3;");
    EXPECT_THAT(queued(), UnorderedElementsAre("aligner_sets 1 UPDATE", "aligner_sets 2 UPDATE"));
}

TEST_F(TriggersOnServer, LetAPatientTravelThatTakesOverAWork) {
    write("UPDATE dbo.tblwork SET PersonID = 2 WHERE workid = 1;");
    EXPECT_THAT(queued(), ElementsAre("patients 2 UPDATE", "work 1 UPDATE"));
}

TEST_F(TriggersOnServer, WorkForClientsWithOldSettings) {
    write(
        "SET ANSI_WARNINGS OFF; SET ANSI_NULLS OFF; SET ANSI_PADDING OFF; SET QUOTED_IDENTIFIER OFF; SET ARITHABORT "
        "OFF; SET CONCAT_NULL_YIELDS_NULL OFF; UPDATE dbo.tblAlignerSets SET Days = 9;");
    EXPECT_THAT(queued(), ElementsAre("aligner_sets 1 UPDATE"));
}

TEST_F(TriggersOnServer, QueueNothingOfARolledBackTransaction) {
    write("BEGIN TRANSACTION; UPDATE dbo.tblAlignerBatches SET Days = 9; ROLLBACK TRANSACTION;");
    EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(TriggersOnServer, LeaveNothingPendingOfTheDaemonsOwnNotes) {
    Pool pool{settings, 1};
    const auto sink = create_sink(pool, {});
    const Mapping mapping = clinic_mapping();
    const std::vector<Change> changes{
        {"[-1]", *Timestamp::parse("2025-01-01T10:00:00Z"), Operation::upsert,
         R"({"NoteID":-1,"AlignerSetID":1,"NoteType":"Doctor","NoteText":"t","CreatedAt":"2025-01-01T10:00:00Z","IsRead":0})"}};
    const auto applied = test::run(context, sink->apply(*mapping.find("notes"), changes));
    ASSERT_TRUE(applied) << describe(applied.error());
    EXPECT_EQ(value("SELECT COUNT(*) FROM dbo.tblAlignerNotes;"), "1");
    EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(TriggersOnServer, SendBackOnlyWhatTheDaemonsEditMoved) {
    Pool pool{settings, 1};
    const auto sink = create_sink(pool, {});
    const Mapping mapping = clinic_mapping();
    std::vector<Change> changes{
        {"[1]", *Timestamp::parse("2035-01-01T10:00:00Z"), Operation::upsert, R"({"AlignerBatchID":1,"Days":9})"}};
    ASSERT_TRUE(test::run(context, sink->apply(*mapping.find("batches"), changes)));
    EXPECT_EQ(value("SELECT Days FROM dbo.tblAlignerBatches;"), "9");
    EXPECT_THAT(with_columns(), ElementsAre("1 UPDATE  NULL Pending"))
        << "the period of validity is computed from the days, and Supabase must learn it";
    empty_queue();
    ASSERT_TRUE(test::run(context, sink->apply(*mapping.find("batches"), changes)));
    EXPECT_THAT(queued(), IsEmpty());
}

}  // namespace
}  // namespace revsync::sqlserver
