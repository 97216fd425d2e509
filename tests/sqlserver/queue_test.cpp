#include "sqlserver/queue.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "sqlserver/queue_fixture.hpp"

namespace revsync::sqlserver {
namespace {

using namespace std::chrono_literals;
using test::failed;
using test::run;
using test::synced;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using QueueOnServer = test::QueueTest;

TEST_F(QueueOnServer, ReadsWhatTriggersQueuedInItsOrder) {
    const int first = put("INSERT", 7, R"({"batch_id":7,"days":10})");
    const int second = put("DELETE", 8);
    const QueuePage read = page();
    ASSERT_THAT(ids(read), ElementsAre(first, second));
    EXPECT_FALSE(read.more);
    EXPECT_EQ(read.items[0].stream, &mapping.streams[0]);
    EXPECT_EQ(read.items[0].change.key, "[7]");
    EXPECT_EQ(read.items[0].change.operation, Operation::upsert);
    EXPECT_EQ(read.items[0].change.row, R"({"batch_id":7,"days":10})");
    EXPECT_EQ(read.items[1].change.operation, Operation::remove);
    EXPECT_EQ(read.items[1].change.row, "");
}

TEST_F(QueueOnServer, ReadsInPages) {
    for (int i = 1; i <= 5; ++i) {
        put("DELETE", i);
    }
    const QueuePage first = page(2);
    EXPECT_THAT(ids(first), ElementsAre(1, 2));
    EXPECT_TRUE(first.more);
    EXPECT_THAT(ids(page(2, 2)), ElementsAre(3, 4));
    const QueuePage last = page(2, 4);
    EXPECT_THAT(ids(last), ElementsAre(5));
    EXPECT_FALSE(last.more);
}

TEST_F(QueueOnServer, TakesStatusTableAndOperationInAnyCase) {
    put("delete", 1, "NULL", "BATCHES");
    sql("UPDATE dbo.SyncQueue SET Status = 'pending';");
    put("Delete", 2);
    sql("UPDATE dbo.SyncQueue SET Status = 'PENDING' WHERE RecordID = 2;");
    const QueuePage read = page();
    ASSERT_EQ(read.items.size(), 2U);
    for (const auto& one : read.items) {
        EXPECT_EQ(one.stream, &mapping.streams[0]);
        EXPECT_FALSE(one.error);
        EXPECT_EQ(one.change.operation, Operation::remove);
    }
}

TEST_F(QueueOnServer, LeavesAloneWhatIsSyncedOrFailed) {
    put("DELETE", 1);
    put("DELETE", 2);
    sql("UPDATE dbo.SyncQueue SET Status = CASE RecordID WHEN 1 THEN 'Synced' ELSE 'Failed' END;");
    EXPECT_THAT(page().items, IsEmpty());
    EXPECT_FALSE(due());
}

TEST_F(QueueOnServer, ReadsTheRowItselfWhenTheQueueDoesNotCarryIt) {
    put_batch(7, "Days, Notes, IsActive, Cost, DoneAt, Delivered, Large, Bytes",
              "10, N'مرحبا \"x\" 😀', 1, 12345678901234.5678, '2025-01-21T17:00:00.123', '2025-01-21', "
              "9007199254740993, 0x00FF");
    put("UPDATE", 7);
    EXPECT_EQ(item().change.row,
              R"({"batch_id":7,"days":10,"notes":"مرحبا \"x\" 😀","is_active":true,"cost":12345678901234.5678,)"
              R"("done_at":"2025-01-21T17:00:00.123+03:00","delivered":"2025-01-21","large":9007199254740993,)"
              R"("bytes":"\\x00FF"})");
}

TEST_F(QueueOnServer, CarriesNullsOfARow) {
    put_batch(7, "Days", "NULL");
    put("INSERT", 7);
    EXPECT_THAT(item().change.row, HasSubstr(R"("days":null,"notes":null,"is_active":null)"));
}

TEST_F(QueueOnServer, CarriesDatesAtTheCalendarsEnds) {
    put_batch(1, "DoneAt", "'9999-12-31T23:59:59'");
    put_batch(2, "DoneAt", "'1753-01-01'");
    put("UPDATE", 1);
    put("UPDATE", 2);
    const auto items = page().items;
    ASSERT_EQ(items.size(), 2U);
    EXPECT_THAT(items[0].change.row, HasSubstr(R"("done_at":"9999-12-31T23:59:59)"));
    EXPECT_THAT(items[1].change.row, HasSubstr(R"("done_at":"1753-01-01T00:00:00)"));
}

TEST_F(QueueOnServer, GivesCarriedLocalTimesTheirOffset) {
    put("UPDATE", 7, R"({"batch_id":7, "done_at" : "2025-01-21T17:00:00.123","notes":"2025-01-21T17:00:00"})");
    const std::string row = item().change.row;
    EXPECT_THAT(row, HasSubstr(R"({"batch_id":7, "done_at" : "2025-01-21T17:00:00.123)"));
    EXPECT_THAT(row, HasSubstr(R"(+03:00","notes":"2025-01-21T17:00:00"})"));
}

TEST_F(QueueOnServer, LetsNoCharacterNulHoldUpAPage) {
    put("UPDATE", 1, R"({"batch_id":1,"notes":"a\u0000b","done_at":"2025-01-21T17:00:00"})");
    put("UPDATE", 2, R"({"batch_id":2,"days":5})");
    const auto items = page().items;
    ASSERT_EQ(items.size(), 2U);
    EXPECT_THAT(items[0].change.row, HasSubstr(R"(a\u0000b)"));
    EXPECT_FALSE(items[1].error);
}

TEST_F(QueueOnServer, LeavesCarriedTimesThatSayTheirZoneOrAreNone) {
    const std::vector<std::string> rows{
        R"({"batch_id":1,"done_at":"2025-01-21T14:00:00Z"})", R"({"batch_id":1,"done_at":"2025-01-21T14:00:00-05:00"})",
        R"({"batch_id":1,"done_at":"the day after tomorrow"})", R"({"batch_id":1,"done_at":null})"};
    for (const std::string& row : rows) {
        const std::vector<QueueVerdict> done{synced(put("UPDATE", 1, row))};
        EXPECT_EQ(item().change.row, row);
        ASSERT_TRUE(run(context, queue->settle(done)));
    }
}

TEST_F(QueueOnServer, GivesEveryItemOfARecordItsPresentRow) {
    put_batch(7);
    put("INSERT", 7);
    put("UPDATE", 7);
    const auto items = page().items;
    ASSERT_EQ(items.size(), 2U);
    EXPECT_THAT(items[0].change.row, HasSubstr("\"days\":10"));
    EXPECT_EQ(items[0].change.row, items[1].change.row);
}

TEST_F(QueueOnServer, TakesARowThatIsGoneAsRemoved) {
    put("UPDATE", 404);
    EXPECT_EQ(item().change.operation, Operation::remove);
    EXPECT_FALSE(item().error);
}

TEST_F(QueueOnServer, FailsOnlyTheItemWhoseJsonIsMalformed) {
    put("UPDATE", 1, R"({"batch_id":1,"days":)");
    put("UPDATE", 2, "[1]");
    put("UPDATE", 3, R"({"batch_id":3})");
    const auto items = page().items;
    ASSERT_EQ(items.size(), 3U);
    for (const auto bad : {0U, 1U}) {
        ASSERT_TRUE(items[bad].error);
        EXPECT_EQ(items[bad].error->disposition, Disposition::row);
        EXPECT_THAT(items[bad].error->text, HasSubstr("JsonData of table batches is not a JSON object"));
    }
    EXPECT_FALSE(items[2].error);
}

TEST_F(QueueOnServer, NeverWritesUnderAnotherKeyThanTheRecords) {
    put("UPDATE", 1, R"({"batch_id":2,"days":5})");
    put("UPDATE", 3, R"({"days":5})");
    const auto items = page().items;
    ASSERT_EQ(items.size(), 2U);
    ASSERT_TRUE(items[0].error);
    EXPECT_THAT(items[0].error->text, HasSubstr("another key than RecordID"));
    EXPECT_EQ(items[1].change.row, R"({"batch_id":3,"days":5})");
}

TEST_F(QueueOnServer, FailsTheItemOfAnUnknownTable) {
    put("UPDATE", 1, "NULL", "nobodys");
    const QueueItem read = item();
    EXPECT_EQ(read.stream, nullptr);
    ASSERT_TRUE(read.error);
    EXPECT_EQ(read.error->disposition, Disposition::row);
    EXPECT_THAT(read.error->text, HasSubstr("no stream for table nobodys"));
}

TEST_F(QueueOnServer, BlamesTheStreamWhenItsTableCannotBeRead) {
    sql("DROP TABLE dbo.revsync_batches;");
    put("UPDATE", 1);
    put("UPDATE", 2, R"({"batch_id":2})");
    const auto items = page().items;
    ASSERT_EQ(items.size(), 2U);
    ASSERT_TRUE(items[0].error);
    EXPECT_EQ(items[0].error->disposition, Disposition::stream);
    EXPECT_THAT(items[0].error->text, HasSubstr("table dbo.revsync_batches is missing"));
    EXPECT_FALSE(items[1].error) << "its row is in the queue";
}

TEST_F(QueueOnServer, TellsWhenTheEditWasMade) {
    const Timestamp before = server_now();
    put("DELETE", 1);
    const Timestamp after = server_now();
    const Timestamp edited = item().change.changed_at;
    EXPECT_GE(edited, before - 10ms) << "datetime counts 1/300 s";
    EXPECT_LE(edited, after + 10ms);
}

TEST_F(QueueOnServer, TellsTheEditsTimeOnTheTargetsClock) {
    queue = create_queue(*pool, mapping, {.time_zone = zone, .clock_offset = [] { return 2h; }});
    const Timestamp before = server_now();
    put("DELETE", 1);
    EXPECT_GE(item().change.changed_at, before + 2h - 10ms);
    EXPECT_LE(item().change.changed_at, server_now() + 2h);
}

TEST_F(QueueOnServer, MarksExactlyWhatWasSettled) {
    const int first = put("DELETE", 1);
    const int second = put("DELETE", 2);
    settle({synced(first)});
    EXPECT_EQ(entry(first, "Status"), "Synced");
    EXPECT_NE(entry(first, "LastAttempt"), std::nullopt);
    EXPECT_EQ(entry(first, "LastError"), std::nullopt);
    EXPECT_EQ(entry(second, "Status"), "Pending");
    EXPECT_EQ(entry(second, "LastAttempt"), std::nullopt);
}

TEST_F(QueueOnServer, CountsAFailureAndKeepsItsError) {
    const int id = put("DELETE", 1);
    settle({failed(id, "breaks foreign key fk_set")});
    EXPECT_EQ(entry(id, "Attempts"), "1");
    EXPECT_EQ(entry(id, "LastError"), "breaks foreign key fk_set (sqlstate 23503)");
    EXPECT_EQ(entry(id, "Status"), "Pending");
}

// The practice system's triggers may queue a patient only once he has a set, and then not go back for him.
TEST_F(QueueOnServer, QueuesWhatAFailedItemNeedsOnce) {
    Stream needed = batches();
    needed.name = "kinds";
    needed.target = {"public", "kinds"};
    needed.referenced_by = Reference{"batches", "Large"};
    mapping.streams.push_back(needed);
    queue = make_queue();
    sql("INSERT INTO dbo.revsync_batches (BatchID, Large) VALUES (1, 70), (2, NULL), (3, 71);");
    const int refers = put("INSERT", 1);
    const int refers_to_none = put("INSERT", 2);
    const int is_fine = put("INSERT", 3);
    settle({failed(refers), failed(refers_to_none), synced(is_fine)});
    settle({failed(refers)});
    EXPECT_EQ(sql("SELECT TableName, RecordID, Operation FROM dbo.SyncQueue WHERE QueueID > 3;").at(0),
              (ResultSet{{"kinds", "70", "UPDATE"}}));
}

TEST_F(QueueOnServer, EndsAnItemAsFailedAtTheLimit) {
    const int id = put("DELETE", 1);
    for (int i = 1; i < 10; ++i) {
        settle({failed(id)});
    }
    EXPECT_EQ(entry(id, "Status"), "Pending");
    settle({failed(id)});
    EXPECT_EQ(entry(id, "Status"), "Failed");
    EXPECT_EQ(entry(id, "Attempts"), "10");
}

TEST_F(QueueOnServer, LeavesAloneWhatSomebodySettledMeanwhile) {
    const int id = put("DELETE", 1);
    sql("UPDATE dbo.SyncQueue SET Status = 'Synced';");
    settle({failed(id)});
    EXPECT_EQ(entry(id, "Status"), "Synced");
    EXPECT_EQ(entry(id, "Attempts"), "0");
}

TEST_F(QueueOnServer, CutsALongErrorToWhatTheColumnHolds) {
    const int id = put("DELETE", 1);
    std::string text(498, 'x');
    settle({failed(id, text + "😀😀")});
    EXPECT_EQ(entry(id, "LastError"), text + "😀");
}

TEST_F(QueueOnServer, WaitsLongerAfterEveryFailure) {
    const int id = put("DELETE", 1);
    const auto after = [&](int attempts, int minutes) {
        sql(fmt::format("UPDATE dbo.SyncQueue SET Attempts = {}, LastAttempt = DATEADD(minute, {}, GETDATE());",
                        attempts, -minutes));
        EXPECT_EQ(due(), !page().items.empty());
        return due();
    };
    EXPECT_FALSE(after(1, 0));
    EXPECT_TRUE(after(1, 1));
    EXPECT_FALSE(after(2, 1));
    EXPECT_TRUE(after(2, 2));
    EXPECT_FALSE(after(6, 31));
    EXPECT_TRUE(after(6, 32));
    EXPECT_FALSE(after(7, 59));
    EXPECT_TRUE(after(7, 60));
    EXPECT_FALSE(after(9, 59));
    EXPECT_TRUE(after(9, 60));
    EXPECT_TRUE(after(9, -5)) << "the clock was set back";
    EXPECT_EQ(entry(id, "Status"), "Pending");
}

TEST_F(QueueOnServer, CountsWhatWaitsAndWhatFailed) {
    const auto none = run(context, queue->counts());
    ASSERT_TRUE(none) << describe(none.error());
    EXPECT_EQ(none->pending, 0U);
    EXPECT_FALSE(none->oldest_pending);
    EXPECT_FALSE(none->next_due);

    const Timestamp before = server_now();
    put("DELETE", 1);
    const int waiting = put("DELETE", 2);
    const int bad = put("DELETE", 3);
    sql(fmt::format("UPDATE dbo.SyncQueue SET CreatedAt = DATEADD(hour, -1, CreatedAt) WHERE QueueID = {};", waiting));
    sql(fmt::format("UPDATE dbo.SyncQueue SET Status = 'failed' WHERE QueueID = {};", bad));
    settle({failed(waiting)});
    const auto counts = run(context, queue->counts());
    ASSERT_TRUE(counts) << describe(counts.error());
    EXPECT_EQ(counts->pending, 2U);
    EXPECT_EQ(counts->failed, 1U);
    ASSERT_TRUE(counts->oldest_pending);
    EXPECT_GE(*counts->oldest_pending, before - 1h - 10ms);
    EXPECT_LT(*counts->oldest_pending, before - 30min);
    ASSERT_TRUE(counts->next_due);
    EXPECT_GE(*counts->next_due, before + 1min - 10ms);
}

TEST_F(QueueOnServer, PurgesOnlyOldSyncedRowsAFewAtATime) {
    for (int i = 1; i <= 4; ++i) {
        put("DELETE", i);
    }
    sql("UPDATE dbo.SyncQueue SET Status = 'synced', CreatedAt = DATEADD(hour, -25, GETDATE()) WHERE RecordID < 4;");
    sql("UPDATE dbo.SyncQueue SET Status = 'Failed' WHERE RecordID = 3;");
    put("DELETE", 5);
    settle({synced(5)});
    EXPECT_EQ(run(context, queue->purge(24h, 1)).value(), 1U);
    EXPECT_EQ(run(context, queue->purge(24h, 1000)).value(), 1U);
    EXPECT_EQ(run(context, queue->purge(24h, 1000)).value(), 0U);
    EXPECT_EQ(value("SELECT COUNT(*) FROM dbo.SyncQueue;"), "3");
}

TEST_F(QueueOnServer, NamesAMissingQueueAndWorksOnceItIsThere) {
    sql("DROP TABLE dbo.SyncQueue;");
    const auto result = run(context, queue->anything_due());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().disposition, Disposition::stream);
    EXPECT_THAT(result.error().text, HasSubstr("table dbo.SyncQueue is missing"));
    TearDown();
    SetUp();
    EXPECT_FALSE(due());
}

TEST_F(QueueOnServer, ComparesTheClocks) {
    class Ahead final : public Clock {
    public:
        Timestamp now() const override { return machine_.now() + 10min; }
        std::chrono::steady_clock::time_point steady_now() const override { return machine_.steady_now(); }
        boost::asio::awaitable<void> sleep(std::chrono::milliseconds) override { co_return; }

    private:
        SystemClock machine_;
    };
    const SystemClock machine;
    const Ahead ahead;
    const auto now = run(context, read_clock(*pool, machine));
    const auto behind = run(context, read_clock(*pool, ahead));
    ASSERT_TRUE(now && behind);
    const auto difference = now->ahead - behind->ahead;
    EXPECT_LE(difference, 10min + now->within + behind->within);
    EXPECT_GE(difference, 10min - now->within - behind->within);
}

class LockOnServer : public QueueOnServer {
protected:
    void SetUp() override {
        QueueOnServer::SetUp();
        if (session) {
            other_pool = std::make_unique<Pool>(settings, 1);
            other = create_queue(*other_pool, mapping, {.time_zone = zone});
        }
    }
    void TearDown() override {
        other.reset();
        other_pool.reset();
        QueueOnServer::TearDown();
    }

    std::unique_ptr<Pool> other_pool;
    std::unique_ptr<Queue> other;
};

TEST_F(LockOnServer, RefusesASecondDaemonWhichChangesNothing) {
    const int id = put("DELETE", 1);
    ASSERT_TRUE(due());
    const auto refused = [&](auto result) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, Queue::in_use);
        EXPECT_EQ(result.error().disposition, Disposition::retry);
    };
    refused(run(context, other->anything_due()));
    refused(run(context, other->read(10, 0)));
    refused(run(context, other->counts()));
    refused(run(context, other->purge(0h, 10)));
    const std::vector<QueueVerdict> verdicts{synced(id)};
    refused(run(context, other->settle(verdicts)));
    EXPECT_EQ(entry(id, "Status"), "Pending");
}

TEST_F(LockOnServer, LetsTheSecondDaemonTakeOverWhenTheFirstIsGone) {
    put("DELETE", 1);
    ASSERT_TRUE(due());
    ASSERT_FALSE(run(context, other->anything_due()));
    queue.reset();
    pool.reset();
    auto taken = run(context, other->anything_due());
    for (int i = 0; !taken && i < 1000; ++i) {  // the server notices the end of the connection in its own time
        taken = run(context, other->anything_due());
    }
    ASSERT_TRUE(taken) << describe(taken.error());
    EXPECT_TRUE(*taken);
}

TEST_F(LockOnServer, IsStillHeldOnlyOnTheConnectionThatTookIt) {
    const int id = put("DELETE", 1);
    EXPECT_FALSE(run(context, queue->still_held())) << "nobody has taken it";
    page();
    EXPECT_TRUE(run(context, queue->still_held()));
    EXPECT_FALSE(run(context, other->still_held()));
    if (!session->query("EXEC sp_sim_fault N'drop_on_call', 1;")) {
        GTEST_SKIP() << "this server takes no faults on request";
    }
    const std::vector<QueueVerdict> verdicts{failed(id)};
    EXPECT_TRUE(run(context, queue->settle(verdicts))) << "on another connection, which took the lock";

    const auto held = run(context, queue->still_held());

    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().disposition, Disposition::retry);
    EXPECT_THAT(held.error().text, HasSubstr("lock of SQL Server's queue was lost"));
    page();
    EXPECT_TRUE(run(context, queue->still_held())) << "it was taken again";
}

