// The same polls in plain Node, the way such services are usually written: a page of changed rows is read, then each
// row is written by itself. It polls once at start and again at every SIGUSR2, over connections that stay open. Its
// argument is the settings file.
import { TYPES } from 'tedious';
import { connectPostgres, connectSqlServer } from './databases.mjs';
import { readSettings, sqlServerSettings } from './settings.mjs';

const env = readSettings(process.argv[2]);
const limit = Number(env.REVERSE_SYNC_MAX_RECORDS ?? 500);
const oneCallPerRow = process.env.PEER_CALLS_PER_ROW === '1';
const lookback = `${Number(env.REVERSE_SYNC_LOOKBACK_HOURS ?? 24)} hours`;

const noteWrites = {
  exists: 'SELECT NoteType FROM dbo.tblAlignerNotes WHERE NoteID = @id',
  insert: `SET IDENTITY_INSERT dbo.tblAlignerNotes ON;
    INSERT INTO dbo.tblAlignerNotes (NoteID, AlignerSetID, NoteType, NoteText, CreatedAt, IsEdited, EditedAt, IsRead)
    VALUES (@id, @set, @type, @text, @created, @edited, @editedAt, 0);
    SET IDENTITY_INSERT dbo.tblAlignerNotes OFF;`,
  update: `UPDATE dbo.tblAlignerNotes SET AlignerSetID = @set, NoteText = @text, IsEdited = @edited, EditedAt = @editedAt
    WHERE NoteID = @id AND NoteType = @type;`,
};
noteWrites.both = `IF EXISTS (SELECT 1 FROM dbo.tblAlignerNotes WHERE NoteID = @id) ${noteWrites.update}
  ELSE BEGIN ${noteWrites.insert} END;`;

async function writeNote(sqlserver, note) {
  const id = { id: [TYPES.Int, note.note_id] };
  const values = {
    ...id,
    set: [TYPES.Int, note.aligner_set_id],
    type: [TYPES.VarChar, note.note_type],
    text: [TYPES.NVarChar, note.note_text],
    created: [TYPES.DateTime, note.created_at],
    edited: [TYPES.Bit, note.is_edited],
    editedAt: [TYPES.DateTime, note.edited_at],
  };
  if (oneCallPerRow) return sqlserver.execute(noteWrites.both, values);
  const found = await sqlserver.execute(noteWrites.exists, id);
  return sqlserver.execute(found.length > 0 ? noteWrites.update : noteWrites.insert, values);
}

async function writeBatch(sqlserver, batch) {
  const id = { id: [TYPES.Int, batch.aligner_batch_id] };
  if (!oneCallPerRow) {
    const found = await sqlserver.execute('SELECT Days FROM dbo.tblAlignerBatches WHERE AlignerBatchID = @id', id);
    if (found.length === 0) return;
  }
  await sqlserver.execute('UPDATE dbo.tblAlignerBatches SET Days = @days WHERE AlignerBatchID = @id', {
    ...id,
    days: [TYPES.Int, batch.days],
  });
}

const streams = [
  {
    name: 'notes',
    write: writeNote,
    key: 'note_id',
    page: `SELECT note_id, aligner_set_id, note_type, note_text, created_at, is_edited, edited_at,
        GREATEST(created_at, edited_at)::text AS changed_at
      FROM public.aligner_notes
      WHERE note_type = 'Doctor' AND (GREATEST(created_at, edited_at), note_id) > ($1::timestamptz, $2::int)
      ORDER BY GREATEST(created_at, edited_at), note_id LIMIT $3`,
  },
  {
    name: 'batches',
    write: writeBatch,
    key: 'aligner_batch_id',
    page: `SELECT aligner_batch_id, days, updated_at::text AS changed_at
      FROM public.aligner_batches
      WHERE updated_at > created_at AND (updated_at, aligner_batch_id) > ($1::timestamptz, $2::int)
      ORDER BY updated_at, aligner_batch_id LIMIT $3`,
  },
];

async function catchUp(supabase, sqlserver, stream) {
  let written = 0;
  for (;;) {
    const { rows } = await supabase.query({ name: stream.name, text: stream.page, values: [...stream.cursor, limit] });
    for (const row of rows) await stream.write(sqlserver, row);
    written += rows.length;
    if (rows.length > 0) stream.cursor = [rows.at(-1).changed_at, rows.at(-1)[stream.key]];
    if (rows.length < limit) return written;
  }
}

async function poll(supabase, sqlserver) {
  const started = performance.now();
  const written = [];
  for (const stream of streams) written.push(await catchUp(supabase, sqlserver, stream));
  const duration = Math.round(performance.now() - started);
  console.log(`✅ Reverse sync complete: ${written[0]} notes, ${written[1]} batches (${duration}ms)`);
}

const supabase = await connectPostgres(env.SUPABASE_DB_URL);
const sqlserver = await connectSqlServer(sqlServerSettings(env));
const { rows } = await supabase.query('SELECT (now() - $1::interval)::text AS start', [lookback]);
for (const stream of streams) stream.cursor = [rows[0].start, 0];

let running = poll(supabase, sqlserver);
process.on('SIGUSR2', () => {
  running = running.then(() => poll(supabase, sqlserver));
});
