// The clinic's two databases, filled with synthetic rows.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connectPostgres, connectSqlServer, SqlServerPool, TYPES } from './peer/databases.mjs';
import { pause, processorTime, Program } from './process.mjs';

const script = (name) => readFileSync(new URL(`../sql/${name}`, import.meta.url), 'utf8');

const sets = 20;

// The notes' text around their number: about what a doctor writes, in two scripts.
export const noteText = {
  before: 'Please check the attachment on the upper left canine, aligner ',
  after: '. يرجى مراجعة الملحق قبل الموعد القادم',
};
const text = (number) => `'${noteText.before}' || ${number} || '${noteText.after}'`;

// A database of its own in the cluster.
async function createDatabase(url, name) {
  const postgres = await connectPostgres(url);
  await postgres.query(`CREATE DATABASE ${name}`);
  await postgres.end();
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}

const envelope = { table: 'aligner_notes', schema: 'public' };
const insertBody = (record) => JSON.stringify({ type: 'INSERT', ...envelope, record, old_record: null });
const updateBody = (record) => JSON.stringify({ type: 'UPDATE', ...envelope, record, old_record: record });

export class Supabase {
  #editions = 0;

  static async prepare(name, clusterUrl, role) {
    const supabase = new Supabase();
    supabase.url = await createDatabase(clusterUrl, `supabase_${name}`);
    supabase.client = await connectPostgres(supabase.url);
    await supabase.client.query(script('supabase-clinic.sql'));
    await supabase.client.query(`
      GRANT USAGE ON SCHEMA public TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
      INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'Doctor 1');
      INSERT INTO patients (person_id, patient_name) VALUES (1, 'Patient 1');
      INSERT INTO work (work_id, person_id) VALUES (1, 1);
      INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) SELECT g, 1, 1 FROM generate_series(1, ${sets}) g;`);
    return supabase;
  }

  // Committed as many doctors' edits would be: each with its own time.
  async addNotes(count) {
    if (count === 0) return;
    await this.client.query(
      `INSERT INTO aligner_notes (aligner_set_id, note_type, note_text, created_at, is_read)
       SELECT 1 + g % ${sets}, 'Doctor', ${text('g')}, clock_timestamp(), false FROM generate_series(1, $1::int) g`,
      [count],
    );
  }

  async editNotes(count) {
    await this.client.query(
      `UPDATE aligner_notes SET note_text = note_text || ' *', is_edited = true, edited_at = clock_timestamp()
       WHERE note_id IN (SELECT note_id FROM aligner_notes ORDER BY note_id LIMIT $1)`,
      [count],
    );
  }

  // Notes 1 to `count`, too old for a poll to look at.
  async addOldNotes(count) {
    await this.client.query(
      `INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text, created_at, is_read)
       SELECT g, 1 + g % ${sets}, 'Doctor', ${text('g')}, '2025-01-01 09:00:00Z', false FROM generate_series(1, $1::int) g`,
      [count],
    );
    await this.client.query("SELECT setval('aligner_notes_note_id_seq', $1::int)", [count]);
    await this.client.query('VACUUM ANALYZE aligner_notes');
  }

  // Each of the notes `first` to `last` gets a text that it never had before, ending in the edition's mark.
  async newEdition(first, last) {
    const edition = { first, last, count: last - first + 1, mark: ` #${++this.#editions}`, at: new Date().toISOString() };
    await this.client.query(
      `UPDATE aligner_notes SET note_text = ${text('note_id')} || $3, is_edited = true, edited_at = $4
       WHERE note_id BETWEEN $1 AND $2`,
      [first, last, edition.mark, edition.at],
    );
    // Or the first to read the rows would clean up after this.
    await this.client.query('VACUUM aligner_notes');
    return edition;
  }

  // Neither here nor in the stand-in, which is on the same server: in the middle of a run it would take time only of
  // who writes enough rows to set it off.
  async keepFromCleaningUp() {
    await this.client.query('ALTER SYSTEM SET autovacuum = off');
    await this.client.query('SELECT pg_reload_conf()');
  }

