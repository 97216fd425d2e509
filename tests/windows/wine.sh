# Sourced: a Wine of the script's own, with a service control manager and a registry, gone when the script ends.
# shellcheck shell=bash
WINEPREFIX=$(mktemp -d)
export WINEPREFIX WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
unset WINEPATH DISPLAY
finish() {
  timeout 30 wineserver -k || true
  timeout 30 wineserver -w || true
  rm -rf "$WINEPREFIX"
}
trap finish EXIT
timeout 120 wineboot -i > "$WINEPREFIX/boot.log" 2>&1 || { cat "$WINEPREFIX/boot.log"; exit 1; }
timeout 30 wineserver -k || true  # what the first boot has started, its service control manager, too
timeout 30 wineserver -p          # and the next one stays between two commands, as on Windows

data="$WINEPREFIX/drive_c/ProgramData/ReverseSync"
event_source='HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\ReverseSync'
port=$((20000 + $$ % 20000))
said=

fail() {
  printf 'not as it should be: %s\n%s\n' "$1" "$said" >&2
  exit 1
}

# run EXIT_CODE PROGRAM.EXE [ARGUMENTS…]: what it prints is in $said
run() {
  local code=0
  # To a file: what Wine leaves running would keep a pipe open.
  timeout 120 wine "${@:2}" > "$WINEPREFIX/said" 2>&1 < /dev/null || code=$?
  said=$(tr -d '\r' < "$WINEPREFIX/said")
  printf '$ %s %s\n%s\nexit code %s\n' "$(basename "$2")" "${*:3}" "$said" "$code"
  [ "$code" = "$1" ] || fail "$(basename "$2") ${*:3}: exit code $code instead of $1"
}

# expect EXIT_CODE WORDS VERB [OPTIONS…]: a verb of $program's "service"
expect() {
  run "$1" "$program" service "${@:3}"
  grep -qF -- "$2" <<< "$said" || fail "service ${*:3} does not say: $2"
}

registered() {
  timeout 60 wine reg query "$event_source" /v EventMessageFile > "$WINEPREFIX/registered" 2>&1 &&
    grep -qF reverse-syncd.exe "$WINEPREFIX/registered"
}

settings() {
  printf 'PORT=%s\r\n' "$1" > "$data/.env"
}

# Whether the service answers on the port of its settings.
answers() {
  [ "$(curl -s -o "$WINEPREFIX/live" -w '%{http_code}' --max-time 20 "http://127.0.0.1:$port/health/live")" = 200 ]
}
