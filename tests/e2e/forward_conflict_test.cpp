// Both directions at work on the same rows: nothing comes back as an edit, and the newer edit stays on both sides.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "e2e/forward_test.hpp"
#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

// What the databases themselves do about the daemon's own writes.
struct Installation {
    const char* name;
    bool older_triggers;    // SQL Server: queue rows that hold their rows
    bool supabase_script;   // updated_at stays when the daemon writes
    bool sqlserver_script;  // triggers of ours, which know the daemon and the columns
};

void PrintTo(const Installation& installation, std::ostream* out) {
    *out << installation.name;
}

long times(const std::string& text, const std::string& part) {
    long count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

class BothWays : public ForwardTest, public testing::WithParamInterface<Installation> {
protected:
    void SetUp() override {
        ForwardTest::SetUp();
        if (!daemon) {
            return;
        }
        if (GetParam().older_triggers) {
            given_older_triggers();
        }
        if (GetParam().sqlserver_script) {
            std::string script = content_of(source_folder() / "packaging/sql/sqlserver/install-sync.sql");
            const std::string keep = "@replace_older_triggers bit = 0";
            script.replace(script.find(keep), keep.size(), "@replace_older_triggers bit = 1");
            lab->run_batches(script);
        }
        if (GetParam().supabase_script) {
            supabase->exec(content_of(source_folder() / "packaging/sql/supabase/install-sync.sql"));
            supabase->let_daemon_write();
        }
    }

    // Every batch with its days, the same text on both sides when they agree.
    std::string all_days_in_supabase() {
        return supabase->value(
            "SELECT string_agg(aligner_batch_id || '=' || days, ' ' ORDER BY aligner_batch_id) FROM aligner_batches");
    }
    std::string all_days_in_lab() {
        std::string all;
        for (const Row& row :
             lab->rows("SELECT AlignerBatchID, Days FROM dbo.tblAlignerBatches ORDER BY AlignerBatchID")) {
            all += (all.empty() ? "" : " ") + row[0].value() + "=" + row[1].value_or("NULL");
        }
        return all;
    }

    // Neither side writes any more, whatever is asked for.
    void expect_silence() {
        const std::string supabase_before = supabase_versions();
        const long lab_before = writing_statements();
        const std::string queue_before = lab->value("SELECT COUNT(*) FROM dbo.SyncQueue");
        for (int round = 0; round < 3; ++round) {
            catch_up();
            drain();
        }
        EXPECT_EQ(supabase_versions(), supabase_before);
        EXPECT_EQ(writing_statements(), lab_before);
        EXPECT_EQ(lab->value("SELECT COUNT(*) FROM dbo.SyncQueue"), queue_before);
        EXPECT_EQ(queued("pending"), 0);
    }
};

INSTANTIATE_TEST_SUITE_P(Installations, BothWays,
                         testing::Values(Installation{"NewerTriggers", false, false, false},
                                         Installation{"OlderTriggers", true, false, false},
                                         Installation{"OlderTriggersAndSupabaseScript", true, true, false},
                                         Installation{"SqlServerScript", false, false, true},
                                         Installation{"BothScripts", false, true, true}),
                         [](const auto& test) { return test.param.name; });

TEST_P(BothWays, WhatTheLabWroteNeverComesBackAsAnEdit) {
    given_sets();
    given_witnesses();
    start_service();
    given_lab_batch(1, 10);
    lab_writes(1'000'001, "a note of the lab, sent out");
    drain();
    lab_changes_days(1, 12);
    lab->exec("UPDATE dbo.tblAlignerBatches SET Notes = N'changed by the lab' WHERE AlignerBatchID = 1");
    drain();
    ASSERT_EQ(supabase_days(1), "12");
    expect_silence();

    // A webhook of our own write says nothing new either, also to a daemon that has been started since.
    EXPECT_THAT(webhook(batch_event("UPDATE", 1)), Answered(200, "ignored"));
    EXPECT_EQ(daemon->stop(), 0);
    start_service();
    EXPECT_THAT(webhook(batch_event("UPDATE", 1)), Answered(200, "ignored"));
    expect_silence();
    EXPECT_EQ(lab_days(1), "12");
}

TEST_P(BothWays, WhatADoctorWroteIsNotSentBack) {
    given_sets();
    given_witnesses();
    start_service();
    given_lab_batch(1, 10);
    drain();
    const int note = doctor_writes("a note of a doctor, carried in");
    doctor_changes_days(1, 14);
    catch_up();
    ASSERT_EQ(lab_days(1), "14");
    ASSERT_EQ(lab_text(note), "a note of a doctor, carried in");
    drain();
    EXPECT_EQ(supabase->value("SELECT validity_period FROM aligner_batches"), "56") << "what SQL Server computes of it";
    EXPECT_EQ(lab->count("SELECT COUNT(*) FROM dbo.SyncQueue WHERE TableName = 'aligner_notes'"), 0);
    expect_silence();
    EXPECT_EQ(supabase_days(1), "14");
}

TEST_P(BothWays, ALaterEditOfTheLabStaysAfterADoctorsEditArrived) {
    given_sets();
    start_service();
    given_lab_batch(1, 10);
    drain();
    doctor_changes_days(1, 14);
    catch_up();
    lab_changes_days(1, 15);
    drain();
    catch_up();
    EXPECT_EQ(lab_days(1), "15");
    EXPECT_EQ(supabase_days(1), "15");
}

// 1,000 batches whose days both sides change 50 ms apart, half of them the doctor first and half of them the lab. The
// directions run in any order.
TEST_P(BothWays, TheNewerOfTwoEditsStaysOnBothSidesWhoeverWasFirst) {
    constexpr int batches = 100;
    constexpr int rounds = 10;
    given_sets();
    given_witnesses();
    given_lab_batches(batches, 5);
    start_service();
    std::mt19937 random{20250121};
    for (int round = 0; round < rounds; ++round) {
        const int doctors = 100 + 2 * round;
        const int labs = doctors + 1;
        supabase->exec(fmt::format("UPDATE aligner_batches SET days = {} WHERE aligner_batch_id % 2 = 0", doctors));
        lab->exec(fmt::format("UPDATE dbo.tblAlignerBatches SET Days = {} WHERE AlignerBatchID % 2 = 1", labs));
        std::this_thread::sleep_for(std::chrono::milliseconds{50});  // the distance between the edits
        lab->exec(fmt::format("UPDATE dbo.tblAlignerBatches SET Days = {} WHERE AlignerBatchID % 2 = 0", labs));
        supabase->exec(fmt::format("UPDATE aligner_batches SET days = {} WHERE aligner_batch_id % 2 = 1", doctors));
        const bool lab_first = random() % 2 == 0;
        for (int turn = 0; turn < 3; ++turn) {
            (turn % 2 == 0) == lab_first ? static_cast<void>(drain()) : catch_up();
        }
        if (round % 3 == 0) {
            EXPECT_EQ(daemon->stop(), 0);
            start_service();
        }
        drain();
        catch_up();
        std::string newest;
        for (int batch = 1; batch <= batches; ++batch) {
            newest += fmt::format("{}{}={}", batch == 1 ? "" : " ", batch, batch % 2 == 0 ? labs : doctors);
        }
        ASSERT_EQ(all_days_in_supabase(), newest) << "round " << round;
        ASSERT_EQ(all_days_in_lab(), newest) << "round " << round;
    }
    expect_silence();
}

// The webhook is ahead of the poll, whose cursor has not passed the note yet.
TEST_P(BothWays, ANoteThatTheLabDeletesAfterItsWebhookStaysDeleted) {
    given_sets();
    start_service();
    const int first = doctor_writes("deleted, and the drain is first");
    ASSERT_THAT(webhook(note_event("INSERT", first)), Answered(200, "committed"));
    lab->exec(fmt::format("DELETE FROM dbo.tblAlignerNotes WHERE NoteID = {}", first));
    drain();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "0");
    catch_up();
    EXPECT_EQ(lab_text(first), "(none)");

    const int second = doctor_writes("deleted, and the poll is first");
    ASSERT_THAT(webhook(note_event("INSERT", second)), Answered(200, "committed"));
    lab->exec(fmt::format("DELETE FROM dbo.tblAlignerNotes WHERE NoteID = {}", second));
    catch_up();
    EXPECT_EQ(lab_text(second), "(none)");
    drain();
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "0");
    EXPECT_EQ(queued("pending"), 0);
}