// What an edit concerned: exactly, from the row's history, or unknown.
class EditedColumns : public QueueOnServer {
protected:
    // Whether the newest item concerned the days.
    bool days_edited() {
        const auto items = page().items;
        EXPECT_FALSE(items.empty());
        if (items.empty()) {
            return false;
        }
        const QueueItem& last = items.back();
        if (!last.edited.empty()) {
            EXPECT_THAT(last.edited, ElementsAre(Pair("days", last.change.changed_at)));
        }
        return !last.edited.empty();
    }
};

TEST_F(EditedColumns, AreAllOfANewRow) {
    put("INSERT", 1, R"({"batch_id":1,"days":10})");
    EXPECT_TRUE(days_edited());
}

TEST_F(EditedColumns, AreAllWhenNothingTells) {
    put_batch(1);
    put("UPDATE", 1);
    EXPECT_TRUE(days_edited());
    put("UPDATE", 1);
    EXPECT_TRUE(days_edited());
}

TEST_F(EditedColumns, AreThoseThatDifferFromTheRowsPreviousEntry) {
    put("INSERT", 1, R"({"batch_id":1,"days":10,"notes":"a"})");
    put("INSERT", 2, R"({"batch_id":2,"days":99})");
    put("UPDATE", 1, R"({"batch_id":1,"days":10,"notes":"b"})");
    EXPECT_FALSE(days_edited());
    put("UPDATE", 1, R"({"batch_id":1,"days":11,"notes":"b"})");
    EXPECT_TRUE(days_edited());
}

