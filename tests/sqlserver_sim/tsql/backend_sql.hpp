// The scripts of backend/, in their order, as they were when the program was built.
#pragma once

#include <vector>

namespace revsync::sim::tsql {

std::vector<const char*> backend_sql();

}  // namespace revsync::sim::tsql
