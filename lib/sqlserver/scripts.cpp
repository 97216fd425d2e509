#include "sqlserver/scripts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "sqlserver/queue_table.hpp"
#include "sqlserver/quoting.hpp"
#include "sqlserver/sync_trigger.hpp"

namespace revsync::sqlserver {
namespace {

constexpr std::string_view install_head =
    R"(-- Reverse Sync on the SQL Server side. Run it in the practice system's database, in Management Studio or with
--     sqlcmd -b -I -S SERVER -d DATABASE -E -i install-sync.sql
-- as a member of db_owner; it may be run again at any time. All of it happens in one transaction, or nothing.
-- For SQL Server 2016 and later. Made by: reverse-syncd sql sqlserver
--
-- It makes:  table    dbo.SyncQueue, if it is missing; its column ChangedColumns and its indexes, if they are
--            triggers trg_reverse_sync_…, one for each table that goes to Supabase
-- New rows keep their numbers: the Supabase side counts downwards, so nothing has to change here.
)";

// A batch that fails or refuses ends the transaction, and what comes behind it is only read. @@ERROR is for the
// failures that XACT_ABORT leaves to the batch, such as those of its compilation.
constexpr std::string_view begin_transaction = R"(
SET NOEXEC OFF;
SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER ON;
SET NUMERIC_ROUNDABORT OFF;
SET NOCOUNT, XACT_ABORT ON;
SET LOCK_TIMEOUT 10000;
GO
BEGIN TRANSACTION;
GO
)";

constexpr std::string_view next_batch = R"(GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO
)";

constexpr std::string_view commit = R"(GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO
COMMIT TRANSACTION;
PRINT N'Reverse Sync: {}';
GO
SET NOEXEC OFF;
GO
)";

// The table as the clinic has it; only its numbers are larger.
constexpr std::string_view queue = R"(
-- The queue. Indexes on it have no filter: that would refuse the writes of clients with ANSI_WARNINGS OFF.
IF OBJECT_ID(N'[dbo].[SyncQueue]', N'U') IS NULL
    CREATE TABLE [dbo].[SyncQueue] (
        QueueID bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_SyncQueue PRIMARY KEY CLUSTERED,
        TableName nvarchar(128) NOT NULL,
        RecordID bigint NOT NULL,
        Operation varchar(10) NOT NULL,
        JsonData nvarchar(max) NULL,
        CreatedAt datetime NULL CONSTRAINT DF_SyncQueue_CreatedAt DEFAULT (GETDATE()),
        Attempts int NULL CONSTRAINT DF_SyncQueue_Attempts DEFAULT (0),
        LastAttempt datetime NULL,
        LastError nvarchar(500) NULL,
        Status varchar(20) NULL CONSTRAINT DF_SyncQueue_Status DEFAULT ('Pending')
    );
IF COL_LENGTH(N'[dbo].[SyncQueue]', N'ChangedColumns') IS NULL
    ALTER TABLE [dbo].[SyncQueue] ADD ChangedColumns nvarchar(400) NULL;
)";

constexpr std::string_view missing_index = R"(IF NOT EXISTS (
    SELECT 1 FROM sys.index_columns AS x JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
    WHERE x.object_id = OBJECT_ID(N'[dbo].[SyncQueue]', N'U') AND x.key_ordinal = 1 AND c.name = N'{0}')
    CREATE INDEX {1} ON [dbo].[SyncQueue] ({2});
)";

constexpr std::string_view status_index = "IX_SyncQueue_reverse_sync_status";
constexpr std::string_view record_index = "IX_SyncQueue_reverse_sync_record";

constexpr std::string_view check_keys = R"(
-- Tables and keys that the queue can name.
DECLARE @misfit nvarchar(600) = (
    SELECT MIN(k.[table] + N', key ' + QUOTENAME(k.[key])) FROM (VALUES
        {0}
    ) AS k([table], [key], queued_as)
    WHERE LEN(k.queued_as) > (SELECT CASE WHEN c.max_length < 0 THEN 4000 WHEN t.name = N'nvarchar' THEN c.max_length / 2
                                          ELSE c.max_length END
                              FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.system_type_id
                              WHERE c.object_id = OBJECT_ID(N'[dbo].[SyncQueue]', N'U') AND c.name = N'TableName')
       OR NOT EXISTS (SELECT 1 FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.system_type_id
                      WHERE c.object_id = OBJECT_ID(k.[table], N'U') AND c.name = k.[key]
                        AND t.name IN (N'tinyint', N'smallint', N'int', N'bigint')
                        AND c.max_length <= COL_LENGTH(N'[dbo].[SyncQueue]', N'RecordID')));
IF @misfit IS NOT NULL
BEGIN
    RAISERROR(N'Reverse Sync: %s cannot be queued: the table or its key is missing, the key is no whole number that fits column RecordID of dbo.SyncQueue, or the name of the Supabase table is too long for column TableName. Nothing was changed; correct the mapping.', 16, 1, @misfit);
    ROLLBACK TRANSACTION;
END;
)";