TEST_P(BothWays, ANoteThatADoctorEditsAfterTheLabDeletedItComesBack) {
    given_sets();
    start_service();
    const int note = doctor_writes("as the lab knew it");
    ASSERT_THAT(webhook(note_event("INSERT", note)), Answered(200, "committed"));
    lab->exec(fmt::format("DELETE FROM dbo.tblAlignerNotes WHERE NoteID = {}", note));
    doctor_edits(note, "as the lab never saw it");
    drain();
    catch_up();
    EXPECT_EQ(lab_text(note), "as the lab never saw it");
    EXPECT_EQ(supabase->value("SELECT count(*) FROM aligner_notes"), "1");
}

// Whichever direction meets it first, and whoever was first.
TEST_P(BothWays, ASettledConflictIsOneLineOneCountAndOneEvent) {
    given_sets();
    given_lab_batches(4, 10);
    Process& service = start_service();
    std::vector<std::string> conflicts;
    for (int batch = 1; batch <= 4; ++batch) {
        const bool lab_is_newer = batch % 2 == 0;
        const bool drains_first = batch > 2;
        lab_is_newer ? doctor_changes_days(batch, 14) : lab_changes_days(batch, 12);
        std::this_thread::sleep_for(std::chrono::milliseconds{50});  // the distance between the edits
        lab_is_newer ? lab_changes_days(batch, 12) : doctor_changes_days(batch, 14);
        for (int turn = 0; turn < 4; ++turn) {
            (turn % 2 == 0) == drains_first ? static_cast<void>(drain()) : catch_up();
        }
        EXPECT_EQ(lab_days(batch), lab_is_newer ? "12" : "14");
        EXPECT_EQ(supabase_days(batch), lab_days(batch));
        conflicts.push_back(fmt::format("both sides edited batches [{}] {}: {}'s edit is the newer one", batch,
                                        drains_first ? "days" : "Days", lab_is_newer ? "SQL Server" : "Supabase"));
    }
    const HttpReply metrics = get("/metrics");
    for (const char* winner : {"supabase", "sqlserver"}) {
        for (const char* direction : {"sql-to-postgres", "postgres-to-sql"}) {
            EXPECT_TRUE(metrics.says(fmt::format(
                R"(reverse_sync_conflicts_total{{stream="batches",direction="{}",winner="{}"}} 1)", direction, winner)))
                << winner << " " << direction;
        }
    }
    const std::string status = get("/api/sync/status").body;
    EXPECT_EQ(daemon->stop(), 0);
    std::string log;
    for (const std::string& printed : service.lines()) {
        log += printed + "\n";
    }
    EXPECT_EQ(times(log, "Both sides edited"), 4);
    for (const std::string& conflict : conflicts) {
        EXPECT_EQ(times(status, conflict), 1) << conflict;
        EXPECT_EQ(times(log, "B" + conflict.substr(1)), 1) << conflict;
    }
}

}  // namespace
}  // namespace revsync::test