  // The body of the webhook for a note that a doctor adds now.
  async addNote(number) {
    const { rows } = await this.client.query({
      name: 'add note',
      text: `INSERT INTO aligner_notes AS n (aligner_set_id, note_type, note_text, is_read)
        VALUES (1 + $1::int % ${sets}, 'Doctor', ${text('$1::int')}, false) RETURNING note_id, to_jsonb(n) AS record`,
      values: [number],
    });
    return { key: rows[0].note_id, body: insertBody(rows[0].record) };
  }

  // Bodies of webhooks for the notes as they are, in the order of their keys.
  async editBodies(first, last) {
    const { rows } = await this.client.query(
      'SELECT to_jsonb(n) AS record FROM aligner_notes n WHERE note_id BETWEEN $1 AND $2 ORDER BY note_id',
      [first, last],
    );
    return rows.map(({ record }) => updateBody(record));
  }

  // What the tables hold, as one text: equal on both sides when all has arrived.
  async summary() {
    const { rows } = await this.client.query(
      "SELECT concat_ws(' ', count(*), sum(note_id), sum(length(note_text))) AS summary FROM aligner_notes",
    );
    return rows[0].summary;
  }

  // Rows that sessions have written in the notes since they were last forgotten; sessions tell within a second.
  async rowsWritten() {
    await pause(1_100);
    const { rows } = await this.client.query(
      "SELECT (n_tup_ins + n_tup_upd)::int AS written FROM pg_stat_user_tables WHERE relname = 'aligner_notes'",
    );
    return rows[0].written;
  }

  async forgetCounts() {
    await pause(1_100);
    await this.client.query("SELECT pg_stat_reset_single_table_counters('aligner_notes'::regclass)");
  }

  async labNotes() {
    const { rows } = await this.client.query(
      "SELECT concat_ws(' ', count(*), sum(note_id), sum(length(note_text))) AS summary FROM aligner_notes WHERE note_type = 'Lab'",
    );
    return rows[0].summary;
  }

  close() {
    return this.client.end();
  }
}

// A SQL Server stand-in of its own, on its own database of the cluster, with the clinic's tables and the parents.
export class ClinicServer {
  static async start(name, binary, postgresUrl) {
    const server = new ClinicServer();
    server.settings = { database: 'clinic', user: 'sa', password: randomBytes(12).toString('hex'), encrypt: false };
    server.backend = await createDatabase(postgresUrl, `bench_${name}`);
    const { user, password, database } = server.settings;
    // What lies behind the stand-in is inside of SQL Server: nothing is encrypted there.
    const backend = `${server.backend}?sslmode=disable`;
    const args = ['--listen', '127.0.0.1:0', '--user', user, '--database', database, '--backend', backend];
    server.program = new Program(`stand-in for the ${name}`, binary, args, { ...process.env, SIM_PASSWORD: password });
    server.settings.host = '127.0.0.1';
    server.settings.port = Number((await server.program.waitFor(/^listening on .*:(\d+)/))[1]);
    await server.#fill();
    return server;
  }

  get address() {
    return `${this.settings.host}:${this.settings.port}`;
  }