// Its first line is the one that people change.
constexpr std::string_view older_triggers = R"(
-- Triggers of an older installation fill the same queue; with both, everything would be queued twice. 1 disables them
-- (uninstall-sync.sql enables them again), 0 changes nothing and names them.
DECLARE @replace_older_triggers bit = 0;

DECLARE @older int = 0, @refused bit = 0, @schema sysname, @table sysname, @trigger sysname, @calls_out bit, @sql nvarchar(max);
WHILE 1 = 1
BEGIN
    SET @older = (
        SELECT MIN(r.object_id) FROM sys.triggers AS r JOIN sys.sql_modules AS m ON m.object_id = r.object_id
        WHERE r.object_id > @older AND r.is_disabled = 0 AND r.name NOT LIKE N'trg[_]reverse[_]sync[_]%'
          AND (r.parent_id IN ({0}) AND m.definition LIKE N'%SyncQueue%'
            OR r.parent_id = OBJECT_ID(N'[dbo].[SyncQueue]') AND m.definition LIKE N'%sp[_]OA%'));
    IF @older IS NULL BREAK;
    SELECT @schema = OBJECT_SCHEMA_NAME(r.parent_id), @table = OBJECT_NAME(r.parent_id), @trigger = r.name,
           @calls_out = CASE WHEN r.parent_id = OBJECT_ID(N'[dbo].[SyncQueue]') THEN 1 ELSE 0 END
    FROM sys.triggers AS r WHERE r.object_id = @older;
    IF @replace_older_triggers = 1
    BEGIN
        SET @sql = CONCAT(N'DISABLE TRIGGER ', QUOTENAME(@schema), N'.', QUOTENAME(@trigger), N' ON ', QUOTENAME(@schema),
                          N'.', QUOTENAME(@table), N';');
        EXEC sys.sp_executesql @sql;
        IF NOT EXISTS (SELECT 1 FROM sys.extended_properties AS p
                       WHERE p.class = 1 AND p.major_id = @older AND p.minor_id = 0 AND p.name = N'reverse_sync')
            EXEC sys.sp_addextendedproperty @name = N'reverse_sync', @value = N'disabled', @level0type = N'SCHEMA',
                 @level0name = @schema, @level1type = N'TABLE', @level1name = @table, @level2type = N'TRIGGER',
                 @level2name = @trigger;
        PRINT CONCAT(N'disabled ', @schema, N'.', @trigger, N' on ', @schema, N'.', @table);
    END
    ELSE IF @calls_out = 1
        PRINT CONCAT(N'warning: ', @schema, N'.', @trigger, N' on the queue calls out of the database and makes every writer wait; the daemon needs no such call');
    ELSE
    BEGIN
        PRINT CONCAT(N'already fills the queue: ', @schema, N'.', @trigger, N' on ', @schema, N'.', @table);
        SET @refused = 1;
    END
END;
IF @refused = 1
BEGIN
    RAISERROR(N'Reverse Sync: triggers of an older installation fill the queue, they are named above. Nothing was changed; set @replace_older_triggers to 1 in this script to have them disabled, or keep them and go without this script.', 16, 1);
    ROLLBACK TRANSACTION;
END;
)";

constexpr std::string_view drop_triggers = R"(
-- {0}
DECLARE @ours int, @sql nvarchar(max);
WHILE 1 = 1
BEGIN
    SET @ours = (SELECT MIN(r.object_id) FROM sys.triggers AS r
                 WHERE r.parent_id <> 0 AND r.name LIKE N'trg[_]reverse[_]sync[_]%');
    IF @ours IS NULL BREAK;
    SET @sql = CONCAT(N'DROP TRIGGER ', QUOTENAME(OBJECT_SCHEMA_NAME(@ours)), N'.', QUOTENAME(OBJECT_NAME(@ours)), N';');
    EXEC sys.sp_executesql @sql;
END;
)";

constexpr std::string_view trigger_comment = R"(
-- The triggers queue what really changed, as set operations; none of them leaves the database or waits for anything.
-- Values are compared as JSON text, as they are sent: letter case and trailing blanks count.
)";

constexpr std::string_view existing_rows = R"(
-- For a Supabase that does not have the rows yet: 1 queues every row that is there, once.
DECLARE @queue_existing_rows bit = 0;

IF @queue_existing_rows = 1
BEGIN
{0}END;
)";

constexpr std::string_view uninstall_head =
    R"(-- Takes away what install-sync.sql made on the SQL Server side, and enables the triggers that it disabled. Run it in the
-- practice system's database; it may be run again at any time. All of it happens in one transaction, or nothing.
-- Made by: reverse-syncd sql sqlserver --uninstall
)";

