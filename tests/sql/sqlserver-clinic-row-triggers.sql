-- The clinic's triggers of the older generation, in place of those of sqlserver-clinic.sql: each queue row carries its
-- row as JSON under Supabase's column names, local times as they are, and Status is in lower case. Run it after that
-- script.
SET ANSI_NULLS ON;
SET QUOTED_IDENTIFIER ON;
SET NOCOUNT ON;
GO

CREATE OR ALTER TRIGGER dbo.trg_sync_AlignerDoctors ON dbo.AlignerDoctors
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData, Status)
    SELECT 'aligner_doctors', i.DrID, CASE WHEN d.DrID IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           (SELECT i.DrID AS dr_id, i.DoctorName AS doctor_name, i.DoctorEmail AS doctor_email,
                   i.LogoPath AS logo_path
            FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER),
           'pending'
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.DrID = i.DrID
    WHERE (d.DrID IS NULL
           OR EXISTS (SELECT i.DoctorName, i.DoctorEmail, i.LogoPath
                      EXCEPT
                      SELECT d.DoctorName, d.DoctorEmail, d.LogoPath));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status)
    SELECT 'aligner_doctors', d.DrID, 'DELETE', 'pending'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.DrID = d.DrID);
END;
GO

CREATE OR ALTER TRIGGER dbo.trg_sync_tblpatients ON dbo.tblpatients
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData, Status)
    SELECT 'patients', i.PersonID, CASE WHEN d.PersonID IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           (SELECT i.PersonID AS person_id, i.patientID AS patient_id, i.PatientName AS patient_name,
                   i.FirstName AS first_name, i.LastName AS last_name, i.Phone AS phone
            FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER),
           'pending'
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.PersonID = i.PersonID
    WHERE EXISTS (SELECT 1 FROM dbo.tblwork AS w JOIN dbo.tblAlignerSets AS s ON s.WorkID = w.workid WHERE w.PersonID = i.PersonID)
      AND (d.PersonID IS NULL
           OR EXISTS (SELECT i.patientID, i.PatientName, i.FirstName, i.LastName, i.Phone
                      EXCEPT
                      SELECT d.patientID, d.PatientName, d.FirstName, d.LastName, d.Phone));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status)
    SELECT 'patients', d.PersonID, 'DELETE', 'pending'
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
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData, Status)
    SELECT 'work', i.workid, CASE WHEN d.workid IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           (SELECT i.workid AS work_id, i.PersonID AS person_id, i.Typeofwork AS type_of_work,
                   i.AdditionDate AS addition_date
            FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER),
           'pending'
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.workid = i.workid
    WHERE EXISTS (SELECT 1 FROM dbo.tblAlignerSets AS s WHERE s.WorkID = i.workid)
      AND (d.workid IS NULL
           OR EXISTS (SELECT i.PersonID, i.Typeofwork, i.AdditionDate
                      EXCEPT
                      SELECT d.PersonID, d.Typeofwork, d.AdditionDate));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status)
    SELECT 'work', d.workid, 'DELETE', 'pending'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.workid = d.workid)
      AND EXISTS (SELECT 1 FROM dbo.tblAlignerSets AS s WHERE s.WorkID = d.workid);
END;
GO

CREATE OR ALTER TRIGGER dbo.trg_sync_tblAlignerSets ON dbo.tblAlignerSets
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData, Status)
    SELECT 'aligner_sets', i.AlignerSetID, CASE WHEN d.AlignerSetID IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           (SELECT i.AlignerSetID AS aligner_set_id, i.WorkID AS work_id, i.AlignerDrID AS aligner_dr_id,
                   i.SetSequence AS set_sequence, i.UpperAlignersCount AS upper_aligners_count,
                   i.LowerAlignersCount AS lower_aligners_count, i.RemainingUpperAligners AS remaining_upper_aligners,
                   i.RemainingLowerAligners AS remaining_lower_aligners, i.Days AS days, i.[Type] AS type,
                   i.CreationDate AS creation_date, i.IsActive AS is_active, i.Notes AS notes,
                   i.FolderPath AS folder_path, i.PdfUploadedBy AS pdf_uploaded_by, i.DriveFileId AS drive_file_id,
                   i.SetUrl AS set_url, i.SetPdfUrl AS set_pdf_url, i.SetVideo AS set_video, i.SetCost AS set_cost,
                   i.Currency AS currency, i.PdfUploadedAt AS pdf_uploaded_at
            FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER),
           'pending'
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.AlignerSetID = i.AlignerSetID
    WHERE (d.AlignerSetID IS NULL
           OR EXISTS (SELECT i.WorkID, i.AlignerDrID, i.SetSequence, i.UpperAlignersCount, i.LowerAlignersCount,
                          i.RemainingUpperAligners, i.RemainingLowerAligners, i.Days, i.[Type], i.CreationDate,
                          i.IsActive, i.Notes, i.FolderPath, i.PdfUploadedBy, i.DriveFileId, i.SetUrl, i.SetPdfUrl,
                          i.SetVideo, i.SetCost, i.Currency, i.PdfUploadedAt
                      EXCEPT
                      SELECT d.WorkID, d.AlignerDrID, d.SetSequence, d.UpperAlignersCount, d.LowerAlignersCount,
                          d.RemainingUpperAligners, d.RemainingLowerAligners, d.Days, d.[Type], d.CreationDate,
                          d.IsActive, d.Notes, d.FolderPath, d.PdfUploadedBy, d.DriveFileId, d.SetUrl, d.SetPdfUrl,
                          d.SetVideo, d.SetCost, d.Currency, d.PdfUploadedAt));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status)
    SELECT 'aligner_sets', d.AlignerSetID, 'DELETE', 'pending'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.AlignerSetID = d.AlignerSetID);
