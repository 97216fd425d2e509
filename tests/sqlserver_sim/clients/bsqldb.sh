#!/usr/bin/env bash
# FreeTDS's bsqldb, which stands on db-lib as the daemon does: scripts with several batches and result sets.
set -uo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

table=dbo.client_bsqldb
ask() {
    timeout 60 bsqldb -q -t '|' -S "$1" -U "$SIM_USER" -P "$SIM_PASSWORD" -D "$SIM_DATABASE" -e "$folder/errors"
}

for server in plain74 plain73 require; do
    : > "$folder/errors"
    result=$(ask "$server" <<SQL
if object_id('$table') is not null drop table $table
go
create table $table (id int primary key, name nvarchar(50), paid money, at datetime)
go
insert into $table values (1, N'سێف', 10.5, '2024-01-02 03:04:05')
insert into $table values (2, null, null, null)
insert into $table (id, name) select id + 10, name from $table
go
select id, name, paid from $table order by id
select count(*) as rows_now from $table where name is null
go
SQL
    )
    expect "$server: exit" 0 $?
    expect "$server: rows" $'1|سێف|10.50\n2|NULL|NULL\n11|سێف|NULL\n12|NULL|NULL\n2' "$(sed -E 's/ *\| */|/g; s/^ +| +$//g; /^$/d; s/10\.5000/10.50/' <<<"$result")"

    ask "$server" <<<"insert into $table values (1, N'again', 0, getdate())" >/dev/null
    expect "$server: severity becomes the exit code" 14 $?
    expect_match "$server: number" 'Msg 2627' "$(cat "$folder/errors")"

    ask "$server" <<<"drop table $table" >/dev/null
    expect "$server: drop" 0 $?
done
finish
