-- Takes away what install-sync.sql made on the SQL Server side, and enables the triggers that it disabled. Run it in the
-- practice system's database; it may be run again at any time. All of it happens in one transaction, or nothing.
-- Made by: reverse-syncd sql sqlserver --uninstall

SET NOEXEC OFF;
SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER ON;
SET NUMERIC_ROUNDABORT OFF;
SET NOCOUNT, XACT_ABORT ON;
SET LOCK_TIMEOUT 10000;
GO
BEGIN TRANSACTION;
GO

-- Our triggers, for whatever mapping they were made.
DECLARE @ours int, @sql nvarchar(max);
WHILE 1 = 1
BEGIN
    SET @ours = (SELECT MIN(r.object_id) FROM sys.triggers AS r
                 WHERE r.parent_id <> 0 AND r.name LIKE N'trg[_]reverse[_]sync[_]%');
    IF @ours IS NULL BREAK;
    SET @sql = CONCAT(N'DROP TRIGGER ', QUOTENAME(OBJECT_SCHEMA_NAME(@ours)), N'.', QUOTENAME(OBJECT_NAME(@ours)), N';');
    EXEC sys.sp_executesql @sql;
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

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
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

-- The queue and its rows stay; 1 drops them, unless a trigger still fills the queue.
DECLARE @drop_queue bit = 0;

IF OBJECT_ID(N'[dbo].[SyncQueue]', N'U') IS NOT NULL
BEGIN
    DROP INDEX IF EXISTS IX_SyncQueue_reverse_sync_status ON [dbo].[SyncQueue];
    DROP INDEX IF EXISTS IX_SyncQueue_reverse_sync_record ON [dbo].[SyncQueue];
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
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO
COMMIT TRANSACTION;
PRINT N'Reverse Sync: uninstalled';
GO
SET NOEXEC OFF;
GO