END;
GO

CREATE OR ALTER TRIGGER dbo.trg_sync_tblAlignerBatches ON dbo.tblAlignerBatches
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData, Status)
    SELECT 'aligner_batches', i.AlignerBatchID, CASE WHEN d.AlignerBatchID IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           (SELECT i.AlignerBatchID AS aligner_batch_id, i.AlignerSetID AS aligner_set_id,
                   i.BatchSequence AS batch_sequence, i.UpperAlignerCount AS upper_aligner_count,
                   i.LowerAlignerCount AS lower_aligner_count,
                   i.UpperAlignerStartSequence AS upper_aligner_start_sequence,
                   i.UpperAlignerEndSequence AS upper_aligner_end_sequence,
                   i.LowerAlignerStartSequence AS lower_aligner_start_sequence,
                   i.LowerAlignerEndSequence AS lower_aligner_end_sequence, i.ManufactureDate AS manufacture_date,
                   i.DeliveredToPatientDate AS delivered_to_patient_date, i.Days AS days,
                   i.ValidityPeriod AS validity_period, i.BatchExpiryDate AS next_batch_ready_date, i.Notes AS notes,
                   i.IsActive AS is_active
            FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER),
           'pending'
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.AlignerBatchID = i.AlignerBatchID
    WHERE (d.AlignerBatchID IS NULL
           OR EXISTS (SELECT i.AlignerSetID, i.BatchSequence, i.UpperAlignerCount, i.LowerAlignerCount,
                          i.UpperAlignerStartSequence, i.UpperAlignerEndSequence, i.LowerAlignerStartSequence,
                          i.LowerAlignerEndSequence, i.ManufactureDate, i.DeliveredToPatientDate, i.Days,
                          i.ValidityPeriod, i.BatchExpiryDate, i.Notes, i.IsActive
                      EXCEPT
                      SELECT d.AlignerSetID, d.BatchSequence, d.UpperAlignerCount, d.LowerAlignerCount,
                          d.UpperAlignerStartSequence, d.UpperAlignerEndSequence, d.LowerAlignerStartSequence,
                          d.LowerAlignerEndSequence, d.ManufactureDate, d.DeliveredToPatientDate, d.Days,
                          d.ValidityPeriod, d.BatchExpiryDate, d.Notes, d.IsActive));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status)
    SELECT 'aligner_batches', d.AlignerBatchID, 'DELETE', 'pending'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.AlignerBatchID = d.AlignerBatchID);
END;
GO

CREATE OR ALTER TRIGGER dbo.trg_sync_tblAlignerNotes ON dbo.tblAlignerNotes
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, JsonData, Status)
    SELECT 'aligner_notes', i.NoteID, CASE WHEN d.NoteID IS NULL THEN 'INSERT' ELSE 'UPDATE' END,
           (SELECT i.NoteID AS note_id, i.AlignerSetID AS aligner_set_id, i.NoteType AS note_type,
                   i.NoteText AS note_text, i.CreatedAt AS created_at,
                   i.IsEdited AS is_edited, i.EditedAt AS edited_at,
                   i.IsRead AS is_read
            FOR JSON PATH, INCLUDE_NULL_VALUES, WITHOUT_ARRAY_WRAPPER),
           'pending'
    FROM inserted AS i
    LEFT JOIN deleted AS d ON d.NoteID = i.NoteID
    WHERE i.NoteType = 'Lab'
      AND (d.NoteID IS NULL
           OR EXISTS (SELECT i.AlignerSetID, i.NoteType, i.NoteText COLLATE Latin1_General_BIN2, i.CreatedAt, i.IsEdited,
                          i.EditedAt, i.IsRead
                      EXCEPT
                      SELECT d.AlignerSetID, d.NoteType, d.NoteText COLLATE Latin1_General_BIN2, d.CreatedAt, d.IsEdited,
                          d.EditedAt, d.IsRead));

    INSERT INTO dbo.SyncQueue (TableName, RecordID, Operation, Status)
    SELECT 'aligner_notes', d.NoteID, 'DELETE', 'pending'
    FROM deleted AS d
    WHERE NOT EXISTS (SELECT 1 FROM inserted AS i WHERE i.NoteID = d.NoteID);
END;
GO
