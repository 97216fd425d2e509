// dbo.SyncQueue and two tables behind it, as the clinic has them, and the queue that reads them.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "sqlserver/queue.hpp"
#include "sqlserver/test_server.hpp"

namespace revsync::sqlserver::test {

class QueueTest : public ServerTest {
protected:
    static constexpr const char* zone = "Arabic Standard Time";

    void SetUp() override {
        ServerTest::SetUp();
        if (!session) {
            return;
        }
        drop();
        sql("CREATE TABLE dbo.SyncQueue (QueueID int IDENTITY(1,1) NOT NULL PRIMARY KEY, TableName varchar(50) NOT "
            "NULL, "
            "RecordID int NOT NULL, Operation varchar(10) NOT NULL, JsonData nvarchar(max) NULL, "
            "CreatedAt datetime NULL DEFAULT (getdate()), Attempts int NULL DEFAULT (0), LastAttempt datetime NULL, "
            "LastError nvarchar(500) NULL, Status varchar(20) NULL DEFAULT ('Pending')); "
            "CREATE INDEX IX_SyncQueue_Status ON dbo.SyncQueue (Status, CreatedAt); "
            "CREATE INDEX IX_SyncQueue_Table ON dbo.SyncQueue (TableName, RecordID);");
        sql("CREATE TABLE dbo.revsync_batches (BatchID int NOT NULL PRIMARY KEY, Days int NULL, Notes nvarchar(255) "
            "NULL, "
            "IsActive bit NULL, Cost decimal(18,4) NULL, DoneAt datetime NULL, Delivered date NULL, "
            "Large bigint NULL, Bytes varbinary(8) NULL);");
        mapping.streams = {batches()};
        pool = std::make_unique<Pool>(settings, 1);
        queue = make_queue();
    }

    void TearDown() override {
        queue.reset();
        pool.reset();
        if (session) {
            drop();
        }
    }

    void drop() { sql("DROP TABLE IF EXISTS dbo.SyncQueue; DROP TABLE IF EXISTS dbo.revsync_batches;"); }

    static Stream batches() {
        Stream stream;
        stream.name = "batches";
        stream.direction = Direction::forward;
        stream.source = {"dbo", "revsync_batches"};
        stream.target = {"public", "batches"};
        stream.key = {{"BatchID", "batch_id"}};
        const auto own = [](const char* source, const char* target) {
            return ColumnPair{source, target, Owner::sqlserver, false, {}};
        };
        stream.columns = {{"Days", "days", Owner::shared, false, {}},
                          own("Notes", "notes"),
                          own("IsActive", "is_active"),
                          own("Cost", "cost"),
                          own("DoneAt", "done_at"),
                          own("Delivered", "delivered"),
                          own("Large", "large"),
                          own("Bytes", "bytes")};
        return stream;
    }

    std::unique_ptr<Queue> make_queue() { return create_queue(*pool, mapping, {.time_zone = zone}); }

    // Adds a row as a trigger does; its QueueID. `data` is JSON or "NULL".
    int put(const std::string& operation, int record, const std::string& data = "NULL",
            const std::string& table = "batches") {
        const std::string json = data == "NULL" ? data : "N'" + data + "'";
        return std::stoi(value(fmt::format("INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData) "
                                           "VALUES ('{}', {}, '{}', {}); SELECT CONVERT(int, SCOPE_IDENTITY());",
                                           table, record, operation, json))
                             .value_or("0"));
    }
    void put_batch(int id, const std::string& columns = "Days", const std::string& values = "10") {
        sql(fmt::format("INSERT INTO dbo.revsync_batches (BatchID, {}) VALUES ({}, {});", columns, id, values));
    }

    QueuePage page(std::size_t limit = 100, std::int64_t after = 0) {
        auto result = run(context, queue->read(limit, after));
        EXPECT_TRUE(result) << (result ? "" : describe(result.error()));
        return result ? *result : QueuePage{};
    }
    // The only item of the page.
    QueueItem item() {
        auto items = page().items;
        EXPECT_EQ(items.size(), 1U);
        return items.empty() ? QueueItem{} : items.front();
    }
    std::vector<std::int64_t> ids(const QueuePage& page) {
        std::vector<std::int64_t> all;
        for (const auto& item : page.items) {
            all.push_back(item.id);
        }
        return all;
    }
    void settle(std::vector<QueueVerdict> verdicts) {
        const auto result = run(context, queue->settle(std::move(verdicts)));
        EXPECT_TRUE(result) << (result ? "" : describe(result.error()));
    }
    bool due() {
        const auto result = run(context, queue->anything_due());
        EXPECT_TRUE(result) << (result ? "" : describe(result.error()));
        return result && *result;
    }
    std::optional<std::string> entry(int id, const std::string& column) {
        return value(fmt::format("SELECT {} FROM dbo.SyncQueue WHERE QueueID = {};", column, id));
    }
    // SQL Server's clock.
    Timestamp server_now() {
        return Timestamp::from_microseconds(
            std::stoll(*value("SELECT DATEDIFF_BIG(microsecond, '19700101', SYSUTCDATETIME());")));
    }

    Mapping mapping;
    std::unique_ptr<Pool> pool;
    std::unique_ptr<Queue> queue;
};

inline QueueVerdict failed(std::int64_t id, const std::string& text = "does not fit") {
    return {id, Error{Disposition::row, "sqlstate 23503", text}};
}
inline QueueVerdict synced(std::int64_t id) {
    return {id, std::nullopt};
}

}  // namespace revsync::sqlserver::test
