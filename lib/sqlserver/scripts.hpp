#pragma once

#include <string>

#include "mapping/stream.hpp"

namespace revsync::sqlserver {

// SQL that a person may run on the SQL Server side, in sqlcmd or Management Studio: the queue, its indexes, and a
// trigger for each forward stream. For SQL Server 2016 and later, at any compatibility level that it offers. All of it
// in one transaction, so that no write falls between the old and the new; may be run again at any time.
//
// An installation of the older kind keeps its queue, which gets the column ChangedColumns. Its triggers would queue
// everything twice: the script names them and changes nothing, until its variable @replace_older_triggers says that
// they be disabled.
//
// The indexes have no filter. A trigger runs under the writer's SET options, and a filtered index refuses every write
// of a client with ANSI_WARNINGS OFF (error 1934;
// https://learn.microsoft.com/sql/t-sql/statements/create-index-transact-sql, "Required SET options for filtered
// indexes").
//
// Numbers of new rows need nothing here: the Supabase side numbers downwards (postgres/scripts.hpp).
std::string install_script(const Mapping& mapping);

// Takes all of it away, whatever mapping it was made for, and enables the triggers that the other script disabled. The
// queue and its rows stay, unless the script's variable @drop_queue says otherwise.
std::string uninstall_script();

}  // namespace revsync::sqlserver
