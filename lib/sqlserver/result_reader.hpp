#pragma once

#include <vector>

#include "sqlserver/result_set.hpp"

struct tds_dblib_dbprocess;

namespace revsync::sqlserver {

// Reads all that a sent request answers and appends one ResultSet for each result with columns. Numbers and times
// become text as db-lib prints them, binary values stay bytes; statements cast where the form matters. False:
// failed midway, and the connection holds unread results.
bool read_results(tds_dblib_dbprocess* process, std::vector<ResultSet>& results);

}  // namespace revsync::sqlserver
