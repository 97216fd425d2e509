# databases.sh: the clinic's two databases, on the servers of tests/support/with_servers.sh. Sourced by run.sh.

supabase() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$supabase_url" "$@"; }
sqlserver() {
    TDSVER=7.4 tsql -H "$SIM_HOST" -p "$SIM_PORT" -U "$SIM_USER" -P "$SIM_PASSWORD" -D "$SIM_DATABASE" -J UTF-8 -o fhq 2>/dev/null
}
arrived() { sqlserver <<<$'SELECT COUNT(*) FROM dbo.tblAlignerNotes\ngo' | tr -dc '0-9'; }
all_arrived() { [ "$(arrived)" = "$(supabase -c 'SELECT count(*) FROM aligner_notes')" ]; }
doctor_writes() {
    supabase -c "INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) SELECT 1, 'Doctor', 'note ' || n
                 FROM generate_series(1, $1) n"
}
# Old enough to be read once only.
settled() { [ "$(supabase -c "SELECT now() - max(created_at) > interval '2 s' FROM aligner_notes")" = t ]; }

prepare_databases() {
    psql -X -q -d "$TEST_POSTGRES_URL" -c "CREATE DATABASE portal"
    supabase_url=${TEST_POSTGRES_URL%/*}/portal
    supabase -f tests/sql/supabase-clinic.sql >/dev/null 2>&1
    supabase -c "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO $TEST_POSTGRES_ROLE" >/dev/null
    sqlserver < tests/sql/sqlserver-clinic.sql >/dev/null
    supabase -c "INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'Doctor A');
                 INSERT INTO patients (person_id, patient_name) VALUES (1, 'Patient A');
                 INSERT INTO work (work_id, person_id) VALUES (1, 1);
                 INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) VALUES (1, 1, 1)"
    sqlserver >/dev/null <<'SQL'
SET QUOTED_IDENTIFIER, ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL ON;
INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor A');
INSERT INTO dbo.tblpatients (PatientName) VALUES (N'Patient A');
INSERT INTO dbo.tblwork (PersonID, Typeofwork) VALUES (1, 1);
INSERT INTO dbo.tblAlignerSets (WorkID, AlignerDrID) VALUES (1, 1);
go
SQL
}
