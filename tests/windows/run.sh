#!/usr/bin/env bash
# run.sh [NAME…]
#
# Builds everything for Windows with MinGW-w64 and runs the tests under Wine, those of NAME… (postgres, http, …) or all,
# beside a throw-away PostgreSQL. Each test program is one process. Ends with 77 where Wine or MinGW is missing, with 1
# when a test failed. What needs sybdb.dll, which is not to be had here, is named as not run.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for tool in wine x86_64-w64-mingw32-g++-posix gendef npm; do
    command -v $tool >/dev/null || { echo "not run: no $tool; packaging/install-build-dependencies.sh --for windows"; exit 77; }
done
if [ -z "${TEST_POSTGRES_URL:-}" ]; then
    packaging/windows/windows-libraries.sh build/windows-libraries || exit 1
    cmake --preset windows-mingw >/dev/null && cmake --build build/windows-mingw || exit 1
    exec tests/support/with_servers.sh --no-sim -- "${BASH_SOURCE[0]}" "$@"
fi

prefix=$(mktemp -d "${TMPDIR:-/tmp}/revsync-wine.XXXXXX")
export WINEPREFIX=$prefix WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml= DISPLAY=
export WINEPATH="$PWD/build/windows-libraries/bin"
trap 'wineserver -k 2>/dev/null; wineserver -w 2>/dev/null; rm -rf "$prefix"' EXIT
wine wineboot --init >/dev/null 2>&1 || { echo "Wine cannot make a prefix" >&2; exit 1; }

passed=0
failed=()
judge() {  # judge NAME STATUS
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
        echo "passed: $1"
    else
        failed+=("$1")
        echo "FAILED: $1 ($2)"
    fi
}

# What speaks of POSIX's permissions, error numbers and sockets in the file system, or of a libpq built for them.
not_on_windows='*.is_readable_by_its_owner_only:AtomicFile.keeps_the_old_content_whichever_call_fails:*.gets_its_folder_made_for_the_owner_alone:StateFile.cannot_be_a_folder:QuarantineFile.is_text_that_a_person_can_read:EchoesFile.is_text_that_a_person_can_read_and_others_cannot:Connecting.NamesTheSocketThatIsNotThere:Logins.TellThatTheServerDoesNotSpeakTls'
# libpq.dll says it of each call that would block, under Wine only.
without_noise() { sed 's/unrecognized win32 error code: 127//g'; }

# A file call costs Wine ten times as much, and each seed of the simulations makes thousands; Linux runs them all.
export SIMULATION_SEEDS=${SIMULATION_SEEDS:-20}

names=("$@")
[ $# -gt 0 ] || names=(core runtime config mapping sync postgres checkpoint http service daemon program)
for name in "${names[@]}"; do
    [ "$name" != program ] || continue
    timeout 600 wine "build/windows-mingw/tests/$name/revsync_${name}_test.exe" --gtest_brief=1 \
        --gtest_filter="-$not_on_windows" </dev/null 2>&1 | without_noise
    judge "$name" "${PIPESTATUS[0]}"
done

daemon() { timeout 60 wine build/windows-mingw/daemon/reverse-syncd.exe "$@" </dev/null 2>&1 | tr -d '\r'; }
expect() {  # expect NAME TEXT ARGUMENT…: the program's output holds TEXT
    local name=$1 text=$2 output
    output=$(daemon "${@:3}")
    grep -qF -- "$text" <<<"$output"
    local outcome=$?
    [ $outcome = 0 ] || printf '%s\n' "$output"
    judge "$name" $outcome
}
pack() {
    rm -rf build/windows-mingw/packages
    cpack --preset zip >/dev/null && cpack --preset installer >/dev/null && ls -l build/windows-mingw/packages/*.*
}
if [[ " ${names[*]} " == *" program "* ]]; then
    expect "reverse-syncd.exe --help" "Usage: reverse-syncd" --help
    expect "reverse-syncd.exe --version" "reverse-syncd $(sed -n 's/^project.* VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" --version
    profile=$prefix/drive_c/$'\xd8\xb9\xd9\x8a\xd8\xa7\xd8\xaf\xd8\xa9'  # Arabic, whatever the locale
    mkdir "$profile"
    printf 'SUPABASE_DB_URL=%s\nDB_SERVER=127.0.0.1\nDB_NAME=clinic\nDB_USER=sa\nDB_PASSWORD=none\nREVERSE_SYNC_STATE_FILE=C:\\%s\\state.json\n' \
        "$TEST_POSTGRES_URL" "$(basename "$profile")" > "$profile/.env"
    settings="C:\\$(basename "$profile")\\.env"
    expect "settings and state in a folder with an Arabic name" "$(basename "$profile")\\state.json can be written" \
        check --offline --env-file "$settings"
    [ -f "$profile/state.json" ]
    judge "the state file is in that folder" $?
    expect "check reads the real PostgreSQL" "PostgreSQL 1" check --env-file "$settings"
    expect "check says that sybdb.dll is missing" "sybdb.dll (FreeTDS) cannot be loaded" check --env-file "$settings"
    tests/windows/service.sh build/windows-mingw/daemon/reverse-syncd.exe build/windows-libraries/bin
    judge "service verbs, with Wine's service control manager" $?
    pack && tests/windows/installer.sh build/windows-mingw/packages/*.exe build/windows-mingw/packages/*.zip
    judge "installer and ZIP" $?
fi

echo "not run: what is of POSIX: $not_on_windows"
echo "not run: the tests of sqlserver and the end-to-end tests: they need sybdb.dll"
printf '%d passed, %d failed\n' "$passed" ${#failed[@]}
[ ${#failed[@]} = 0 ]
