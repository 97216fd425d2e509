#!/usr/bin/env bash
# with_servers.sh [--pg-bin DIR] [--sim FILE|--no-sim] -- command…
#
# Runs a command beside a throw-away PostgreSQL cluster and the SQL Server stand-in, and ends with its exit code.
# The command finds in its environment:
#   TEST_POSTGRES_URL    superuser on the cluster; the role in TEST_POSTGRES_ROLE logs in with TEST_POSTGRES_PASSWORD
#   TEST_SQLSERVER_URL   sqlserver://user:password@host:port/database?encrypt=off
#   TEST_TLS_FOLDER      server.crt and server.key for localhost, signed by ca.crt; other-ca.crt signed neither
#   SQLSERVER_SIM        the stand-in's binary; SIM_HOST, SIM_PORT, SIM_USER, SIM_PASSWORD, SIM_DATABASE lead to the
#                        one that runs
# When TEST_SQLSERVER_URL is already set, that server is used and no stand-in is started; TEST_SQLSERVER_REAL is then 1.
# Both servers and all their files are gone afterwards, even if this script is killed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
pg_bin=
sim=${SQLSERVER_SIM:-$root/build/dev/tests/sqlserver_sim/sqlserver-sim}
while [ $# -gt 0 ]; do
    case $1 in
        --pg-bin) pg_bin=$2; shift 2 ;;
        --sim) sim=$2; shift 2 ;;
        --no-sim) sim=none; shift ;;
        --) shift; break ;;
        *) break ;;
    esac
