#!/usr/bin/env bash
# Measures the daemon beside a plain Node implementation and against the project's bars (README.md in this folder).
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: tests/bench/run.sh [options]

Builds the daemon as it is shipped, starts throw-away servers behind latency proxies, measures, prints tables and
writes build/bench-results.json. Takes about 25 minutes.

  --only PART      polls, webhooks or queue
  --quick          a few runs of everything, about 5 minutes; its figures only show that the benchmark works
  --clear          connections without encryption
  --peer-calls N   calls to SQL Server that the polling peer makes for a row: 2 (look, then write; the default) or 1
  --no-build       measure what build/bench holds
  --help
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/bench
must_build=yes
options=()
while [ $# -gt 0 ]; do
    case $1 in
        --quick | --clear) options+=("$1") ;;
        --only)
            case ${2:-} in polls | webhooks | queue) ;; *) usage >&2; exit 2 ;; esac
            options+=("$1" "$2")
            shift
            ;;
        --peer-calls)
            case ${2:-} in 1 | 2) ;; *) usage >&2; exit 2 ;; esac
            options+=("$1" "$2")
            shift
            ;;
        --no-build) must_build= ;;
        --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

"$root/packaging/install-build-dependencies.sh" --for bench
for tool in node npm wrk; do
    command -v "$tool" >/dev/null || { echo "run.sh: $tool is needed" >&2; exit 1; }
done
if [ -n "$must_build" ]; then
    echo "building; see build/bench.log" >&2
    mkdir -p "$root/build"
    {
        cmake --preset release -S "$root" -B "$build" &&
            cmake --build "$build" -j "$(nproc)" --target reverse-syncd sqlserver-sim latency-proxy
    } >"$build.log" 2>&1 || { tail -40 "$build.log" >&2; exit 1; }
fi

peer=$root/tests/bench/peer
if [ ! "$peer/node_modules/.package-lock.json" -nt "$peer/package-lock.json" ]; then
    (cd "$peer" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
fi

# The servers' files stay in memory where there is room: what a disk does to a throw-away cluster says nothing of either
# implementation.
room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)
[ -n "${TMPDIR:-}" ] || [ "${room:-0}" -lt 4000000 ] || export TMPDIR=/dev/shm

exec "$root/tests/support/with_servers.sh" --sim "$build/tests/sqlserver_sim/sqlserver-sim" -- \
    node "$root/tests/bench/bench.mjs" --build "$build" --output "$root/build/bench-results.json" "${options[@]}"
