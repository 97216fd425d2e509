#!/usr/bin/env bash
# run.sh tsql|bsqldb|freebcp|tedious
#
# Runs one client's test against the server in TEST_SQLSERVER_URL, or beside throw-away servers when that is not set.
# Exits with 77 when the client is not installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
client=${1:?which client}

if [ -z "${TEST_SQLSERVER_URL:-}" ]; then
    exec "$here/../../support/with_servers.sh" -- "$0" "$client"
fi

if ! [[ $TEST_SQLSERVER_URL =~ ^sqlserver://([^:@]*):([^@]*)@([^:/]+):([0-9]+)/([^?]*) ]]; then
    echo "TEST_SQLSERVER_URL is not sqlserver://user:password@host:port/database" >&2
    exit 2
fi
decode() { printf '%b' "${1//%/\\x}"; }
SIM_USER=$(decode "${BASH_REMATCH[1]}")
SIM_PASSWORD=$(decode "${BASH_REMATCH[2]}")
SIM_HOST=${BASH_REMATCH[3]}
SIM_PORT=${BASH_REMATCH[4]}
SIM_DATABASE=${BASH_REMATCH[5]}
export SIM_USER SIM_PASSWORD SIM_HOST SIM_PORT SIM_DATABASE

if [ "$client" = tedious ]; then
    command -v node >/dev/null && command -v npm >/dev/null || exit 77
    cd "$here"
    [ -d node_modules/tedious ] || npm ci --no-audit --no-fund >&2
    exec node --test --test-reporter=spec tedious.mjs
fi
command -v "$client" >/dev/null || exit 77
exec "$here/$client.sh"
