// A column that both sides edit, and what our own writes leave in the practice system's queue.
#include <gmock/gmock.h>

#include <chrono>
#include <future>

#include "sqlserver/queue_fixture.hpp"
#include "sqlserver/sink.hpp"

namespace revsync::sqlserver {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ConflictOnServer : public test::QueueTest {
protected:
    void SetUp() override {
        QueueTest::SetUp();
        if (!session) {
            return;
        }
        put_batch(1);
        put_batch(2);
        queue_edits("NULL");
        sink_pool = std::make_unique<Pool>(settings, 1);
        sink = create_sink(*sink_pool, {.time_zone = zone});
    }
    void TearDown() override {
        sink.reset();
        sink_pool.reset();
        QueueTest::TearDown();
    }

    // The practice system's trigger, of either generation.
    void queue_edits(const std::string& json) {
        sql(fmt::format(
            "CREATE OR ALTER TRIGGER dbo.revsync_batches_queued ON dbo.revsync_batches AFTER INSERT, UPDATE, DELETE AS "
            "BEGIN SET NOCOUNT ON; INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData) "
            "SELECT 'batches', i.BatchID, CASE WHEN d.BatchID IS NULL THEN 'INSERT' ELSE 'UPDATE' END, {} "
            "FROM inserted AS i LEFT JOIN deleted AS d ON d.BatchID = i.BatchID; "
            "INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation) SELECT 'batches', d.BatchID, 'DELETE' "
            "FROM deleted AS d WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.BatchID = d.BatchID); END;",
            json));
    }
    void queue_edits_with_the_row() {
        queue_edits(
            "(SELECT i.BatchID AS batch_id, i.Days AS days, i.Notes AS notes "
            "FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER)");
    }

    static Stream edited_batches() {
        Stream stream;
        stream.name = "batches";
        stream.source = {"public", "batches"};
        stream.target = {"dbo", "revsync_batches"};
        stream.key = {{"batch_id", "BatchID"}};
        stream.columns = {{"days", "Days", Owner::shared, false, {}}};
        stream.operations = {.insert = false, .update = true, .remove = true};
        return stream;
    }

    static Change edit(int days, Timestamp when, int id = 1) {
        return {fmt::format("[{}]", id), when, Operation::upsert,
                fmt::format(R"({{"BatchID":{},"Days":{}}})", id, days)};
    }
    Applied applied(const std::vector<Change>& changes) {
        auto result = test::run(context, sink->apply(stream, changes));
        EXPECT_TRUE(result) << (result ? "" : describe(result.error()));
        return result ? *result : Applied{};
    }
    static std::vector<std::string> won_by(Direction winner, const Applied& applied) {
        std::vector<std::string> all;
        for (const auto& conflict : applied.settled) {
            EXPECT_EQ(conflict.stream, "batches");
            if (conflict.winner == winner) {
                all.push_back(conflict.key + " " + conflict.column);
            }
        }
        return all;
    }
    // The columns that kept the lab's value, and those where a waiting edit of the lab's lost.
    static std::vector<std::string> kept(const Applied& applied) { return won_by(Direction::forward, applied); }
    static std::vector<std::string> overwritten(const Applied& applied) { return won_by(Direction::reverse, applied); }
    std::string days(int id = 1) {
        return value(fmt::format("SELECT Days FROM dbo.revsync_batches WHERE BatchID = {};", id)).value_or("NULL");
    }
    void lab_sets(const std::string& what, int id = 1) {
        sql(fmt::format("UPDATE dbo.revsync_batches SET {} WHERE BatchID = {};", what, id));
    }
    std::string statuses() {
        std::string all;
        const auto results = sql("SELECT Status FROM dbo.SyncQueue ORDER BY QueueID;");
        for (const auto& row : results.at(0)) {
            all += row[0].value_or("NULL") + " ";
        }
        return all;
    }

