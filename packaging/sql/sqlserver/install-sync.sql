-- Reverse Sync on the SQL Server side. Run it in the practice system's database, in Management Studio or with
--     sqlcmd -b -I -S SERVER -d DATABASE -E -i install-sync.sql
-- as a member of db_owner; it may be run again at any time. All of it happens in one transaction, or nothing.
-- For SQL Server 2016 and later. Made by: reverse-syncd sql sqlserver
--
-- It makes:  table    dbo.SyncQueue, if it is missing; its column ChangedColumns and its indexes, if they are
--            triggers trg_reverse_sync_…, one for each table that goes to Supabase
-- New rows keep their numbers: the Supabase side counts downwards, so nothing has to change here.

SET NOEXEC OFF;
SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER ON;
SET NUMERIC_ROUNDABORT OFF;
SET NOCOUNT, XACT_ABORT ON;
SET LOCK_TIMEOUT 10000;
GO
BEGIN TRANSACTION;
GO

-- Triggers of an older installation fill the same queue; with both, everything would be queued twice. 1 disables them
-- (uninstall-sync.sql enables them again), 0 changes nothing and names them.
DECLARE @replace_older_triggers bit = 0;

DECLARE @older int = 0, @refused bit = 0, @schema sysname, @table sysname, @trigger sysname, @calls_out bit, @sql nvarchar(max);
WHILE 1 = 1
BEGIN
    SET @older = (
        SELECT MIN(r.object_id) FROM sys.triggers AS r JOIN sys.sql_modules AS m ON m.object_id = r.object_id
        WHERE r.object_id > @older AND r.is_disabled = 0 AND r.name NOT LIKE N'trg[_]reverse[_]sync[_]%'
          AND (r.parent_id IN (OBJECT_ID(N'[dbo].[AlignerDoctors]'),
                             OBJECT_ID(N'[dbo].[tblpatients]'),
                             OBJECT_ID(N'[dbo].[tblwork]'),
                             OBJECT_ID(N'[dbo].[tblAlignerSets]'),
                             OBJECT_ID(N'[dbo].[tblAlignerBatches]'),
                             OBJECT_ID(N'[dbo].[tblAlignerNotes]')) AND m.definition LIKE N'%SyncQueue%'
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
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

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
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO
IF NOT EXISTS (
    SELECT 1 FROM sys.index_columns AS x JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
    WHERE x.object_id = OBJECT_ID(N'[dbo].[SyncQueue]', N'U') AND x.key_ordinal = 1 AND c.name = N'Status')
    CREATE INDEX IX_SyncQueue_reverse_sync_status ON [dbo].[SyncQueue] (Status, CreatedAt);
IF NOT EXISTS (
    SELECT 1 FROM sys.index_columns AS x JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
    WHERE x.object_id = OBJECT_ID(N'[dbo].[SyncQueue]', N'U') AND x.key_ordinal = 1 AND c.name = N'TableName')
    CREATE INDEX IX_SyncQueue_reverse_sync_record ON [dbo].[SyncQueue] (TableName, RecordID);
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

-- Tables and keys that the queue can name.
DECLARE @misfit nvarchar(600) = (
    SELECT MIN(k.[table] + N', key ' + QUOTENAME(k.[key])) FROM (VALUES
        (N'[dbo].[AlignerDoctors]', N'DrID', N'aligner_doctors'),
        (N'[dbo].[tblpatients]', N'PersonID', N'patients'),
        (N'[dbo].[tblwork]', N'workid', N'work'),
        (N'[dbo].[tblAlignerSets]', N'AlignerSetID', N'aligner_sets'),
        (N'[dbo].[tblAlignerBatches]', N'AlignerBatchID', N'aligner_batches'),
        (N'[dbo].[tblAlignerNotes]', N'NoteID', N'aligner_notes')
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
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

-- Triggers of an earlier run, perhaps for another mapping.
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

-- The triggers queue what really changed, as set operations; none of them leaves the database or waits for anything.
-- Values are compared as JSON text, as they are sent: letter case and trailing blanks count.
CREATE TRIGGER [dbo].[trg_reverse_sync_doctors] ON [dbo].[AlignerDoctors]
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_doctors', i.[DrID], CASE WHEN d.[DrID] IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[DrID] = i.[DrID]
    WHERE (d.[DrID] IS NULL
        OR (SELECT i.[DoctorName], i.[DoctorEmail], i.[LogoPath] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[DoctorName], d.[DoctorEmail], d.[LogoPath] FOR JSON PATH, INCLUDE_NULL_VALUES));

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_doctors', d.[DrID], 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.[DrID] = d.[DrID]);
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

CREATE TRIGGER [dbo].[trg_reverse_sync_patients] ON [dbo].[tblpatients]
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'patients', i.[PersonID], CASE WHEN d.[PersonID] IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[PersonID] = i.[PersonID]
    WHERE (d.[PersonID] IS NULL
        OR (SELECT i.[patientID], i.[PatientName], i.[FirstName], i.[LastName], i.[Phone] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[patientID], d.[PatientName], d.[FirstName], d.[LastName], d.[Phone] FOR JSON PATH, INCLUDE_NULL_VALUES))
      AND EXISTS (SELECT 1 FROM [dbo].[tblwork] AS r1 JOIN [dbo].[tblAlignerSets] AS r2 ON r2.[WorkID] = r1.[workid] WHERE r1.[PersonID] = i.[PersonID]);

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'patients', d.[PersonID], 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.[PersonID] = d.[PersonID]);
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

CREATE TRIGGER [dbo].[trg_reverse_sync_work] ON [dbo].[tblwork]
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT DISTINCT N'patients', i.[PersonID], 'UPDATE'
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[workid] = i.[workid]
    WHERE i.[PersonID] IS NOT NULL AND (d.[workid] IS NULL OR (SELECT i.[PersonID] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[PersonID] FOR JSON PATH, INCLUDE_NULL_VALUES))
      AND EXISTS (SELECT 1 FROM [dbo].[tblAlignerSets] AS r1 WHERE r1.[WorkID] = i.[workid]);

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'work', i.[workid], CASE WHEN d.[workid] IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[workid] = i.[workid]
    WHERE (d.[workid] IS NULL
        OR (SELECT i.[PersonID], i.[Typeofwork], i.[AdditionDate] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[PersonID], d.[Typeofwork], d.[AdditionDate] FOR JSON PATH, INCLUDE_NULL_VALUES))
      AND EXISTS (SELECT 1 FROM [dbo].[tblAlignerSets] AS r1 WHERE r1.[WorkID] = i.[workid]);

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'work', d.[workid], 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.[workid] = d.[workid]);
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

CREATE TRIGGER [dbo].[trg_reverse_sync_sets] ON [dbo].[tblAlignerSets]
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT DISTINCT N'patients', n1.[PersonID], 'UPDATE'
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[AlignerSetID] = i.[AlignerSetID]
    JOIN [dbo].[tblwork] AS n1 ON n1.[workid] = i.[WorkID]
    WHERE n1.[PersonID] IS NOT NULL AND (d.[AlignerSetID] IS NULL OR (SELECT i.[WorkID] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[WorkID] FOR JSON PATH, INCLUDE_NULL_VALUES));

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT DISTINCT N'work', i.[WorkID], 'UPDATE'
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[AlignerSetID] = i.[AlignerSetID]
    WHERE i.[WorkID] IS NOT NULL AND (d.[AlignerSetID] IS NULL OR (SELECT i.[WorkID] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[WorkID] FOR JSON PATH, INCLUDE_NULL_VALUES));

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_sets', i.[AlignerSetID], CASE WHEN d.[AlignerSetID] IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[AlignerSetID] = i.[AlignerSetID]
    WHERE (d.[AlignerSetID] IS NULL
        OR (SELECT i.[WorkID], i.[AlignerDrID], i.[SetSequence], i.[Type], i.[UpperAlignersCount], i.[LowerAlignersCount],
                   i.[RemainingUpperAligners], i.[RemainingLowerAligners], i.[CreationDate], i.[Days], i.[IsActive], i.[Notes],
                   i.[FolderPath], i.[SetUrl], i.[SetPdfUrl], i.[SetVideo], i.[SetCost], i.[Currency], i.[PdfUploadedAt],
                   i.[PdfUploadedBy], i.[DriveFileId] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[WorkID], d.[AlignerDrID], d.[SetSequence], d.[Type], d.[UpperAlignersCount], d.[LowerAlignersCount],
                   d.[RemainingUpperAligners], d.[RemainingLowerAligners], d.[CreationDate], d.[Days], d.[IsActive], d.[Notes],
                   d.[FolderPath], d.[SetUrl], d.[SetPdfUrl], d.[SetVideo], d.[SetCost], d.[Currency], d.[PdfUploadedAt],
                   d.[PdfUploadedBy], d.[DriveFileId] FOR JSON PATH, INCLUDE_NULL_VALUES));

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_sets', d.[AlignerSetID], 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.[AlignerSetID] = d.[AlignerSetID]);
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

CREATE TRIGGER [dbo].[trg_reverse_sync_batches] ON [dbo].[tblAlignerBatches]
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @ours bit = CASE WHEN TRY_CONVERT(int, SESSION_CONTEXT(N'reverse_sync')) = 1 THEN 1 ELSE 0 END;

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation, ChangedColumns)
    SELECT N'aligner_batches', i.[AlignerBatchID], CASE WHEN d.[AlignerBatchID] IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           CASE WHEN d.[AlignerBatchID] IS NOT NULL THEN CASE WHEN @ours = 0 AND (SELECT i.[Days] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[Days] FOR JSON PATH, INCLUDE_NULL_VALUES) THEN N'Days' ELSE N'' END END
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[AlignerBatchID] = i.[AlignerBatchID]
    WHERE (@ours = 0 AND (d.[AlignerBatchID] IS NULL
        OR (SELECT i.[AlignerSetID], i.[BatchSequence], i.[UpperAlignerCount], i.[LowerAlignerCount],
                   i.[UpperAlignerStartSequence], i.[UpperAlignerEndSequence], i.[LowerAlignerStartSequence],
                   i.[LowerAlignerEndSequence], i.[ManufactureDate], i.[DeliveredToPatientDate], i.[BatchExpiryDate],
                   i.[ValidityPeriod], i.[Notes], i.[IsActive], i.[Days] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[AlignerSetID], d.[BatchSequence], d.[UpperAlignerCount], d.[LowerAlignerCount],
                   d.[UpperAlignerStartSequence], d.[UpperAlignerEndSequence], d.[LowerAlignerStartSequence],
                   d.[LowerAlignerEndSequence], d.[ManufactureDate], d.[DeliveredToPatientDate], d.[BatchExpiryDate],
                   d.[ValidityPeriod], d.[Notes], d.[IsActive], d.[Days] FOR JSON PATH, INCLUDE_NULL_VALUES))
        OR @ours = 1 AND d.[AlignerBatchID] IS NOT NULL AND (SELECT i.[AlignerSetID], i.[BatchSequence], i.[UpperAlignerCount], i.[LowerAlignerCount],
                   i.[UpperAlignerStartSequence], i.[UpperAlignerEndSequence], i.[LowerAlignerStartSequence],
                   i.[LowerAlignerEndSequence], i.[ManufactureDate], i.[DeliveredToPatientDate], i.[BatchExpiryDate],
                   i.[ValidityPeriod], i.[Notes], i.[IsActive] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[AlignerSetID], d.[BatchSequence], d.[UpperAlignerCount], d.[LowerAlignerCount],
                   d.[UpperAlignerStartSequence], d.[UpperAlignerEndSequence], d.[LowerAlignerStartSequence],
                   d.[LowerAlignerEndSequence], d.[ManufactureDate], d.[DeliveredToPatientDate], d.[BatchExpiryDate],
                   d.[ValidityPeriod], d.[Notes], d.[IsActive] FOR JSON PATH, INCLUDE_NULL_VALUES));

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_batches', d.[AlignerBatchID], 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.[AlignerBatchID] = d.[AlignerBatchID]) AND @ours = 0;
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

CREATE TRIGGER [dbo].[trg_reverse_sync_notes] ON [dbo].[tblAlignerNotes]
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    IF TRY_CONVERT(int, SESSION_CONTEXT(N'reverse_sync')) = 1 RETURN;

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_notes', i.[NoteID], CASE WHEN d.[NoteID] IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i LEFT JOIN deleted AS d ON d.[NoteID] = i.[NoteID]
    WHERE (d.[NoteID] IS NULL
        OR (SELECT i.[AlignerSetID], i.[NoteType], i.[NoteText], i.[CreatedAt], i.[IsEdited], i.[EditedAt], i.[IsRead] FOR JSON PATH, INCLUDE_NULL_VALUES) COLLATE Latin1_General_BIN2
        <> (SELECT d.[AlignerSetID], d.[NoteType], d.[NoteText], d.[CreatedAt], d.[IsEdited], d.[EditedAt], d.[IsRead] FOR JSON PATH, INCLUDE_NULL_VALUES))
      AND i.[NoteType] = N'Lab';

    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_notes', d.[NoteID], 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.[NoteID] = d.[NoteID]);
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO

-- For a Supabase that does not have the rows yet: 1 queues every row that is there, once.
DECLARE @queue_existing_rows bit = 0;

IF @queue_existing_rows = 1
BEGIN
    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_doctors', i.[DrID], 'UPDATE' FROM [dbo].[AlignerDoctors] AS i
    WHERE 1 = 1;
    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'patients', i.[PersonID], 'UPDATE' FROM [dbo].[tblpatients] AS i
    WHERE 1 = 1
      AND EXISTS (SELECT 1 FROM [dbo].[tblwork] AS r1 JOIN [dbo].[tblAlignerSets] AS r2 ON r2.[WorkID] = r1.[workid] WHERE r1.[PersonID] = i.[PersonID]);
    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'work', i.[workid], 'UPDATE' FROM [dbo].[tblwork] AS i
    WHERE 1 = 1
      AND EXISTS (SELECT 1 FROM [dbo].[tblAlignerSets] AS r1 WHERE r1.[WorkID] = i.[workid]);
    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_sets', i.[AlignerSetID], 'UPDATE' FROM [dbo].[tblAlignerSets] AS i
    WHERE 1 = 1;
    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation, ChangedColumns)
    SELECT N'aligner_batches', i.[AlignerBatchID], 'UPDATE', N'' FROM [dbo].[tblAlignerBatches] AS i
    WHERE 1 = 1;
    INSERT INTO [dbo].[SyncQueue] (TableName, RecordID, Operation)
    SELECT N'aligner_notes', i.[NoteID], 'UPDATE' FROM [dbo].[tblAlignerNotes] AS i
    WHERE 1 = 1
      AND i.[NoteType] = N'Lab';
END;
GO
IF @@ERROR <> 0 AND @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
IF @@TRANCOUNT = 0 SET NOEXEC ON;
GO
COMMIT TRANSACTION;
PRINT N'Reverse Sync: installed; the daemon drains the queue by itself';
GO
SET NOEXEC OFF;
GO
