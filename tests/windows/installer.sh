#!/usr/bin/env bash
# installer.sh INSTALLER.EXE PACKAGE.ZIP
#
# Both packages as a clinic uses them, in a Wine of their own: what the ZIP holds, then the installer from the first
# installation over an upgrade while the service runs to the removal. Prints what it did, and ends with the first thing that
# is not as it should be.
set -euo pipefail
installer=$(realpath "$1")
zip=$(realpath "$2")
source "$(dirname "${BASH_SOURCE[0]}")/wine.sh"

folder="$WINEPREFIX/drive_c/Program Files/ReverseSync"
program="$folder/reverse-syncd.exe"
uninstall_key='HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\ReverseSync'

listed() { timeout 60 wine reg query "$uninstall_key" /v "$1" > "$WINEPREFIX/listed" 2>&1; }

# Waits at most 30 s until the command succeeds.
eventually() {
  local left=150
  until "$@"; do
    [ $((left -= 1)) -gt 0 ] || fail "in vain: $*"
    sleep 0.2
  done
}

(cd "$WINEPREFIX" && cmake -E tar tf "$zip") > "$WINEPREFIX/entries"
for wanted in reverse-syncd.exe libpq.dll docs/windows.md sql/sqlserver/install-sync.sql docs/examples/mapping.json LICENSE; do
  grep -qxF "$wanted" "$WINEPREFIX/entries" || fail "the ZIP lacks $wanted: $(cat "$WINEPREFIX/entries")"
done

run 0 "$installer" /S
(cd "$folder" && find . -type f | cut -c3- | sort) > "$WINEPREFIX/installed"
diff <(grep -v '/$' "$WINEPREFIX/entries" | sort) <(grep -vx uninstall.exe "$WINEPREFIX/installed") ||
  fail 'the installer does not hold what the ZIP holds'
listed DisplayVersion || fail 'Windows does not list the program'
registered || fail 'the event source is not registered'
expect 1 'has not been started' status
grep -q DB_SERVER "$data/.env" || fail 'there is no template of the .env'

settings "$port"
expect 0 'The service runs, process' start
answers || fail 'the service does not answer'

# An upgrade while it runs: a program that runs cannot be replaced, so it must be stopped and started.
printf 'of an older version' > "$folder/README.md"
run 0 "$installer" /S
grep -q 'Reverse Sync' "$folder/README.md" || fail 'the upgrade replaced nothing'
expect 0 'ReverseSync runs, process' status
answers || fail 'the service does not answer after the upgrade'
grep -q "PORT=$port" "$data/.env" || fail 'the upgrade changed the settings'

# A service that was stopped stays so.
expect 0 'The service has stopped' stop
run 0 "$installer" /S
expect 1 'stopped' status

# It goes on in a copy of itself.
run 0 "$folder/uninstall.exe" /S
gone() { [ ! -e "$folder" ]; }
eventually gone
! listed DisplayVersion || fail 'Windows still lists the program'
! registered || fail 'the event source is still registered'
grep -q "PORT=$port" "$data/.env" || fail 'the settings are gone'
echo 'all as it should be'
