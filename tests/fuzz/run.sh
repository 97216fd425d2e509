#!/usr/bin/env bash
# run.sh [SECONDS] [BUILD]: lets every fuzz program search for so long (60), side by side, from its corpus, and reports what
# each did. New inputs stay in BUILD/fuzz/<name>/; one that breaks something is named in the log there. BUILD defaults to
# build/asan.
#
# To keep what a long run found:
#     build/asan/tests/fuzz/revsync_<name>_fuzz -merge=1 tests/fuzz/corpus/<name> build/asan/fuzz/<name>/found
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-60}
build=${2:-build/asan}

names=() searches=()
for program in "$build"/tests/fuzz/revsync_*_fuzz; do
    name=$(basename "$program" _fuzz)
    name=${name#revsync_}
    mkdir -p "$build/fuzz/$name/found"
    "$program" -max_total_time="$seconds" -max_len=4096 -timeout=60 -rss_limit_mb=1024 -print_final_stats=1 \
        -dict=tests/fuzz/json.dict -artifact_prefix="$build/fuzz/$name/" \
        "$build/fuzz/$name/found" "tests/fuzz/corpus/$name" >"$build/fuzz/$name/log" 2>&1 &
    names+=("$name") searches+=($!)
done

failed=0
for i in "${!names[@]}"; do
    log="$build/fuzz/${names[i]}/log"
    if wait "${searches[i]}"; then
        printf '%-20s %s\n' "${names[i]}" "$(grep -E 'DONE|number_of_executed_units' "$log" | tr '\n\t' '  ')"
    else
        failed=1
        printf '%s FAILED, see %s\n' "${names[i]}" "$log"
        tail -n 40 "$log"
    fi
done
exit "$failed"