done
[ $# -gt 0 ] || { echo "usage: with_servers.sh [--pg-bin DIR] [--sim FILE|--no-sim] -- command…" >&2; exit 2; }

fail() { echo "with_servers.sh: $*" >&2; exit 1; }

[ -n "$pg_bin" ] || pg_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$pg_bin/initdb" ] || fail "no PostgreSQL server found; run packaging/install-build-dependencies.sh"
folder=$(mktemp -d "${TMPDIR:-/tmp}/revsync-servers.XXXXXX")

# Stops what runs from $folder and removes it.
clean_up() {
    local pid
    for pid in $(cat "$folder/sim.pid" 2>/dev/null); do kill -TERM "$pid" 2>/dev/null || true; done
    pid=$(head -1 "$folder/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null || true
    while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    rm -rf "$folder"
}

# The cleaner outlives this script however that ends: it waits for the end of a pipe which only the script holds
# open, so every child must close its copy.
exec {lifeline}> >(trap '' INT TERM HUP; cat >/dev/null; clean_up)
cleaner=$!
trap 'status=$?; exec {lifeline}>&-; wait "$cleaner" || true; exit "$status"' EXIT

# PostgreSQL refuses to run as root.
owner=
if [ "$(id -u)" = 0 ]; then
    owner=$(id -un postgres 2>/dev/null || echo nobody)
    chown "$owner" "$folder"
fi
as_owner() {
    if [ -n "$owner" ]; then
        (cd "$folder" && exec setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups "$@") {lifeline}>&-
    else
        (cd "$folder" && exec "$@") {lifeline}>&-
    fi
}

# Binaries out of a folder that the owner cannot read are run from a copy.
if ! as_owner test -x "$pg_bin/postgres"; then
    cp -a "$(dirname "$pg_bin")" "$folder/pg"
    [ -z "$owner" ] || chown -R "$owner" "$folder/pg"
    pg_bin=$folder/pg/bin
fi

make_certificates() {
    local tls=$folder/tls
    mkdir "$tls"
    (
        cd "$tls"
        for authority in ca other-ca; do
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=test $authority" \
                -keyout $authority.key -out $authority.crt
        done
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
            -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' > server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile server.ext \
            -out server.crt
    ) 2>"$folder/openssl.log" || fail "cannot make certificates: $(tail -1 "$folder/openssl.log")"
    chmod 600 "$tls/server.key"
    [ -z "$owner" ] || chown -R "$owner" "$tls"
}

configure_postgres() {
    superuser_password=$(openssl rand -hex 12)
    (umask 077 && echo "$superuser_password" > "$folder/password")
    [ -z "$owner" ] || chown "$owner" "$folder/password"
    as_owner "$pg_bin/initdb" -D "$folder/data" -U postgres --pwfile="$folder/password" -A trust -E UTF8 \
        --locale=C.UTF-8 --no-sync \
        >"$folder/initdb.log" 2>&1 || fail "initdb failed: $(tail -1 "$folder/initdb.log")"
    cat >> "$folder/data/postgresql.conf" <<CONF
listen_addresses = 'localhost'
unix_socket_directories = '$folder'
max_connections = 300
max_prepared_transactions = 10
shared_buffers = 64MB
fsync = off
full_page_writes = off
synchronous_commit = off
deadlock_timeout = 100ms
random_page_cost = 1.1
ssl = on
ssl_cert_file = '$folder/tls/server.crt'
ssl_key_file = '$folder/tls/server.key'
CONF
    cat > "$folder/data/pg_hba.conf" <<CONF
local all all               trust
host  all all 127.0.0.1/32  scram-sha-256
host  all all ::1/128       scram-sha-256
CONF
}

# A port that is free now may be taken a moment later: then another one is tried.
start_postgres() {
    local attempt
    for attempt in 1 2 3 4 5 6 7 8; do
        port=$((15000 + RANDOM % 15000))
        if as_owner "$pg_bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" -o "-p $port" -w -t 60 start \
            >"$folder/pg_ctl.log" 2>&1; then
            return
        fi
    done
    fail "PostgreSQL does not start: $(tail -3 "$folder/data/server.log")"
}

# The daemon's role has the rights of Supabase's own "postgres" role: no superuser, passes row level security, sees all sessions. It still needs grants.
create_role() {
    export TEST_POSTGRES_ROLE=reverse_sync TEST_POSTGRES_PASSWORD=$(openssl rand -hex 12)
    psql -X -q -v ON_ERROR_STOP=1 "$TEST_POSTGRES_URL" {lifeline}>&- <<SQL
CREATE ROLE $TEST_POSTGRES_ROLE LOGIN BYPASSRLS PASSWORD '$TEST_POSTGRES_PASSWORD' IN ROLE pg_monitor;
CREATE DATABASE sqlserver_stand_in;
SQL
}

start_stand_in() {
    local attempt
    export SIM_HOST=127.0.0.1 SIM_USER=sa SIM_DATABASE=clinic SIM_PASSWORD
    SIM_PASSWORD=$(openssl rand -hex 12)
    "$sim" --listen 127.0.0.1:0 --user "$SIM_USER" --database "$SIM_DATABASE" \
        --backend "${TEST_POSTGRES_URL%/*}/sqlserver_stand_in?sslmode=disable" \
        >"$folder/sim.log" 2>&1 {lifeline}>&- &
    echo $! > "$folder/sim.pid"
    for attempt in $(seq 400); do
        if grep -q '^listening on ' "$folder/sim.log"; then
            SIM_PORT=$(sed -n 's/^listening on .*://p' "$folder/sim.log")
            export SIM_PORT TEST_SQLSERVER_URL="sqlserver://$SIM_USER:$SIM_PASSWORD@$SIM_HOST:$SIM_PORT/$SIM_DATABASE?encrypt=off"
            return
        fi
        kill -0 "$(cat "$folder/sim.pid")" 2>/dev/null || break
        sleep 0.05
    done
    fail "the SQL Server stand-in does not start: $(tail -3 "$folder/sim.log")"
}

make_certificates
configure_postgres
start_postgres
export TEST_POSTGRES_URL="postgresql://postgres:$superuser_password@127.0.0.1:$port/postgres"
export TEST_TLS_FOLDER=$folder/tls
create_role
if [ -n "${TEST_SQLSERVER_URL:-}" ]; then
    export TEST_SQLSERVER_REAL=1
elif [ "$sim" != none ]; then
    [ -x "$sim" ] || fail "no SQL Server stand-in at $sim; build the target sqlserver-sim"
    export SQLSERVER_SIM=$sim
    start_stand_in
fi

trap 'kill -TERM "$command" 2>/dev/null' INT TERM HUP
setpriv --pdeathsig TERM "$@" <&0 {lifeline}>&- &
command=$!
status=0
wait "$command" || status=$?
# A signal ends the wait early; the command has been told and ends soon.
while kill -0 "$command" 2>/dev/null; do wait "$command" || status=$?; done
exit "$status"
