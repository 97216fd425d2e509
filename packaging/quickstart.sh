#!/usr/bin/env bash
# quickstart.sh
#
# Shows Reverse Sync at work on this machine alone: installs what building needs (Debian 12), builds the daemon, starts a
# throw-away Postgres with the clinic's Supabase tables and a stand-in for SQL Server with the clinic's schema, makes
# changes while the daemon is down and while it is up, and shows them arriving. All of it is gone afterwards.
# Exit code 0 only if every change arrived.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$root/build/release/daemon/reverse-syncd
stand_in=$root/build/release/tests/sqlserver_sim/sqlserver-sim

step() { if [ -t 1 ]; then printf '\n\033[1m== %s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi; }
fail() { echo "quickstart.sh: $*" >&2; exit 1; }

build() {
    step "Installing what is missing"
    "$root/packaging/install-build-dependencies.sh" --for quickstart
    step "Building the daemon and the stand-in for SQL Server"
    (cd "$root" && cmake --preset release -DBUILD_TESTING=ON >/dev/null)
    cmake --build "$root/build/release" --target reverse-syncd sqlserver-sim
}

supabase() { psql -X -q -v ON_ERROR_STOP=1 -d "$supabase_url" "$@"; }
sqlserver() {
    TDSVER=7.4 tsql -H "$SIM_HOST" -p "$SIM_PORT" -U "$SIM_USER" -P "$SIM_PASSWORD" -D "$SIM_DATABASE" -J UTF-8 -o fhq -t ': '
}

prepare_databases() {
    psql -X -q -d "$TEST_POSTGRES_URL" -c "CREATE DATABASE portal"
    supabase_url=${TEST_POSTGRES_URL%/*}/portal
    supabase -f "$root/tests/sql/supabase-clinic.sql" 2>/dev/null
    supabase -c "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO $TEST_POSTGRES_ROLE"
    sqlserver < "$root/tests/sql/sqlserver-clinic.sql" >/dev/null
    supabase <<'SQL'
INSERT INTO aligner_doctors (dr_id, doctor_name) VALUES (1, 'Doctor A');
INSERT INTO patients (person_id, patient_name) VALUES (1, 'Patient A');
INSERT INTO work (work_id, person_id) VALUES (1, 1);
INSERT INTO aligner_sets (aligner_set_id, work_id, aligner_dr_id) VALUES (1, 1, 1);
INSERT INTO aligner_batches (aligner_batch_id, aligner_set_id, batch_sequence, days, created_at, updated_at)
    VALUES (1, 1, 1, 10, now() - interval '1 day', now() - interval '1 day');
SQL
    # tsql connects with these off, and SQL Server then refuses rows for a table with computed columns.
    sqlserver >/dev/null <<'SQL'
SET QUOTED_IDENTIFIER, ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL ON;
INSERT INTO dbo.AlignerDoctors (DoctorName) VALUES (N'Doctor A');
INSERT INTO dbo.tblpatients (PatientName) VALUES (N'Patient A');
INSERT INTO dbo.tblwork (PersonID, Typeofwork) VALUES (1, 1);
INSERT INTO dbo.tblAlignerSets (WorkID, AlignerDrID) VALUES (1, 1);
INSERT INTO dbo.tblAlignerBatches (AlignerSetID, UpperAlignerCount, LowerAlignerCount, BatchSequence, Days)
    VALUES (1, 4, 4, 1, 10);
GO
SQL
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

configure() {
    port=$((20000 + RANDOM % 10000))
    while port_is_taken; do port=$((port + 1)); done
    cat > "$folder/.env" <<ENV
SUPABASE_DB_URL=postgresql://$TEST_POSTGRES_ROLE:$TEST_POSTGRES_PASSWORD@${supabase_url#*@}
DB_SERVER=$SIM_HOST
DB_PORT=$SIM_PORT
DB_NAME=$SIM_DATABASE
DB_USER=$SIM_USER
DB_PASSWORD=$SIM_PASSWORD
DB_ENCRYPT=request
PORT=$port
REVERSE_SYNC_INTERVAL_MINUTES=1
FORWARD_SYNC_POLL_SECONDS=2
REVERSE_SYNC_STATE_FILE=$folder/reverse-sync-state.json
ENV
    chmod 600 "$folder/.env"
}

start_daemon() {
    : > "$folder/log"
    "$program" run --env-file "$folder/.env" > >(tee -a "$folder/log" | sed -u 's/^/   | /') 2>&1 &
    daemon=$!
}

# What Supabase sends when row $2 of table $1 has been inserted. Prints the answer.
send_webhook() {
    local body="{\"type\":\"INSERT\",\"schema\":\"public\",\"table\":\"$1\",\"record\":$2,\"old_record\":null}"
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'POST /api/sync/webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' >&3
    printf 'Connection: close\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body" >&3
    cat <&3
    exec 3>&-
}

# Waits at most $2 seconds until the daemon has said $1.
wait_for() {
    local left=$(($2 * 5))
    until grep -qF -- "$1" "$folder/log"; do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon ended before it said '$1'"
        [ $((left -= 1)) -gt 0 ] || fail "the daemon did not say '$1' within $2 seconds"
        sleep 0.2
    done
}

stop_daemon() {
    kill -TERM "$daemon"
    wait "$daemon" || fail "the daemon did not stop cleanly"
}

rows_in_supabase() {
    supabase -At -c "SELECT 'note ' || note_id || ': ' || note_text FROM aligner_notes ORDER BY note_id" \
        -c "SELECT 'batch ' || aligner_batch_id || ': ' || days || ' days' FROM aligner_batches"
}
rows_in_sqlserver() {
    sqlserver <<'SQL'
SELECT 'note ' + CONVERT(varchar(10), NoteID), NoteText FROM dbo.tblAlignerNotes ORDER BY NoteID;
SELECT 'batch ' + CONVERT(varchar(10), AlignerBatchID), CONVERT(varchar(10), Days) + ' days' FROM dbo.tblAlignerBatches;
GO
SQL
}

compare() {
    rows_in_supabase > "$folder/supabase"
    rows_in_sqlserver > "$folder/sqlserver"
    printf '\n   %-50s   %s\n' "Supabase" "SQL Server"
    paste -d '\n' "$folder/supabase" "$folder/sqlserver" | while IFS= read -r left && IFS= read -r right; do
        # printf pads by bytes, people read letters.
        printf '   %s%*s   %s\n' "$left" $((${#left} < 50 ? 50 - ${#left} : 0)) '' "$right"
    done
    cmp -s "$folder/supabase" "$folder/sqlserver" || fail "the two sides differ"
    echo "   Both sides are the same."
}

show() {
    folder=$(mktemp -d)
    trap 'kill "${daemon:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT

    step "Preparing both databases"
    prepare_databases
    configure
    echo "   Supabase and SQL Server hold one doctor, one patient, one aligner set and one batch of 10 days."

    step "Starting the daemon for the first time: it learns where it stands"
    start_daemon
    wait_for "Startup sync complete" 30
    stop_daemon

    step "Changing things in Supabase while the daemon is down"
    supabase <<'SQL'
INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) VALUES
    (1, 'Doctor', 'Please slow down the upper aligners'),
    (1, 'Doctor', 'يرجى إبطاء التقويم العلوي'),
    (1, 'Doctor', 'تکایە خاوی بکەنەوە 🦷');
UPDATE aligner_batches SET days = 14 WHERE aligner_batch_id = 1;
SQL
    echo "   three new notes, and 14 days instead of 10"

    step "Starting the daemon: it recovers what it missed"
    start_daemon
    wait_for "Startup sync recovered 4 missed changes" 30
    compare

    step "Changing things while the daemon is up"
    : > "$folder/log"
    supabase <<'SQL'
INSERT INTO aligner_notes (aligner_set_id, note_type, note_text) VALUES (1, 'Doctor', 'Written while the daemon is up');
UPDATE aligner_notes SET note_text = 'Please slow down both aligners', is_edited = true, edited_at = now() WHERE note_id = 1;
SQL
    echo "   one new note and one edited note; the next poll comes within a minute"
    wait_for "Reverse sync complete" 90
    compare

    step "Changing something that Supabase tells the daemon of: a webhook"
    supabase -c "INSERT INTO aligner_notes (note_id, aligner_set_id, note_type, note_text)
                 VALUES (100, 1, 'Doctor', 'Told by a webhook')"
    send_webhook aligner_notes '{"note_id": 100}' | tee "$folder/answer" | sed -n '1p;$p' | sed 's/^/   > /'
    grep -q '"committed"' "$folder/answer" || fail "the webhook was not answered as committed"
    compare

    step "Changing something in SQL Server: its triggers queue it, and the daemon drains the queue"
    : > "$folder/log"
    sqlserver >/dev/null <<'SQL'
SET QUOTED_IDENTIFIER, ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL ON;
INSERT INTO dbo.tblAlignerNotes (AlignerSetID, NoteType, NoteText) VALUES (1, 'Lab', N'Ready on Monday, says the lab');
UPDATE dbo.tblAlignerBatches SET Days = 12 WHERE AlignerBatchID = 1;
GO
SQL
    echo "   one new note of the lab, and 12 days instead of 14"
    wait_for "📤 Synced" 30
    compare
    stop_daemon

    step "Done. Next: docs/configuration.md shows a real .env"
}

if [ "${1:-}" = show ]; then
    show
elif [ $# = 0 ]; then
    build
    env -u TEST_SQLSERVER_URL "$root/tests/support/with_servers.sh" --sim "$stand_in" -- "$root/packaging/quickstart.sh" show
else
    echo "usage: quickstart.sh" >&2
    exit 2
fi
