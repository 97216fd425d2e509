#!/usr/bin/env bash
# run.sh [PACKAGE.deb]
#
# Tries the Debian package as its users do: in a bare Debian 12 under a systemd of its own, from installation to purge, beside
# throw-away servers; then an RPM package that lies beside it, without a systemd (rpm.sh). Without an argument it builds the
# packages first (release preset). Needs root, and the right to make name spaces; without them it ends with 77, "not run". The
# bare Debian is kept in ${XDG_CACHE_HOME:-~/.cache}/reverse-sync.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source_folder=$PWD

not_run() { echo "NOT RUN: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; journal=1; exit 1; }
step() { printf '== %s\n' "$*"; }
. tests/package/machine.sh
. tests/package/databases.sh

build() {
    cmake --preset release >/dev/null
    cmake --build build/release --target package-contents
    rm -rf build/release/packages
    cpack --preset deb >/dev/null
    cpack --preset rpm >/dev/null
}

# --- what can be seen of the package without installing it

look_at_package() {
    step "the package"
    local bytes
    bytes=$(stat -c %s "$package")
    dpkg-deb --field "$package" Package Version Depends
    echo "$bytes bytes"
    [ "$bytes" -le $((3 * 1024 * 1024)) ] || fail "the package is larger than 3 MB"
    dpkg-deb --contents "$package" | grep -E ' \./(usr/bin/|etc/|lib/|usr/lib/)' | awk '{print $1, $2, $6}'
    lintian --fail-on error --tag-display-limit 0 "$package" || fail "lintian finds errors"
    local exposure
    dpkg-deb --fsys-tarfile "$package" | tar -xO --wildcards '*/reverse-sync.service' > "$folder/reverse-sync.service"
    exposure=$(systemd-analyze security --offline=true "$folder/reverse-sync.service" | tail -1)
    echo "$exposure"
    awk '{ exit !($(NF - 2) <= 1.5) }' <<<"$exposure" || fail "the unit is exposed"
}

# As an editor does it: the file stays the same, with its owner and mode.
configure() {
    inside sh -c 'cat > /etc/reverse-sync/.env' </dev/null
    nsenter -t "$init" -m -- sh -c 'cat > /etc/reverse-sync/.env' <<ENV
SUPABASE_DB_URL=postgresql://$TEST_POSTGRES_ROLE:$TEST_POSTGRES_PASSWORD@${supabase_url#*@}
DB_SERVER=$SIM_HOST
DB_PORT=$SIM_PORT
DB_NAME=$SIM_DATABASE
DB_USER=$SIM_USER
DB_PASSWORD=$SIM_PASSWORD
DB_ENCRYPT=request
PORT=$port
REVERSE_SYNC_STATE_FILE=/var/lib/reverse-sync/reverse-sync-state.json
$*
ENV
}

# --- from installation to purge

install_package() {
    step "installing"
    apt update
    files > "$folder/before"
    cp "$package" "$folder/root/root/"
    apt install -y --no-install-recommends "/root/$(basename "$package")"
    expect "enabled" "$(inside systemctl is-enabled reverse-sync)" enabled
    expect "started before it has settings" "$(property ActiveState)" inactive
    expect "owner and mode of the settings" "$(inside stat -c '%U %a' /etc/reverse-sync/.env)" "reverse-sync 600"
    inside systemd-analyze verify --man=no reverse-sync.service >"$folder/verify" 2>&1 || true
    [ ! -s "$folder/verify" ] || fail "systemd-analyze verify: $(cat "$folder/verify")"
    # As shipped, with nothing set, by an administrator.
    inside reverse-syncd check --offline >/dev/null || fail "the settings as shipped cannot be used"
    expect "owner of the state" "$(inside stat -c %U /var/lib/reverse-sync/reverse-sync-state.json)" reverse-sync
    inside env REVERSE_SYNC_STATE_FILE=/tmp/state.json REVERSE_SYNC_MAPPING=/usr/share/doc/reverse-sync/examples/mapping.json \
        reverse-syncd check --offline >/dev/null || fail "the example of a mapping cannot be used"
    inside cat /usr/share/man/man8/reverse-syncd.8.gz | gzip -dc | grep -q 'env\\-file' || fail "the manual page lacks the usage"
}

first_start() {
    step "settings filled in, checked, started"
    doctor_writes 3
    configure
    inside reverse-syncd check >"$folder/check" || fail "check finds: $(cat "$folder/check")"
    mark
    inside systemctl start reverse-sync || fail "it does not start"
    eventually said "🎉 Startup sync recovered 3 missed changes"
    all_arrived || fail "rows are missing"
    eventually status_says "in step, "
    expect "watchdog" "$(property WatchdogUSec)" 1min
    expect "size of a core dump" "$(property LimitCORE)" 0
    expect "user" "$(inside stat -c %U "/proc/$(property MainPID)")" reverse-sync
    inside reverse-syncd status || fail "status does not answer"
    expect "state file" "$(inside stat -c '%U %a' /var/lib/reverse-sync/reverse-sync-state.json)" "reverse-sync 600"
}

refused_settings() {
    step "settings that cannot be used, at a reload and at a start"
    configure "DB_PORT_IS_WRONG" # no line of a .env
    mark
    inside systemctl reload reverse-sync
    eventually said "❌ Settings not reloaded"
    expect_error 'line 10: .*/etc/reverse-sync/\.env'
    inside systemctl stop reverse-sync
    mark
    ! inside systemctl start reverse-sync 2>/dev/null || fail "it starts with a broken .env"
    expect_error 'line 10: .*/etc/reverse-sync/\.env'
    configure "REVERSE_SYNC_MAX_RECORD=50"
    mark
    inside systemctl restart reverse-sync || fail "it does not start"
    said "⚠️  REVERSE_SYNC_MAX_RECORD " || fail "no warning"
    expect "errors of a warning" "$(in_journal -p err --since "@$since")" ""
    configure
}

# Since the mark one error was said, and it is this one.
expect_error() {
    in_journal -t reverse-syncd -p err --since "@$since" | tee "$folder/errors"
    expect "errors in the journal" "$(wc -l < "$folder/errors")" 1
    grep -qE "$1" "$folder/errors" || fail "the error does not say '$1'"
}

# Of all that the daemon has said in this test.
journal_has_priorities() {
    step "the journal"
    in_journal -t reverse-syncd | grep -E '❌|^reverse-syncd: ' > "$folder/said" || true
    in_journal -t reverse-syncd -p err > "$folder/errors"
    diff "$folder/said" "$folder/errors" || fail "journalctl -p err does not show exactly the errors"
    echo "$(wc -l < "$folder/errors") errors"
    ! in_journal -t reverse-syncd | grep -qE '^<[0-9]>|^[0-9]{4}-[0-9]{2}-[0-9]{2}T' ||
        fail "a priority or a second time stamp is shown"
}

broken_mapping() {
    step "reload with a broken mapping, then with a good one"
    printf '{\n  "version": 1,\n  "streams": [\n}\n' > "$folder/root/etc/reverse-sync/mapping.json"
    chmod 644 "$folder/root/etc/reverse-sync/mapping.json"
    configure "REVERSE_SYNC_MAPPING=/etc/reverse-sync/mapping.json"
    mark
    inside systemctl reload reverse-sync
    eventually said "❌ Settings not reloaded"
    expect_error 'not valid JSON near line 4 \(/etc/reverse-sync/mapping\.json\)'
    expect "state after the refusal" "$(property ActiveState)" active
    doctor_writes 1
    inside systemctl kill -s USR1 reverse-sync
    eventually all_arrived
    local before
    before=$(property MainPID)
    configure "REVERSE_SYNC_INTERVAL_MINUTES=17"
    inside systemctl reload reverse-sync
    eventually said "every 17 minutes"
    expect "process after the reload" "$(property MainPID)" "$before"
}

stuck() {
    step "a loop that stands still (SIGSTOP) in a catch-up of 10,000 rows"
    inside systemctl stop reverse-sync
    inside mkdir -p /run/systemd/system/reverse-sync.service.d
    printf '[Service]\nWatchdogSec=3\nTimeoutAbortSec=1\nRestartSec=100ms\n' |
        nsenter -t "$init" -m -- sh -c 'cat > /run/systemd/system/reverse-sync.service.d/test.conf'
    inside systemctl daemon-reload
    configure "REVERSE_SYNC_MAX_RECORDS=50"
    doctor_writes 10000
    mark
    inside systemctl start reverse-sync
    local before
    before=$(property NRestarts)
    eventually said "📝 Found 50 note(s)"
    inside systemctl kill -s STOP reverse-sync
    ! all_arrived || fail "the catch-up was over before the signal"
    doctor_writes 5
    restarted() { [ "$(property NRestarts)" = $((before + 1)) ] && [ "$(property ActiveState)" = active ]; }
    eventually restarted
    eventually said "🎉 Startup sync recovered"
    all_arrived || fail "rows are missing"
    said "Watchdog timeout" || fail "it was not the watchdog"
    inside rm -r /run/systemd/system/reverse-sync.service.d
    inside systemctl daemon-reload
}

stop_in_a_catch_up() {
    step "stop during a catch-up of 20,000 rows"
    inside systemctl stop reverse-sync
    configure "REVERSE_SYNC_MAX_RECORDS=50"
    doctor_writes 20000
    eventually settled
    local start before
    before=$(arrived)
    mark
    inside systemctl start reverse-sync
    eventually said "✅ Synced 50/50 notes"
    start=$(date +%s%N)
    inside systemctl stop reverse-sync
    echo "stopped after $((($(date +%s%N) - start) / 1000000)) ms with $(($(arrived) - before)) of 20000 rows"
    [ $((($(date +%s%N) - start) / 1000000000)) -lt 10 ] || fail "the stop took too long"
    expect "result of the stop" "$(property Result)" success
    ! all_arrived || fail "the catch-up was over before the stop"
    local carried=$(($(arrived) - before))
    configure "REVERSE_SYNC_MAX_RECORDS=2000"
    mark
    inside systemctl start reverse-sync
    eventually said "🎉 Startup sync recovered $((20000 - carried)) missed changes"
    expect "notes read by the next start" "$(notes_read)" $((20000 - carried))
    all_arrived || fail "rows are missing"
}

upgrade() {
    step "upgrade, with another template of the settings"
    local next="$folder/next" before position
    dpkg-deb --raw-extract "$package" "$next"
    sed -i 's/^Version: .*/&+next/' "$next/DEBIAN/control"
    echo "#A_NEW_SETTING=" >> "$next/etc/reverse-sync/.env"
    dpkg-deb --root-owner-group --build "$next" "$folder/root/root/next.deb" >/dev/null
    before=$(property MainPID)
    position=$(remembered)
    inside cat /etc/reverse-sync/.env > "$folder/env"
    mark
    apt install -y --no-install-recommends -o Dpkg::Options::=--force-confold /root/next.deb
    expect "state after the upgrade" "$(property ActiveState)" active
    [ "$(property MainPID)" != "$before" ] || fail "the former program still runs"
    inside cat /etc/reverse-sync/.env | cmp - "$folder/env" || fail "the settings are changed"
    inside grep -q A_NEW_SETTING /etc/reverse-sync/.env.dpkg-dist || fail "the new template is nowhere"
    expect "owner and mode of the settings" "$(inside stat -c '%U %a' /etc/reverse-sync/.env)" "reverse-sync 600"
    eventually said "✓ Startup sync complete"
    ! said "there is no state file yet" || fail "the state is lost"
    expect "notes read again" "$(notes_read)" 0
    [[ -n $position && ! $(remembered) < $position ]] || fail "the state went back from $position to $(remembered)"
    doctor_writes 2
    inside systemctl kill -s USR1 reverse-sync
    eventually all_arrived
}

remove_and_purge() {
    step "remove, then purge"
    apt remove -y reverse-sync
    inside test -s /var/lib/reverse-sync/reverse-sync-state.json || fail "removal takes the state"
    inside test -s /etc/reverse-sync/.env || fail "removal takes the settings"
    apt purge -y reverse-sync
    apt autoremove -y --purge
    files > "$folder/after"
    diff "$folder/before" "$folder/after" || fail "the purge leaves something, or takes too much"
    # "passwd-" and the like are what the tools for users keep of the time before.
    ! inside grep -r --exclude='*-' reverse-sync /etc || fail "/etc still knows it"
    echo "nothing is left"
}

try_package() {
    prepare_databases
    port=$((20000 + RANDOM % 10000))
    bare_root
    boot
    install_package
    first_start
    refused_settings
    broken_mapping
    stuck
    stop_in_a_catch_up
    upgrade
    journal_has_priorities
    remove_and_purge
    step "passed"
}

clean_up() {
    local status=$?
    if [ "$status" != 0 ] && [ "$status" != 77 ] && [ -n "${init:-}" ]; then
        in_journal -n 40 2>/dev/null || true
    fi
    [ -z "${init:-}" ] || kill -KILL "$init" 2>/dev/null || true
    [ -z "${machine:-}" ] || wait "$machine" 2>/dev/null || true
    for _ in $(seq 50); do
        [ -z "${cgroup:-}" ] || [ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ -d "${cgroup:-/nowhere}" ] || break
        sleep 0.1
    done
    rm -rf --one-file-system "$folder"
    exit "$status"
}

[ "$(id -u)" = 0 ] || not_run "this takes root"
if [ "${1:-}" = try ]; then
    package=$2
    folder=$(mktemp -d)
    trap clean_up EXIT
    try_package
    exit
fi
for tool in debootstrap lintian systemd-analyze rpmbuild unshare; do
    command -v "$tool" >/dev/null || fail "$tool is missing; run packaging/install-build-dependencies.sh"
done
[ $# -gt 0 ] || build
package=$(realpath "${1:-$(echo build/release/packages/*.deb)}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
look_at_package
tests/support/with_servers.sh --sim "${SQLSERVER_SIM:-$PWD/build/dev/tests/sqlserver_sim/sqlserver-sim}" -- "$source_folder/tests/package/run.sh" try "$package"
for rpm in "$(dirname "$package")"/reverse-sync-*.rpm; do
    [ ! -f "$rpm" ] || tests/package/rpm.sh "$rpm" "$cache"
done