  // What it has used so far: the stand-in and the sessions of its database, in milliseconds.
  async processorTime() {
    const postgres = await connectPostgres(this.backend);
    const { rows } = await postgres.query('SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
    await postgres.end();
    return [this.program.pid, ...rows.map((row) => row.pid)].map(processorTime).reduce((sum, one) => sum + one, 0);
  }

  // PostgreSQL's debt for the writes before is no SQL Server's: it is settled between measurements.
  async settle() {
    const postgres = await connectPostgres(this.backend);
    await postgres.query('VACUUM ANALYZE');
    await postgres.end();
  }

  // The notes that Supabase.addOldNotes() made.
  async addOldNotes(count) {
    const page = 5_000;
    for (let first = 1; first <= count; first += page) {
      const notes = [];
      for (let id = first; id < first + page && id <= count; ++id) {
        notes.push({ id, set: 1 + (id % sets), text: noteText.before + id + noteText.after });
      }
      await this.client.execute(
        `SET IDENTITY_INSERT dbo.tblAlignerNotes ON;
         INSERT INTO dbo.tblAlignerNotes (NoteID, AlignerSetID, NoteType, NoteText, CreatedAt, IsRead)
         SELECT j.id, j.[set], 'Doctor', j.text, '2025-01-01T09:00:00', 0
         FROM OPENJSON(@notes) WITH (id int, [set] int, text nvarchar(max)) AS j;
         SET IDENTITY_INSERT dbo.tblAlignerNotes OFF;`,
        { notes: [TYPES.NVarChar, JSON.stringify(notes)] },
      );
    }
  }

  async dropNoteTriggers() {
    for (const trigger of ['trg_AlignerNotes_DoctorActivity', 'trg_sync_tblAlignerNotes']) {
      await this.client.execute(`DROP TRIGGER dbo.${trigger}`);
    }
  }

  // How many of the edition's notes have arrived.
  async arrived(edition) {
    const [[count]] = await this.client.execute(
      'SELECT COUNT(*) FROM dbo.tblAlignerNotes WHERE NoteID BETWEEN @first AND @last AND NoteText LIKE @text',
      { first: [TYPES.Int, edition.first], last: [TYPES.Int, edition.last], text: [TYPES.NVarChar, `%${edition.mark}`] },
    );
    return count;
  }

  async holdsNote(key) {
    const rows = await this.client.execute('SELECT NoteID FROM dbo.tblAlignerNotes WHERE NoteID = @key', { key: [TYPES.Int, key] });
    return rows.length === 1;
  }

  async summary() {
    const [row] = await this.client.execute(
      'SELECT COUNT(*), COALESCE(SUM(CAST(NoteID AS bigint)), 0), COALESCE(SUM(CAST(LEN(NoteText) AS bigint)), 0) FROM dbo.tblAlignerNotes',
    );
    return row.join(' ');
  }

  // The lab adds `records` notes, or has them from before, and edits each until it has changed `edits` times. Returns how
  // many items the triggers have queued.
  async queueLabNotes(records, edits) {
    await this.client.execute("DELETE FROM dbo.SyncQueue WHERE Status = 'Synced'");
    const [[there]] = await this.client.execute("SELECT COUNT(*) FROM dbo.tblAlignerNotes WHERE NoteType = 'Lab'");
    const before = await this.pendingItems();
    if (there === 0) {
      await this.client.execute(
        `INSERT INTO dbo.tblAlignerNotes (AlignerSetID, NoteType, NoteText, IsRead)
         SELECT 1, 'Lab', CONCAT(@before, value, @after), 1 FROM GENERATE_SERIES(1, @records)`,
        { before: [TYPES.NVarChar, noteText.before], after: [TYPES.NVarChar, noteText.after], records: [TYPES.Int, records] },
      );
    }
    for (let edit = there === 0 ? 1 : 0; edit < edits; ++edit) {
      await this.client.execute(
        "UPDATE dbo.tblAlignerNotes SET NoteText = CONCAT(NoteText, N' *'), IsEdited = 1, EditedAt = GETDATE() WHERE NoteType = 'Lab'",
      );
    }
    return (await this.pendingItems()) - before;
  }

  async pendingItems() {
    const [[count]] = await this.client.execute("SELECT COUNT(*) FROM dbo.SyncQueue WHERE Status = 'Pending' AND TableName = 'aligner_notes'");
    return count;
  }

  async labNotes() {
    const [row] = await this.client.execute(
      `SELECT COUNT(*), COALESCE(SUM(CAST(NoteID AS bigint)), 0), COALESCE(SUM(CAST(LEN(NoteText) AS bigint)), 0)
       FROM dbo.tblAlignerNotes WHERE NoteType = 'Lab'`,
    );
    return row.join(' ');
  }

  async #fill() {
    const connection = await connectSqlServer(this.settings);
    for (const batch of script('sqlserver-clinic.sql').split(/^\s*GO\s*$/im)) {
      if (batch.trim() !== '') await connection.batch(batch);
    }
    await connection.batch(`
      INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor 1');
      INSERT INTO dbo.tblpatients (PatientName) VALUES (N'Patient 1');
      INSERT INTO dbo.tblwork (PersonID, Typeofwork) VALUES (1, 1);`);
    for (let set = 1; set <= sets; ++set) {
      await connection.batch('INSERT INTO dbo.tblAlignerSets (WorkID, AlignerDrID) VALUES (1, 1)');
    }
    connection.close();
    this.client = await SqlServerPool.connect(this.settings, 1);
  }
}
