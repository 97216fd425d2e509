# machine.sh: a bare Debian with a systemd of its own, and what can be asked of the service in it. Sourced by run.sh.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/reverse-sync/debian-12.tar
bare_root() {
    if [ ! -f "$cache" ]; then
        step "making a bare Debian 12"
        mkdir -p "$(dirname "$cache")"
        debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates bookworm "$folder/root" \
            >"$folder/debootstrap.log" 2>&1 || fail "debootstrap: $(tail -1 "$folder/debootstrap.log")"
        tar -C "$folder/root" -cf "$cache.$$" . && mv "$cache.$$" "$cache"
    else
        mkdir "$folder/root"
        tar -C "$folder/root" -xf "$cache"
    fi
    # The same way to the packages as this machine has.
    rm -rf "$folder/root/etc/apt/sources.list" "$folder/root/etc/apt/sources.list.d"
    cp -a /etc/apt/sources.list* /etc/apt/apt.conf.d "$folder/root/etc/apt/"
    cp -L /etc/resolv.conf /etc/hosts "$folder/root/etc/"
    ln -s /dev/null "$folder/root/etc/systemd/system/console-getty.service"
}

boot() {
    local cgroups
    cgroups=$(findmnt -n -t cgroup2 -o TARGET | head -1)
    [ -n "$cgroups" ] || not_run "no control groups of version 2"
    cgroup=$cgroups/reverse-sync-test-$$
    mkdir "$cgroup" 2>/dev/null || not_run "no control group can be made"
    sh -c 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"' sh "$cgroup" \
        unshare --mount --pid --cgroup --uts --ipc --fork --kill-child tests/package/boot.sh "$folder/root" 2>"$folder/boot.log" &
    machine=$!
    for _ in $(seq 100); do
        init=$(pgrep -P "$machine" || true)
        [ "$(cat "/proc/$init/comm" 2>/dev/null)" != systemd ] || break
        kill -0 "$machine" 2>/dev/null || not_run "no name spaces can be made"
        sleep 0.1
    done
    for _ in $(seq 100); do
        inside test -S /run/systemd/private 2>/dev/null && break
        sleep 0.1
    done
    inside systemctl is-system-running --wait >"$folder/running" || true
    grep -qE 'running|degraded' "$folder/running" || fail "systemd does not come up: $(cat "$folder/running")"
}

inside() { nsenter -t "$init" -m -p -C -u -i -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@" </dev/null; }
apt() { inside apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$folder/apt.log" 2>&1 || fail "apt-get $*: $(tail -5 "$folder/apt.log")"; }
property() { inside systemctl show --value -p "$1" reverse-sync; }
expect() { [ "$2" = "$3" ] || fail "$1: expected '$3', found '$2'"; }
in_journal() { inside journalctl -u reverse-sync -o cat --no-pager "$@"; }
# Waits at most 30 s until the command succeeds.
eventually() {
    local left=150
    until "$@"; do
        [ $((left -= 1)) -gt 0 ] || fail "in vain: $*"
        sleep 0.2
    done
}
said() { [[ $(in_journal --since "@$since") == *"$1"* ]]; }
mark() { since=$(date +%s.%N); }
# How far the notes are remembered to have been read; texts that sort by time.
remembered() { sed -n 's/.*"lastNotesSync": "\(.*\)".*/\1/p' "$folder/root/var/lib/reverse-sync/reverse-sync-state.json"; }
# How many notes were read from Supabase since the mark, whether or not they were in SQL Server already.
notes_read() { in_journal --since "@$since" | awk '$2 == "Found" && $4 == "note(s)" { sum += $3 } END { print sum + 0 }'; }
status_says() { [[ $(property StatusText) == *"$1"* ]]; }

# All files but those of apt, dpkg, the log and what is made anew at each boot.
files() {
    inside find / -xdev \( -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /tmp \
        -o -path /run -o -path /proc -o -path /sys -o -path /dev -o -path /root \) -prune -o -print | sort
}
