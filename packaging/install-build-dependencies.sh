#!/usr/bin/env bash
# install-build-dependencies.sh [--for quickstart|tests|packages|bench|windows]
#
# Installs on Debian 12 what building needs, and only what is missing. "quickstart" is enough to build and show the
# daemon, "tests" (the default) adds the checks' tools, "packages" what makes packages and tries them, "bench" what the
# benchmarks take, "windows" what cross-compiles for Windows and runs the result.
# Runs as root, or through sudo. May be run again at any time.
set -euo pipefail

purpose=tests
case "${1:-}" in
    --for) purpose=${2:-} ;;
    --for=*) purpose=${1#--for=} ;;
    '') ;;
    *) echo "usage: install-build-dependencies.sh [--for quickstart|tests|packages|bench|windows]" >&2; exit 2 ;;
esac

wanted=(g++ cmake ninja-build ccache lld pkg-config ca-certificates openssl
    libboost1.81-dev libboost-program-options1.81-dev libpq-dev freetds-dev freetds-bin libfmt-dev libssl-dev
    libgtest-dev libgmock-dev postgresql-15 postgresql-client-15)
case $purpose in
    quickstart) ;;
    tests) wanted+=(clang libclang-rt-14-dev clang-tidy clang-format libbenchmark-dev git curl) ;;
    packages) wanted+=(dpkg-dev file lintian rpm debootstrap systemd) ;;
    bench) wanted+=(libbenchmark-dev wrk) ;;
    windows) wanted+=(g++-mingw-w64-x86-64-posix mingw-w64-tools wine wine64 nsis googletest) ;;
    *) echo "install-build-dependencies.sh: --for takes quickstart, tests, packages, bench or windows, not '$purpose'" >&2; exit 2 ;;
esac
# Any node will do, wherever it came from.
if [ "$purpose" = tests ] || [ "$purpose" = bench ] || [ "$purpose" = windows ]; then
    command -v node >/dev/null || wanted+=(nodejs)
    command -v npm >/dev/null || wanted+=(npm)
fi

# The status page is tried in it.
if [ "$purpose" = tests ]; then
    command -v chromium >/dev/null || command -v google-chrome >/dev/null || wanted+=(chromium)
fi

command -v apt-get >/dev/null || {
    echo "install-build-dependencies.sh: apt-get not found; install by hand: ${wanted[*]}" >&2
    exit 1
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=()
for package in "${wanted[@]}"; do
    installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

privileged=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "install-build-dependencies.sh: run as root, or install: ${missing[*]}" >&2
        exit 1
    }
    privileged=(sudo)
fi
apt() {
    local said
    said=$("${privileged[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" 2>&1 </dev/null) ||
        { echo "$said" >&2; return 1; }
}

echo "installing ${missing[*]}"
apt update
# The servers of the tests are throw-away clusters; the package must not start one of its own.
if ! installed postgresql-15; then
    apt install -y --no-install-recommends postgresql-common
    "${privileged[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
fi
# Debian's default Boost headers (1.74) and 1.81 exclude each other: apt replaces the former.
apt install -y --no-install-recommends "${missing[@]}"