    Stream stream = edited_batches();
    std::unique_ptr<Pool> sink_pool;
    std::unique_ptr<Sink> sink;
};

TEST_F(ConflictOnServer, KeepsTheLabsNewerEdit) {
    lab_sets("Days = 20");
    const Applied result = applied({edit(30, server_now() - 1h), edit(31, server_now() - 1h, 2)});
    EXPECT_THAT(kept(result), ElementsAre("[1] Days"));
    EXPECT_EQ(result.updated, 1U) << "the other batch is written";
    EXPECT_EQ(days(1), "20");
    EXPECT_EQ(days(2), "31");
}

TEST_F(ConflictOnServer, WritesAnEditNewerThanTheLabsAndTellsOfItOnce) {
    lab_sets("Days = 20");
    const Applied result = applied({edit(30, server_now() + 1h), edit(31, server_now() + 1h, 2)});
    EXPECT_THAT(kept(result), IsEmpty());
    EXPECT_THAT(overwritten(result), ElementsAre("[1] Days")) << "nobody edited the other batch";
    EXPECT_EQ(days(), "30");
    EXPECT_EQ(days(2), "31");
    EXPECT_THAT(applied({edit(30, server_now() + 1h)}).settled, IsEmpty()) << "both sides agree";
}

TEST_F(ConflictOnServer, SendsWhatAnOverwrittenEditCarriedWithTheRowAsItIs) {
    queue_edits_with_the_row();
    lab_sets("Days = 20");
    lab_sets("Notes = N'new'");
    EXPECT_THAT(overwritten(applied({edit(30, server_now() + 1h)})), ElementsAre("[1] Days"));
    EXPECT_EQ(statuses(), "Pending Pending Synced ");
    EXPECT_EQ(entry(1, "Attempts"), "0");
    EXPECT_TRUE(due()) << "it waits for nothing";
    for (const QueueItem& waiting : page().items) {
        EXPECT_THAT(waiting.change.row, testing::HasSubstr("\"days\":30"));
    }
}

TEST_F(ConflictOnServer, IsNoNewOneWhenTheOverwrittenEditHasBeenSent) {
    lab_sets("Days = 20");
    sql("UPDATE dbo.SyncQueue SET Status = 'Synced';");
    EXPECT_THAT(applied({edit(30, server_now() + 1h)}).settled, IsEmpty()) << "the drain has told of it";
    EXPECT_EQ(days(), "30");
}

TEST_F(ConflictOnServer, IsNoneWhereTheRowIsRefused) {
    stream.owned_rows = {"Notes", "of the doctors"};
    lab_sets("Days = 20");
    const Applied result = applied({edit(30, server_now() + 1h)});
    EXPECT_EQ(result.refused.size(), 1U);
    EXPECT_THAT(result.settled, IsEmpty());
    EXPECT_EQ(days(), "20");
}

TEST_F(ConflictOnServer, ComparesTheTimesOnOneClock) {
    sink = create_sink(*sink_pool, {.time_zone = zone, .clock_offset = [] { return 2h; }});
    lab_sets("Days = 20");
    EXPECT_THAT(kept(applied({edit(30, server_now() + 1h)})), ElementsAre("[1] Days"));
    EXPECT_THAT(overwritten(applied({edit(30, server_now() + 3h)})), ElementsAre("[1] Days"));
}

TEST_F(ConflictOnServer, TellsNothingWhereBothSidesAgree) {
    lab_sets("Days = 20");
    EXPECT_THAT(applied({edit(20, server_now() - 1h)}).settled, IsEmpty());
    EXPECT_THAT(applied({edit(20, server_now() + 1h)}).settled, IsEmpty());
}

TEST_F(ConflictOnServer, RemembersAnEditThatWasSentAndSendsItAgain) {
    lab_sets("Days = 20");
    sql("UPDATE dbo.SyncQueue SET Status = 'Synced';");
    const QueueItem sent = [&] {
        sql("UPDATE dbo.SyncQueue SET Status = 'Pending';");
        const QueueItem first = item();
        sql("UPDATE dbo.SyncQueue SET Status = 'Synced';");
        return first;
    }();
    EXPECT_THAT(kept(applied({edit(30, server_now() - 1h)})), ElementsAre("[1] Days"));
    EXPECT_EQ(statuses(), "Pending ");
    EXPECT_EQ(item().change.changed_at, sent.change.changed_at);
    EXPECT_THAT(item().change.row, testing::HasSubstr("\"days\":20"));
    EXPECT_THAT(kept(applied({edit(30, server_now() - 1h)})), ElementsAre("[1] Days"));
    EXPECT_EQ(statuses(), "Pending ") << "it waits already";
}

TEST_F(ConflictOnServer, IsNoneWhenTheLabEditedAnotherColumn) {
    queue_edits_with_the_row();
    lab_sets("Days = 10");
    sql("UPDATE dbo.SyncQueue SET CreatedAt = DATEADD(hour, -5, CreatedAt);");
    lab_sets("Notes = N'new'");
    sql("UPDATE dbo.SyncQueue SET Status = 'Synced' WHERE QueueID = 1;");
    const Applied result = applied({edit(30, server_now() - 1h)});
    EXPECT_THAT(result.settled, IsEmpty());
    EXPECT_EQ(days(), "30");
}

TEST_F(ConflictOnServer, IsSettledBehindALabEditThatIsStillOpen) {
    sql("BEGIN TRANSACTION;");
    lab_sets("Days = 20");
    const Timestamp before = server_now() - 1h;
    auto waiting = std::async(std::launch::async, [&] {
        boost::asio::io_context other;
        return test::run(other, sink->apply(stream, std::vector{edit(30, before)}));
    });
    EXPECT_EQ(waiting.wait_for(500ms), std::future_status::timeout) << "the row is the lab's until it commits";
    sql("COMMIT TRANSACTION;");
    const auto result = waiting.get();
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_THAT(kept(*result), ElementsAre("[1] Days"));
    EXPECT_EQ(days(), "20");
}

TEST_F(ConflictOnServer, OurOwnWriteIsNotSentBack) {
    applied({edit(30, server_now())});
    EXPECT_EQ(statuses(), "Synced ");
    EXPECT_FALSE(due());
}

TEST_F(ConflictOnServer, OurOwnWriteIsNoEditOfTheLabs) {
    const Timestamp now = server_now();
    applied({edit(30, now - 2h)});
    EXPECT_THAT(applied({edit(40, now - 1h)}).settled, IsEmpty());
    EXPECT_EQ(days(), "40");
}

TEST_F(ConflictOnServer, OurOwnRemovalIsNotSentBack) {
    applied({Change{"[1]", {}, Operation::remove, ""}});
    EXPECT_EQ(entry(1, "Operation"), "DELETE");
    EXPECT_EQ(statuses(), "Synced ");
}

TEST_F(ConflictOnServer, AnInsertEndsWhatWaitsOfTheRowThatHadItsNumberBefore) {
    stream.operations.insert = true;
    sql("DELETE FROM dbo.revsync_batches WHERE BatchID = 1;");
    sql("DELETE FROM dbo.revsync_batches WHERE BatchID = 2;");
    applied({edit(30, server_now() + 1s)});
    EXPECT_EQ(days(), "30");
    EXPECT_EQ(statuses(), "Synced Pending Synced ") << "the deletion meant another row";
}

TEST_F(ConflictOnServer, WhatWasDeliveredAndThenDeletedIsNotInsertedAgain) {
    stream.operations.insert = true;
    Change delivered = edit(30, server_now());
    delivered.delivered = true;
    sql("DELETE FROM dbo.revsync_batches WHERE BatchID = 1;");
    EXPECT_EQ(applied({delivered, edit(31, server_now(), 3)}).inserted, 1U) << "the new one";
    EXPECT_EQ(days(1), "NULL");
    EXPECT_EQ(days(3), "31");
    EXPECT_EQ(statuses(), "Pending Synced ") << "the deletion is still to be sent";

    sql("UPDATE dbo.SyncQueue SET Status = 'Synced';");
    EXPECT_EQ(applied({delivered}).inserted, 0U) << "the deletion was sent";
    EXPECT_EQ(applied({edit(32, server_now())}).inserted, 1U) << "another version of it, or another row";
}

TEST_F(ConflictOnServer, WhatWasDeliveredAndIsGoneWithoutADeletionIsInsertedAgain) {
    stream.operations.insert = true;
    Change delivered = edit(30, server_now());
    delivered.delivered = true;
    sql("DELETE FROM dbo.revsync_batches WHERE BatchID = 1; DELETE FROM dbo.SyncQueue;");
    EXPECT_EQ(applied({delivered}).inserted, 1U) << "a backup was restored";
    sql("UPDATE dbo.revsync_batches SET Days = 7 WHERE BatchID = 1; UPDATE dbo.SyncQueue SET CreatedAt = "
        "DATEADD(hour, -5, CreatedAt);");
    EXPECT_EQ(applied({delivered}).updated, 1U) << "an edit that kept the change time still arrives";
}

TEST_F(ConflictOnServer, AQueueThatNamesRecordsByTextTakesPartAsWell) {
    sql("DROP INDEX IX_SyncQueue_Table ON dbo.SyncQueue;");
    sql("ALTER TABLE dbo.SyncQueue ALTER COLUMN RecordID nvarchar(20) NOT NULL;");
    sql("INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation) VALUES ('batches', 'not a number', 'UPDATE');");
    lab_sets("Days = 20");
    EXPECT_THAT(kept(applied({edit(30, server_now() - 1h)})), ElementsAre("[1] Days"));
}

TEST_F(ConflictOnServer, TheLabsOwnEntriesStayPending) {
    lab_sets("Days = 20");
    lab_sets("Days = 21", 2);
    applied({edit(30, server_now() + 1h)});
    EXPECT_EQ(statuses(), "Pending Pending Synced ");
}

TEST_F(ConflictOnServer, ComputedColumnsFollowOurOwnWrite) {
    sql("ALTER TABLE dbo.revsync_batches ADD Validity AS (Days * 2);");
    applied({edit(30, server_now())});
    EXPECT_EQ(statuses(), "Pending ");
    EXPECT_THAT(item().edited, IsEmpty()) << "the days are Supabase's edit";
    settle({test::failed(1), test::failed(1)});
    EXPECT_EQ(entry(1, "LastError"), "written by Reverse Sync: does not fit (sqlstate 23503)");
    settle({test::synced(1)});
    EXPECT_EQ(entry(1, "LastError"), "written by Reverse Sync");
}

}  // namespace
}  // namespace revsync::sqlserver
