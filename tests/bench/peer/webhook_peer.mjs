// Webhooks in plain Node, the way such services are usually written: Express takes the body, and the row in it is
// written with one statement on a connection of a pool; the answer follows the commit. Its argument is the settings file.
import express from 'express';
import { TYPES } from 'tedious';
import { SqlServerPool } from './databases.mjs';
import { readSettings, sqlServerSettings } from './settings.mjs';

// What the mssql package opens unless told otherwise.
const poolSize = 10;

const env = readSettings(process.argv[2]);
const sqlserver = await SqlServerPool.connect(sqlServerSettings(env), poolSize);

const write = `UPDATE dbo.tblAlignerNotes SET AlignerSetID = @set, NoteText = @text, IsEdited = @edited, EditedAt = @editedAt
  WHERE NoteID = @id AND NoteType = @type;
  IF @@ROWCOUNT = 0
  BEGIN
    SET IDENTITY_INSERT dbo.tblAlignerNotes ON;
    INSERT INTO dbo.tblAlignerNotes (NoteID, AlignerSetID, NoteType, NoteText, CreatedAt, IsEdited, EditedAt, IsRead)
    VALUES (@id, @set, @type, @text, @created, @edited, @editedAt, 0);
    SET IDENTITY_INSERT dbo.tblAlignerNotes OFF;
  END;`;

const time = (text) => (text ? new Date(text) : null);

function writeNote(note) {
  return sqlserver.execute(write, {
    id: [TYPES.Int, note.note_id],
    set: [TYPES.Int, note.aligner_set_id],
    type: [TYPES.VarChar, note.note_type],
    text: [TYPES.NVarChar, note.note_text],
    created: [TYPES.DateTime, time(note.created_at)],
    edited: [TYPES.Bit, note.is_edited],
    editedAt: [TYPES.DateTime, time(note.edited_at)],
  });
}

const app = express();
app.use(express.json());
app.post('/api/sync/webhook', async (request, response) => {
  if (request.get('authorization') !== `Bearer ${env.SUPABASE_WEBHOOK_SECRET}`) {
    response.status(401).json({ success: false });
    return;
  }
  try {
    await writeNote(request.body.record);
    response.json({ success: true });
  } catch (error) {
    response.status(500).json({ success: false, error: error.message });
  }
});
app.listen(Number(env.PORT), env.HOST, () => console.log(`listening on ${env.PORT}`));
