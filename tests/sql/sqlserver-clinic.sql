-- The SQL Server side of the clinic: every table, constraint, index and trigger that the daemon meets there.
-- Valid on SQL Server 2016 and later, and on the stand-in of tests/sqlserver_sim. May be run again.
SET ANSI_NULLS ON;
SET QUOTED_IDENTIFIER ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET NUMERIC_ROUNDABORT OFF;
SET NOCOUNT ON;
GO

IF OBJECT_ID(N'dbo.AlignerDoctors', N'U') IS NULL
CREATE TABLE dbo.AlignerDoctors (
    DrID int IDENTITY(1,1) NOT NULL CONSTRAINT PK_AlignerDoctors PRIMARY KEY CLUSTERED,
    DoctorName nvarchar(255) NOT NULL,
    LogoPath nvarchar(500) NULL,
    DoctorEmail varchar(255) NULL
);
GO

IF OBJECT_ID(N'dbo.tblpatients', N'U') IS NULL
CREATE TABLE dbo.tblpatients (
    PersonID int IDENTITY(1,1) NOT NULL CONSTRAINT PK_tblpatients PRIMARY KEY CLUSTERED,
    patientID nvarchar(6) NULL,
    PatientName nvarchar(255) NOT NULL,
    FirstName nvarchar(255) NULL,
    LastName nvarchar(255) NULL,
    Phone nvarchar(255) NULL,
    DateofBirth date NULL,
    Gender tinyint NULL
);
GO

IF OBJECT_ID(N'dbo.tblwork', N'U') IS NULL
CREATE TABLE dbo.tblwork (
    workid int IDENTITY(1,1) NOT NULL CONSTRAINT PK_tblwork PRIMARY KEY CLUSTERED,
    PersonID int NOT NULL CONSTRAINT FK_tblwork_tblpatients REFERENCES dbo.tblpatients (PersonID),
    Typeofwork int NOT NULL,
    AdditionDate datetime2(0) NULL,
    TotalRequired int NULL,
    Finished bit NOT NULL CONSTRAINT DF_tblwork_Finished DEFAULT (0)
);
GO

IF OBJECT_ID(N'dbo.tblAlignerSets', N'U') IS NULL
CREATE TABLE dbo.tblAlignerSets (
    AlignerSetID int IDENTITY(1,1) NOT NULL CONSTRAINT PK_tblAlignerSets PRIMARY KEY CLUSTERED,
    WorkID int NOT NULL CONSTRAINT FK_tblAlignerSets_tblwork REFERENCES dbo.tblwork (workid),
    AlignerDrID int NOT NULL CONSTRAINT FK_tblAlignerSets_AlignerDoctors REFERENCES dbo.AlignerDoctors (DrID),
    SetSequence int NULL,
    UpperAlignersCount int NULL,
    LowerAlignersCount int NULL,
    RemainingUpperAligners int NULL,
    RemainingLowerAligners int NULL,
    Days int NULL,
    [Type] nvarchar(50) NULL,
    CreationDate date NULL,
    IsActive bit NULL CONSTRAINT DF_tblAlignerSets_IsActive DEFAULT (1),
    Notes nvarchar(255) NULL,
    FolderPath nvarchar(255) NULL,
    PdfUploadedBy nvarchar(255) NULL,
    DriveFileId nvarchar(255) NULL,
    SetUrl nvarchar(2000) NULL,
    SetPdfUrl nvarchar(2000) NULL,
    SetVideo nvarchar(2000) NULL,
    SetCost decimal(10,2) NULL,
    Currency nvarchar(3) NULL CONSTRAINT DF_tblAlignerSets_Currency DEFAULT (N'USD'),
    PdfUploadedAt datetime NULL
);
GO

