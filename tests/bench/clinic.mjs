// The clinic's two databases, filled with synthetic rows.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connectPostgres, connectSqlServer } from './peer/databases.mjs';
import { Program } from './process.mjs';

const script = (name) => readFileSync(new URL(`../sql/${name}`, import.meta.url), 'utf8');

const sets = 20;

// The notes' text: about what a doctor writes, in two scripts.
const text = `'Please check the attachment on the upper left canine, aligner ' || g || '. ' || 'يرجى مراجعة الملحق قبل الموعد القادم'`;

export class Supabase {
  static async prepare(url, role) {
    const supabase = new Supabase();
    supabase.client = await connectPostgres(url);
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
       SELECT 1 + g % ${sets}, 'Doctor', ${text}, clock_timestamp(), false FROM generate_series(1, $1::int) g`,
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

  // What the tables hold, as one text: equal on both sides when all has arrived.
  async summary() {
    const { rows } = await this.client.query(
      "SELECT concat_ws(' ', count(*), sum(note_id), sum(length(note_text))) AS summary FROM aligner_notes",
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
    const backend = new URL(postgresUrl);
    backend.pathname = `/bench_${name}`;
    const postgres = await connectPostgres(postgresUrl);
    await postgres.query(`CREATE DATABASE bench_${name}`);
    await postgres.end();

    const { user, password, database } = server.settings;
    const args = ['--listen', '127.0.0.1:0', '--user', user, '--database', database, '--backend', backend.href];
    const program = new Program(`stand-in for the ${name}`, binary, args, { ...process.env, SIM_PASSWORD: password });
    server.settings.host = '127.0.0.1';
    server.settings.port = Number((await program.waitFor(/^listening on .*:(\d+)/))[1]);
    await server.#fill();
    return server;
  }

  get address() {
    return `${this.settings.host}:${this.settings.port}`;
  }

  async summary() {
    const [row] = await this.client.execute(
      'SELECT COUNT(*), COALESCE(SUM(CAST(NoteID AS bigint)), 0), COALESCE(SUM(CAST(LEN(NoteText) AS bigint)), 0) FROM dbo.tblAlignerNotes',
    );
    return row.join(' ');
  }

  async #fill() {
    this.client = await connectSqlServer(this.settings);
    for (const batch of script('sqlserver-clinic.sql').split(/^\s*GO\s*$/im)) {
      if (batch.trim() !== '') await this.client.batch(batch);
    }
    await this.client.batch(`
      INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor 1');
      INSERT INTO dbo.tblpatients (PatientName) VALUES (N'Patient 1');
      INSERT INTO dbo.tblwork (PersonID, Typeofwork) VALUES (1, 1);`);
    for (let set = 1; set <= sets; ++set) {
      await this.client.batch('INSERT INTO dbo.tblAlignerSets (WorkID, AlignerDrID) VALUES (1, 1)');
    }
  }
}
