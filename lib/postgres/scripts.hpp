#pragma once

#include <string>

#include "mapping/stream.hpp"

namespace revsync::postgres {

// SQL that a person may run on the Supabase side; the daemon works without it. Plain, in one transaction, may be run
// again at any time. Change columns are taken to be timestamptz.
//
// - The origin guard: where a forward stream fills a table that a reverse one reads, writes of the daemon leave the
//   change time as it was, so that nothing comes back as an edit.
// - An index on the change time of each reverse stream.
// - Where both sides make rows under a key that both number, Supabase's numbers run downwards from -1. Odd and even
//   numbers would not keep them apart: a SQL Server identity moves on to each number that is written from outside.
std::string install_script(const Mapping& mapping);

// Takes away the guard and lets the numbers run upwards again. The indexes stay: they may have been there before.
std::string uninstall_script(const Mapping& mapping);

}  // namespace revsync::postgres
