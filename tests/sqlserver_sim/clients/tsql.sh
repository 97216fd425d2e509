#!/usr/bin/env bash
# FreeTDS's tsql: creates, fills, updates, reads and fails on the server, in every version and encryption it offers.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Runs the batches on standard input ("go" between them); rows and messages come out.
ask() {
    { cat; printf '\ngo\nexit\n'; } | timeout 60 tsql -o fhq -S "$1" -U "$SIM_USER" -P "$SIM_PASSWORD" -D "$SIM_DATABASE" 2>&1 |
        grep -vE '^(locale|using default charset|Setting|Default database)' | sed -E 's/^([0-9]+> )+//; /^$/d'
}

try_server() {
    local table=dbo.client_tsql_$1

    expect "$1: create and fill" "" "$(ask "$1" <<SQL
if object_id('$table') is not null drop table $table
go
create table $table (
    id int identity(1, 1) primary key, name nvarchar(100) not null unique, note nvarchar(max), cost decimal(10, 2),
    day date, at datetime2(3), old datetime, flag bit not null default 1, raw varbinary(20), big bigint)
go
insert into $table (name, note, cost, day, at, old, raw, big)
values (N'مريم', N'گوڤار 😀', 12.50, '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.997', 0x00FF10, 9007199254740993)
insert into $table (name) values (N'second')
SQL
    )"

    expect "$1: read" $'1\tمريم\tگوڤار 😀\t12.50\t2024-02-29\t2024-02-29 12:34:56.789\t1\t00ff10\t9007199254740993\n2\tsecond\tNULL\tNULL\tNULL\tNULL\t1\tNULL\tNULL' \
        "$(ask "$1" <<SQL
select id, name, note, cost, convert(varchar(10), day, 23), convert(varchar(23), at, 121), flag, raw, big from $table order by id
SQL
        )"

    expect "$1: update and count" $'2\t0' "$(ask "$1" <<SQL
update $table set cost = isnull(cost, 0) + 0.25, flag = 0
select count(*), sum(cast(flag as int)) from $table where cost > 0
SQL
        )"

    expect_match "$1: duplicate key" 'Msg 2627 \(severity 14' "$(ask "$1" <<<"insert into $table (name) values (N'second')")"
    expect_match "$1: null" 'Msg 515 \(severity 16' "$(ask "$1" <<<"insert into $table (name) values (null)")"
    expect_match "$1: missing table" 'Msg 208 \(severity 16' "$(ask "$1" <<<"select * from dbo.no_such_table")"
    expect_match "$1: missing column" 'Msg 207 \(severity 16' "$(ask "$1" <<<"select nothing from $table")"
    expect_match "$1: syntax" 'Msg 156 \(severity 15' "$(ask "$1" <<<"select from where")"
    expect_match "$1: raised" $'Msg 50000 \\(severity 16, state 3\\).*\n.*خطأ' "$(ask "$1" <<<"raiserror(N'خطأ', 16, 3)")"

    expect "$1: rollback" "2" "$(ask "$1" <<SQL
begin transaction
delete from $table
rollback
select count(*) from $table
SQL
        )"

    expect "$1: long text" "600000" "$(ask "$1" <<SQL
declare @long nvarchar(max) = replicate(cast(N'ab😀' as nvarchar(max)), 150000)
update $table set note = @long where id = 2
select len(note) from $table where id = 2
SQL
        )"
    expect "$1: long text out" "600000" "$(ask "$1" <<<"select note from $table where id = 2" | tr -d '\n' | wc -m | awk '{print $1 + $1 / 3}')"

    expect "$1: drop" "" "$(ask "$1" <<<"drop table $table")"
}

for server in plain74 plain73 plain72 plain71 request require; do
    try_server "$server"
done

expect_match "wrong password" 'Msg 18456 \(severity 14' \
    "$(echo exit | timeout 20 tsql -S plain74 -U "$SIM_USER" -P "not-$SIM_PASSWORD" 2>&1)"
expect_match "missing database" 'Msg 4060 \(severity 11' \
    "$(echo exit | timeout 20 tsql -S plain74 -U "$SIM_USER" -P "$SIM_PASSWORD" -D no_such_database 2>&1)"
finish
