#pragma once

#include <optional>
#include <string>
#include <vector>

namespace revsync::sqlserver {

// One row of a result as text, nullopt for NULL.
using Row = std::vector<std::optional<std::string>>;
using ResultSet = std::vector<Row>;

}  // namespace revsync::sqlserver
