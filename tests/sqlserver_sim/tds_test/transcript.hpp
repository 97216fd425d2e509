// A response in words, one string for each token, so that tests can say what they expect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "version.hpp"

namespace revsync::sim::tds::test {

// For example "COLUMNS a int, b nvarchar", "ROW 1 | NULL", "ERROR 50000/16 text", "DONE more count=3",
// "DONEPROC error", "ENVIRONMENT 8", "STATUS 0", "VALUE @o 7", "LOGINACK 74000004".
// Throws ProtocolError when the bytes are no tokens.
std::vector<std::string> transcript(std::string_view body, Version version);

}  // namespace revsync::sim::tds::test
