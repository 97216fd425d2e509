#!/usr/bin/env bash
# rpm.sh PACKAGE.rpm ROOT.tar
#
# Looks at the RPM package, then installs, upgrades and removes it in an unpacked root file system, where no systemd runs.
# That root is a Debian, so what the package requires is looked at and not resolved. Needs root.
set -euo pipefail
package=$1
folder=$(mktemp -d)
trap 'rm -rf --one-file-system "$folder"' EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { [ "$2" = "$3" ] || fail "$1: expected '$3', found '$2'"; }
query() { rpm -qp "$@" "$package" 2>/dev/null; }
# Debian's rpm warns of each use.
in_root() { rpm --root "$folder" --nodeps "$@" 2>"$folder/rpm.log" || fail "rpm $*: $(cat "$folder/rpm.log")"; }
settings=$folder/etc/reverse-sync/.env
owner() { chroot "$folder" stat -c '%U %a' "$1"; }

echo "== the .rpm"
query --qf '%{NAME} %{VERSION} %{LICENSE}, %{SIZE} bytes installed\n'
list=$(query --list)
for path in /usr/bin/reverse-syncd /usr/lib/systemd/system/reverse-sync.service /usr/lib/sysusers.d/reverse-sync.conf \
    /usr/share/man/man8/reverse-syncd.8.gz /usr/share/doc/reverse-sync/linux.md \
    /usr/share/reverse-sync/sql/supabase/install-sync.sql; do
    grep -qx "$path" <<<"$list" || fail "$path is missing"
done
! grep -qxE '/etc|/usr|/usr/bin|/usr/lib/systemd(/system)?' <<<"$list" || fail "it claims a folder of the system"
expect "configuration files" "$(query --configfiles)" /etc/reverse-sync/.env
# 17: configuration that an upgrade does not replace.
expect "flags of the settings" "$(query --qf '[%{FILENAMES} %{FILEFLAGS}\n]' | grep -F /.env)" "/etc/reverse-sync/.env 17"
for need in systemd libpq libsybdb libssl; do
    grep -q "^$need" <<<"$(query --requires)" || fail "it does not require $need"
done

tar -C "$folder" -xf "$2"
in_root -i "$package"
expect "settings" "$(owner /etc/reverse-sync/.env)" "reverse-sync 600"
expect "state folder" "$(owner /var/lib/reverse-sync)" "reverse-sync 700"
chroot "$folder" systemctl is-enabled --quiet reverse-sync || fail "it is not enabled"
chroot "$folder" systemd-analyze verify --man=no reverse-sync.service || fail "systemd-analyze verify"

echo "DB_NAME=mine" >> "$settings"
touch "$folder/var/lib/reverse-sync/reverse-sync-state.json"
# What rpm does itself when it replaces settings that nobody has edited.
chown root: "$settings"
in_root -U --replacepkgs "$package"
grep -qx "DB_NAME=mine" "$settings" || fail "an upgrade takes the settings"
expect "settings after an upgrade" "$(owner /etc/reverse-sync/.env)" "reverse-sync 600"

in_root -e reverse-sync
[ ! -e "$folder/usr/bin/reverse-syncd" ] || fail "it is still there"
grep -qx "DB_NAME=mine" "$settings.rpmsave" || fail "removal takes the settings"
[ -e "$folder/var/lib/reverse-sync/reverse-sync-state.json" ] || fail "removal takes the state"
echo "== the .rpm passed"