TEST_F(EditedColumns, AreComparedWithASyncedEntryToo) {
    settle({synced(put("INSERT", 1, R"({"batch_id":1,"days":10})"))});
    put("UPDATE", 1, R"({"batch_id":1,"days":10})");
    EXPECT_FALSE(days_edited());
}

TEST_F(EditedColumns, AreAllWhenThePreviousEntryDoesNotTell) {
    put_batch(1);
    put("INSERT", 1, R"({"batch_id":1,"days":10})");
    put("UPDATE", 1);
    put("UPDATE", 1, R"({"batch_id":1,"days":10})");
    EXPECT_TRUE(days_edited()) << "the entry between may have changed them";
    put("UPDATE", 1, "{broken");
    put("UPDATE", 1, R"({"batch_id":1,"days":10})");
    EXPECT_TRUE(days_edited());
}

TEST_F(EditedColumns, AreThoseThatTheQueueNames) {
    sql("ALTER TABLE dbo.SyncQueue ADD ChangedColumns nvarchar(400) NULL;");
    put_batch(1);
    const auto changed = [&](const char* columns) {
        const int id = put("UPDATE", 1);
        sql(fmt::format("UPDATE dbo.SyncQueue SET ChangedColumns = {} WHERE QueueID = {};", columns, id));
        return days_edited();
    };
    EXPECT_TRUE(changed("N'Days'"));
    EXPECT_TRUE(changed("N'Other,days,More'"));
    EXPECT_FALSE(changed("N'Other,MoreDays'"));
    EXPECT_FALSE(changed("N''"));
    EXPECT_TRUE(changed("NULL"));
}

}  // namespace
}  // namespace revsync::sqlserver
