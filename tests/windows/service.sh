#!/usr/bin/env bash
# service.sh PROGRAM.EXE [FOLDER_OF_DLLS]
#
# The verbs of "reverse-syncd service" for real, with the service control manager and the registry of a Wine of its own:
# from installation to purge. Prints what it did, and ends with the first thing that is not as it should be.
set -euo pipefail

WINEPREFIX=$(mktemp -d)
export WINEPREFIX WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
finish() {
  timeout 30 wineserver -k || true
  timeout 30 wineserver -w || true
  rm -rf "$WINEPREFIX"
}
trap finish EXIT
timeout 120 wineboot -i > "$WINEPREFIX/boot.log" 2>&1 || { cat "$WINEPREFIX/boot.log"; exit 1; }
timeout 30 wineserver -k || true  # what the first boot has started, its service control manager, too
timeout 30 wineserver -p          # and the next one stays between two commands, as on Windows

# In one folder, as it is installed: the service control manager has a PATH of its own.
folder="$WINEPREFIX/drive_c/reverse-sync"
mkdir "$folder"
cp "$1" ${2:+"$2"/*.dll} "$folder"
program="$folder/reverse-syncd.exe"
data="$WINEPREFIX/drive_c/ProgramData/ReverseSync"
event_source='HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\ReverseSync'
port=$((20000 + $$ % 20000))
said=

fail() {
  printf 'not as it should be: %s\n%s\n' "$1" "$said" >&2
  exit 1
}

# expect EXIT_CODE WORDS VERB [OPTIONS…]
expect() {
  local code=0
  # To a file: what Wine leaves running would keep a pipe open.
  timeout 120 wine "$program" service "${@:3}" > "$WINEPREFIX/said" 2>&1 < /dev/null || code=$?
  said=$(tr -d '\r' < "$WINEPREFIX/said")
  printf '$ reverse-syncd service %s\n%s\nexit code %s\n' "${*:3}" "$said" "$code"
  [ "$code" = "$1" ] || fail "service ${*:3}: exit code $code instead of $1"
  grep -qF -- "$2" <<< "$said" || fail "service ${*:3} does not say: $2"
}

registered() {
  timeout 60 wine reg query "$event_source" /v EventMessageFile > "$WINEPREFIX/registered" 2>&1 &&
    grep -qF reverse-syncd.exe "$WINEPREFIX/registered"
}

settings() {
  printf 'PORT=%s\r\n' "$1" > "$data/.env"
}

expect 1 'ReverseSync is not installed' status
expect 1 'run reverse-syncd service install' start
expect 2 'service needs one of' restart

expect 0 'is installed, and will start with Windows' install
registered || fail 'the event source is not registered'
grep -q DB_SERVER "$data/.env" || fail 'there is no template of the .env'
expect 1 'has not been started' status
settings "$port"
expect 0 'was installed already' install
grep -q "PORT=$port" "$data/.env" || fail 'the .env was overwritten'

expect 0 'The service runs, process' start
expect 0 'ReverseSync runs, process' status
expect 0 'The service runs already' start
[ "$(curl -s -o "$WINEPREFIX/live" -w '%{http_code}' --max-time 20 "http://127.0.0.1:$port/health/live")" = 200 ] ||
  fail 'the service does not listen with the settings of its .env'
expect 0 'The service has stopped' stop
expect 1 'stopped, exit code of the last run: 0' status
expect 0 'is stopped already' stop

settings none
expect 1 'has stopped again, exit code 2' start
expect 1 'stopped, exit code of the last run: 2' status

settings "$port"
expect 0 'The service runs, process' start
expect 0 'Settings and state stay' uninstall
expect 1 'ReverseSync is not installed' status
grep -q "PORT=$port" "$data/.env" || fail 'the .env is gone'
! registered || fail 'the event source is still registered'
expect 0 'Settings and state are removed' uninstall --purge
[ ! -e "$data" ] || fail 'the folder is still there'
echo 'all as it should be'