IF OBJECT_ID(N'dbo.tblAlignerBatches', N'U') IS NULL
CREATE TABLE dbo.tblAlignerBatches (
    AlignerBatchID int IDENTITY(1,1) NOT NULL CONSTRAINT PK_tblAlignerBatches PRIMARY KEY CLUSTERED,
    AlignerSetID int NOT NULL CONSTRAINT FK_tblAlignerBatches_tblAlignerSets REFERENCES dbo.tblAlignerSets (AlignerSetID),
    UpperAlignerCount int NOT NULL,
    LowerAlignerCount int NOT NULL,
    BatchSequence int NOT NULL,
    UpperAlignerStartSequence int NULL,
    LowerAlignerStartSequence int NULL,
    UpperAlignerEndSequence AS (CASE WHEN UpperAlignerCount > 0 THEN UpperAlignerStartSequence + UpperAlignerCount - 1 END) PERSISTED,
    LowerAlignerEndSequence AS (CASE WHEN LowerAlignerCount > 0 THEN LowerAlignerStartSequence + LowerAlignerCount - 1 END) PERSISTED,
    ManufactureDate date NULL,
    DeliveredToPatientDate date NULL,
    Days int NULL,
    ValidityPeriod AS (Days * CASE WHEN UpperAlignerCount >= LowerAlignerCount THEN UpperAlignerCount ELSE LowerAlignerCount END),
    BatchExpiryDate AS (DATEADD(day, Days * CASE WHEN UpperAlignerCount >= LowerAlignerCount THEN UpperAlignerCount ELSE LowerAlignerCount END, DeliveredToPatientDate)),
    Notes nvarchar(255) NULL,
    IsActive bit NULL CONSTRAINT DF_tblAlignerBatches_IsActive DEFAULT (0),
    IsLast bit NOT NULL CONSTRAINT DF_tblAlignerBatches_IsLast DEFAULT (0),
    HasUpperTemplate bit NOT NULL CONSTRAINT DF_tblAlignerBatches_HasUpperTemplate DEFAULT (0),
    HasLowerTemplate bit NOT NULL CONSTRAINT DF_tblAlignerBatches_HasLowerTemplate DEFAULT (0),
    CreationDate datetime NOT NULL CONSTRAINT DF_tblAlignerBatches_CreationDate DEFAULT (getdate()),
    CONSTRAINT CK_tblAlignerBatches_Active CHECK (IsActive = 0 OR DeliveredToPatientDate IS NOT NULL)
);
GO

IF OBJECT_ID(N'dbo.tblAlignerNotes', N'U') IS NULL
CREATE TABLE dbo.tblAlignerNotes (
    NoteID int IDENTITY(1,1) NOT NULL CONSTRAINT PK_tblAlignerNotes PRIMARY KEY CLUSTERED,
    AlignerSetID int NOT NULL CONSTRAINT FK_tblAlignerNotes_tblAlignerSets REFERENCES dbo.tblAlignerSets (AlignerSetID),
    NoteType varchar(20) NOT NULL CONSTRAINT CK_tblAlignerNotes_NoteType CHECK (NoteType IN ('Doctor', 'Lab')),
    NoteText nvarchar(max) NOT NULL,
    CreatedAt datetime NULL CONSTRAINT DF_tblAlignerNotes_CreatedAt DEFAULT (getdate()),
    IsEdited bit NULL CONSTRAINT DF_tblAlignerNotes_IsEdited DEFAULT (0),
    EditedAt datetime NULL,
    IsRead bit NOT NULL CONSTRAINT DF_tblAlignerNotes_IsRead DEFAULT (1)
);
GO

IF OBJECT_ID(N'dbo.tblAlignerActivityFlags', N'U') IS NULL
CREATE TABLE dbo.tblAlignerActivityFlags (
    ActivityID int IDENTITY(1,1) NOT NULL CONSTRAINT PK_tblAlignerActivityFlags PRIMARY KEY CLUSTERED,
    AlignerSetID int NOT NULL CONSTRAINT FK_tblAlignerActivityFlags_tblAlignerSets REFERENCES dbo.tblAlignerSets (AlignerSetID),
    ActivityType varchar(50) NOT NULL,
    ActivityDescription nvarchar(500) NULL,
    CreatedAt datetime NOT NULL CONSTRAINT DF_tblAlignerActivityFlags_CreatedAt DEFAULT (getdate()),
    IsRead bit NOT NULL CONSTRAINT DF_tblAlignerActivityFlags_IsRead DEFAULT (0),
    ReadAt datetime NULL,
    RelatedRecordID int NULL
);
GO