constexpr std::string_view enable_triggers = R"(
-- The triggers of an older installation work again.
DECLARE @older int, @schema sysname, @table sysname, @trigger sysname, @sql nvarchar(max);
WHILE 1 = 1
BEGIN
    SET @older = (SELECT MIN(r.object_id) FROM sys.extended_properties AS p JOIN sys.triggers AS r ON r.object_id = p.major_id
                  WHERE p.class = 1 AND p.minor_id = 0 AND p.name = N'reverse_sync');
    IF @older IS NULL BREAK;
    SELECT @schema = OBJECT_SCHEMA_NAME(r.parent_id), @table = OBJECT_NAME(r.parent_id), @trigger = r.name
    FROM sys.triggers AS r WHERE r.object_id = @older;
    SET @sql = CONCAT(N'ENABLE TRIGGER ', QUOTENAME(@schema), N'.', QUOTENAME(@trigger), N' ON ', QUOTENAME(@schema), N'.',
                      QUOTENAME(@table), N';');
    EXEC sys.sp_executesql @sql;
    EXEC sys.sp_dropextendedproperty @name = N'reverse_sync', @level0type = N'SCHEMA', @level0name = @schema,
         @level1type = N'TABLE', @level1name = @table, @level2type = N'TRIGGER', @level2name = @trigger;
    PRINT CONCAT(N'enabled ', @schema, N'.', @trigger, N' on ', @schema, N'.', @table);
END;
)";

constexpr std::string_view drop_queue = R"(
-- The queue and its rows stay; 1 drops them, unless a trigger still fills the queue.
DECLARE @drop_queue bit = 0;

IF OBJECT_ID(N'[dbo].[SyncQueue]', N'U') IS NOT NULL
BEGIN
    DROP INDEX IF EXISTS {0} ON [dbo].[SyncQueue];
    DROP INDEX IF EXISTS {1} ON [dbo].[SyncQueue];
    ALTER TABLE [dbo].[SyncQueue] DROP COLUMN IF EXISTS ChangedColumns;
    IF @drop_queue = 1 AND EXISTS (
        SELECT 1 FROM sys.triggers AS r JOIN sys.sql_modules AS m ON m.object_id = r.object_id
        WHERE r.is_disabled = 0 AND r.parent_id <> OBJECT_ID(N'[dbo].[SyncQueue]') AND m.definition LIKE N'%SyncQueue%')
    BEGIN
        RAISERROR(N'Reverse Sync: dbo.SyncQueue cannot be dropped, for other triggers still fill it. Nothing was changed; disable them or set @drop_queue to 0.', 16, 1);
        ROLLBACK TRANSACTION;
    END
    ELSE IF @drop_queue = 1
        DROP TABLE [dbo].[SyncQueue];
END;
)";

std::string object_ids(const std::vector<const Stream*>& streams) {
    std::vector<std::string> ids;
    for (const Stream* stream : streams) {
        ids.push_back(fmt::format("OBJECT_ID({})", literal(bracketed(stream->source))));
    }
    return fmt::format("{}", fmt::join(ids, ",\n                             "));
}

std::string keys(const std::vector<const Stream*>& streams) {
    std::vector<std::string> rows;
    for (const Stream* stream : streams) {
        rows.push_back(fmt::format("({}, {}, {})", literal(bracketed(stream->source)),
                                   literal(stream->key.front().source), literal(stream->target.table)));
    }
    return fmt::format("{}", fmt::join(rows, ",\n        "));
}

std::string indexes() {
    return fmt::format(fmt::runtime(missing_index), "Status", status_index, "Status, CreatedAt") +
           fmt::format(fmt::runtime(missing_index), "TableName", record_index, "TableName, RecordID");
}

std::string triggers(const Mapping& mapping, const std::vector<const Stream*>& streams) {
    std::string text{trigger_comment};
    for (const Stream* stream : streams) {
        text += (stream == streams.front() ? "" : "\n") + create_trigger(mapping, *stream) + std::string{next_batch};
    }
    return text;
}

std::string present_rows(const Mapping& mapping, const std::vector<const Stream*>& streams) {
    std::string text;
    for (const Stream* stream : streams) {
        text += queue_present_rows(mapping, *stream);
    }
    return text;
}

}  // namespace

std::string install_script(const Mapping& mapping) {
    const auto streams = mapping.of(Direction::forward);
    std::string text{install_head};
    text += begin_transaction;
    if (!streams.empty()) {
        text += fmt::format(fmt::runtime(older_triggers), object_ids(streams));
        text += next_batch;
    }
    text += queue;
    text += next_batch;
    text += indexes();
    if (!streams.empty()) {
        text += next_batch;
        text += fmt::format(fmt::runtime(check_keys), keys(streams));
    }
    text += next_batch;
    text += fmt::format(fmt::runtime(drop_triggers), "Triggers of an earlier run, perhaps for another mapping.");
    text += next_batch;
    if (!streams.empty()) {
        text += triggers(mapping, streams);
        text += fmt::format(fmt::runtime(existing_rows), present_rows(mapping, streams));
    }
    return text + fmt::format(fmt::runtime(commit), "installed; the daemon drains the queue by itself");
}

std::string uninstall_script() {
    std::string text{uninstall_head};
    text += begin_transaction;
    text += fmt::format(fmt::runtime(drop_triggers), "Our triggers, for whatever mapping they were made.");
    text += next_batch;
    text += enable_triggers;
    text += next_batch;
    text += fmt::format(fmt::runtime(drop_queue), status_index, record_index);
    return text + fmt::format(fmt::runtime(commit), "uninstalled");
}

}  // namespace revsync::sqlserver
