#!/usr/bin/env bash
# FreeTDS's freebcp: a file in by bulk load, and the same bytes out again.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

table=dbo.client_freebcp
run() { timeout 60 tsql -o fhq -S plain74 -U "$SIM_USER" -P "$SIM_PASSWORD" -D "$SIM_DATABASE" 2>&1; }
rows() { printf '%s\ngo\nexit\n' "$1" | run | grep -vE '^(locale|using|Setting|Default)' | sed -E 's/^([0-9]+> )+//; /^$/d'; }
copy() { timeout 120 freebcp "$SIM_DATABASE.$table" "$2" "$3" -S "$1" -U "$SIM_USER" -P "$SIM_PASSWORD" "${@:4}"; }

make_rows() {
    for id in $(seq 1 "$1"); do
        printf '%d\tname %d سلام 😀\t%d.25\t2024-02-29\n' "$id" "$id" "$id"
    done
}

for server in plain74 plain73 require; do
    expect "$server: create" "" "$(rows "if object_id('$table') is not null drop table $table
go
create table $table (id int not null primary key, name nvarchar(60), cost decimal(9, 2), day nvarchar(10))")"

    make_rows 2500 > "$folder/in"
    message=$(copy "$server" in "$folder/in" -c 2>&1)
    expect "$server: exit" 0 $?
    expect_match "$server: rows copied" '2500 rows copied' "$message"
    expect "$server: sums" $'2500\t3126875.00\t1' "$(rows "select count(*), sum(cost), count(distinct day) from $table")"
    expect "$server: text" "name 77 سلام 😀" "$(rows "select name from $table where id = 77")"

    copy "$server" out "$folder/out" -c > /dev/null 2>&1
    expect "$server: out" 0 $?
    expect "$server: the same rows" "$(sort "$folder/in")" "$(sort "$folder/out")"

    message=$(copy "$server" in "$folder/in" -c 2>&1)
    expect_match "$server: duplicates are refused" 'Msg 2627|2627' "$message"
    expect "$server: and change nothing" "2500" "$(rows "select count(*) from $table")"
    expect "$server: drop" "" "$(rows "drop table $table")"
done
finish
