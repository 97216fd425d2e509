#!/usr/bin/env bash
# service.sh PROGRAM.EXE [FOLDER_OF_DLLS]
#
# The verbs of "reverse-syncd service" for real, with the service control manager and the registry of a Wine of its own:
# from installation to purge. Prints what it did, and ends with the first thing that is not as it should be.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/wine.sh"

# In one folder, as it is installed: the service control manager has a PATH of its own.
folder="$WINEPREFIX/drive_c/reverse-sync"
mkdir "$folder"
cp "$1" ${2:+"$2"/*.dll} "$folder"
program="$folder/reverse-syncd.exe"

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
answers || fail 'the service does not listen with the settings of its .env'
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