IF OBJECT_ID(N'dbo.SyncQueue', N'U') IS NULL
BEGIN
    CREATE TABLE dbo.SyncQueue (
        QueueID int IDENTITY(1,1) NOT NULL CONSTRAINT PK_SyncQueue PRIMARY KEY CLUSTERED,
        TableName varchar(50) NOT NULL,
        RecordID int NOT NULL,
        Operation varchar(10) NOT NULL,
        JsonData nvarchar(max) NULL,
        CreatedAt datetime NULL CONSTRAINT DF_SyncQueue_CreatedAt DEFAULT (getdate()),
        Attempts int NULL CONSTRAINT DF_SyncQueue_Attempts DEFAULT (0),
        LastAttempt datetime NULL,
        LastError nvarchar(500) NULL,
        Status varchar(20) NULL CONSTRAINT DF_SyncQueue_Status DEFAULT ('Pending')
    );
    CREATE INDEX IX_SyncQueue_Status ON dbo.SyncQueue (Status, CreatedAt);
    CREATE INDEX IX_SyncQueue_Table ON dbo.SyncQueue (TableName, RecordID);
END;
GO

-- A new doctor's note is announced to the lab.
CREATE OR ALTER TRIGGER dbo.trg_AlignerNotes_DoctorActivity ON dbo.tblAlignerNotes
AFTER INSERT
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.tblAlignerActivityFlags (AlignerSetID, ActivityType, ActivityDescription, RelatedRecordID)
    SELECT i.AlignerSetID, 'DoctorNote', N'Doctor added a note', i.NoteID
    FROM inserted AS i
    WHERE i.NoteType = 'Doctor';
END;
GO

-- The older generation: the queue holds the row itself, under Supabase's column names.
CREATE OR ALTER TRIGGER dbo.trg_sync_AlignerDoctors ON dbo.AlignerDoctors
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData, Status)
    SELECT 'aligner_doctors', i.DrID, CASE WHEN d.DrID IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           (SELECT i.DrID AS dr_id, i.DoctorName AS doctor_name, i.DoctorEmail AS doctor_email, i.LogoPath AS logo_path
            FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER),
           'pending'
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.DrID = i.DrID
    WHERE d.DrID IS NULL
       OR EXISTS (SELECT i.DoctorName, i.DoctorEmail, i.LogoPath EXCEPT SELECT d.DoctorName, d.DoctorEmail, d.LogoPath);

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status)
    SELECT 'aligner_doctors', d.DrID, 'DELETE', 'pending'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.DrID = d.DrID);
END;
GO

-- The newer generation: the queue names the row, which is read when it is sent.
CREATE OR ALTER TRIGGER dbo.trg_sync_tblAlignerSets ON dbo.tblAlignerSets
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'aligner_sets', i.AlignerSetID, CASE WHEN d.AlignerSetID IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.AlignerSetID = i.AlignerSetID
    WHERE d.AlignerSetID IS NULL
       OR EXISTS (SELECT i.WorkID, i.AlignerDrID, i.SetSequence, i.UpperAlignersCount, i.LowerAlignersCount, i.RemainingUpperAligners,
                         i.RemainingLowerAligners, i.Days, i.[Type], i.CreationDate, i.IsActive, i.Notes, i.FolderPath, i.PdfUploadedBy,
                         i.DriveFileId, i.SetUrl, i.SetPdfUrl, i.SetVideo, i.SetCost, i.Currency, i.PdfUploadedAt
                  EXCEPT
                  SELECT d.WorkID, d.AlignerDrID, d.SetSequence, d.UpperAlignersCount, d.LowerAlignersCount, d.RemainingUpperAligners,
                         d.RemainingLowerAligners, d.Days, d.[Type], d.CreationDate, d.IsActive, d.Notes, d.FolderPath, d.PdfUploadedBy,
                         d.DriveFileId, d.SetUrl, d.SetPdfUrl, d.SetVideo, d.SetCost, d.Currency, d.PdfUploadedAt);

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'aligner_sets', d.AlignerSetID, 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.AlignerSetID = d.AlignerSetID);
END;
GO

