#!/usr/bin/env bash
# run.sh [--preset dev|asan|tsan|release] [--filter REGEX] [--exclude-label REGEX]
#
# Installs what is missing (Debian 12), checks the format, builds, and runs every test beside throw-away servers.
# The last lines are CTest's summary; the exit code is its.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=dev
selection=()
while [ $# -gt 0 ]; do
    case $1 in
        --preset) preset=$2; shift 2 ;;
        --filter) selection+=(--tests-regex "$2"); shift 2 ;;
        --exclude-label) selection+=(--label-exclude "$2"); shift 2 ;;
        *) sed -n '2p' "$0" | cut -c3- >&2; exit 2 ;;
    esac
done

packaging/install-build-dependencies.sh --for tests
git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format --dry-run --Werror
cmake --preset "$preset" >/dev/null
cmake --build "build/$preset" -j "$(nproc)"
exec tests/support/with_servers.sh --sim "$PWD/build/$preset/tests/sqlserver_sim/sqlserver-sim" -- \
    ctest --preset "$preset" "${selection[@]}"
