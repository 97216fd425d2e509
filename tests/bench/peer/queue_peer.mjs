// The queue drained the way such services usually do it: the oldest item, its row, one upsert, one mark, and the next.
// It drains at every SIGUSR2, over connections that stay open. Its argument is the settings file.
import { TYPES } from 'tedious';
import { connectPostgres, connectSqlServer } from './databases.mjs';
import { readSettings, sqlServerSettings } from './settings.mjs';

const env = readSettings(process.argv[2]);

const oldest = `SELECT TOP (1) QueueID, RecordID FROM dbo.SyncQueue
  WHERE Status = 'Pending' AND TableName = 'aligner_notes' ORDER BY QueueID`;
const present = `SELECT NoteID, AlignerSetID, NoteType, NoteText, CreatedAt, IsEdited, EditedAt, IsRead
  FROM dbo.tblAlignerNotes WHERE NoteID = @id`;
const mark = "UPDATE dbo.SyncQueue SET Status = 'Synced', LastAttempt = GETDATE() WHERE QueueID = @item";
const upsert = {
  name: 'upsert',
  text: `INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text, created_at, is_edited, edited_at, is_read)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (note_id) DO UPDATE SET aligner_set_id = excluded.aligner_set_id, note_text = excluded.note_text,
      is_edited = excluded.is_edited, edited_at = excluded.edited_at, is_read = excluded.is_read`,
};

async function drain(supabase, sqlserver) {
  const started = performance.now();
  let items = 0;
  for (;;) {
    const [item] = await sqlserver.execute(oldest);
    if (!item) break;
    const [queueId, key] = item;
    const [row] = await sqlserver.execute(present, { id: [TYPES.Int, key] });
    await supabase.query({ ...upsert, values: row });
    await sqlserver.execute(mark, { item: [TYPES.Int, queueId] });
    ++items;
  }
  console.log(`drained ${items} items in ${Math.round(performance.now() - started)} ms`);
}

const supabase = await connectPostgres(env.SUPABASE_DB_URL);
const sqlserver = await connectSqlServer(sqlServerSettings(env));
console.log('connected');
let running = Promise.resolve();
process.on('SIGUSR2', () => {
  running = running.then(() => drain(supabase, sqlserver));
});