CREATE OR ALTER TRIGGER dbo.trg_sync_tblAlignerBatches ON dbo.tblAlignerBatches
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'aligner_batches', i.AlignerBatchID, CASE WHEN d.AlignerBatchID IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.AlignerBatchID = i.AlignerBatchID
    WHERE d.AlignerBatchID IS NULL
       OR EXISTS (SELECT i.AlignerSetID, i.UpperAlignerCount, i.LowerAlignerCount, i.BatchSequence, i.UpperAlignerStartSequence,
                         i.LowerAlignerStartSequence, i.ManufactureDate, i.DeliveredToPatientDate, i.Days, i.Notes, i.IsActive
                  EXCEPT
                  SELECT d.AlignerSetID, d.UpperAlignerCount, d.LowerAlignerCount, d.BatchSequence, d.UpperAlignerStartSequence,
                         d.LowerAlignerStartSequence, d.ManufactureDate, d.DeliveredToPatientDate, d.Days, d.Notes, d.IsActive);

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'aligner_batches', d.AlignerBatchID, 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.AlignerBatchID = d.AlignerBatchID);
END;
GO

-- Doctors' notes come from Supabase: only the lab's go there, and every delete.
CREATE OR ALTER TRIGGER dbo.trg_sync_tblAlignerNotes ON dbo.tblAlignerNotes
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'aligner_notes', i.NoteID, CASE WHEN d.NoteID IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.NoteID = i.NoteID
    WHERE i.NoteType = 'Lab'
      AND (d.NoteID IS NULL
           OR EXISTS (SELECT i.AlignerSetID, i.NoteType, i.NoteText COLLATE Latin1_General_BIN2, i.CreatedAt, i.IsEdited, i.EditedAt, i.IsRead
                      EXCEPT
                      SELECT d.AlignerSetID, d.NoteType, d.NoteText COLLATE Latin1_General_BIN2, d.CreatedAt, d.IsEdited, d.EditedAt, d.IsRead));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'aligner_notes', d.NoteID, 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.NoteID = d.NoteID);
END;
GO

-- Of patients and works only those matter that own an aligner set.
CREATE OR ALTER TRIGGER dbo.trg_sync_tblpatients ON dbo.tblpatients
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'patients', i.PersonID, CASE WHEN d.PersonID IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.PersonID = i.PersonID
    WHERE EXISTS (SELECT 1 FROM dbo.tblwork AS w JOIN dbo.tblAlignerSets AS s ON s.WorkID = w.workid WHERE w.PersonID = i.PersonID)
      AND (d.PersonID IS NULL
           OR EXISTS (SELECT i.patientID, i.PatientName, i.FirstName, i.LastName, i.Phone
                      EXCEPT
                      SELECT d.patientID, d.PatientName, d.FirstName, d.LastName, d.Phone));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'patients', d.PersonID, 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.PersonID = d.PersonID)
      AND EXISTS (SELECT 1 FROM dbo.tblwork AS w JOIN dbo.tblAlignerSets AS s ON s.WorkID = w.workid WHERE w.PersonID = d.PersonID);
END;
GO

CREATE OR ALTER TRIGGER dbo.trg_sync_tblwork ON dbo.tblwork
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'work', i.workid, CASE WHEN d.workid IS NULL THEN 'INSERT' ELSE 'UPDATE' END
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.workid = i.workid
    WHERE EXISTS (SELECT 1 FROM dbo.tblAlignerSets AS s WHERE s.WorkID = i.workid)
      AND (d.workid IS NULL
           OR EXISTS (SELECT i.PersonID, i.Typeofwork, i.AdditionDate EXCEPT SELECT d.PersonID, d.Typeofwork, d.AdditionDate));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation)
    SELECT 'work', d.workid, 'DELETE'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.workid = d.workid)
      AND EXISTS (SELECT 1 FROM dbo.tblAlignerSets AS s WHERE s.WorkID = d.workid);
END;
GO
