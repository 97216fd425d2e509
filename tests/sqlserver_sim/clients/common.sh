# What the FreeTDS scripts share: sourced, not run. They talk to a running server, real or stand-in, that
# SIM_HOST, SIM_PORT, SIM_USER, SIM_PASSWORD and SIM_DATABASE name.
: "${SIM_HOST:?}" "${SIM_PORT:?}" "${SIM_USER:?}" "${SIM_PASSWORD:?}" "${SIM_DATABASE:?}"
export LC_ALL=C.UTF-8

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

# Sections of a freetds.conf of our own: name, TDS version, encryption.
export FREETDSCONF=$folder/freetds.conf
server() {
    printf '[%s]\n host = %s\n port = %s\n tds version = %s\n encryption = %s\n client charset = UTF-8\n text size = 2147483647\n' \
        "$1" "$SIM_HOST" "$SIM_PORT" "$2" "$3" >> "$FREETDSCONF"
}
server plain74 7.4 off
server plain73 7.3 off
server plain72 7.2 off
server plain71 7.1 off
server request 7.4 request
server require 7.4 require

# expect WHAT WANTED GOT
expect() {
    if [ "$2" != "$3" ]; then
        printf 'FAILED %s\n  wanted: %s\n  got:    %s\n' "$1" "${2:0:2000}" "${3:0:2000}" >&2
        failures=$((failures + 1))
    fi
}

# expect_match WHAT PATTERN GOT
expect_match() {
    if ! [[ $3 =~ $2 ]]; then
        printf 'FAILED %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "${3:0:2000}" >&2
        failures=$((failures + 1))
    fi
}

finish() {
    if [ "$failures" -gt 0 ]; then
        echo "$failures failed" >&2
        exit 1
    fi
    echo "all as expected"
}
