// A JSON path of SQL Server: [lax|strict] $.key."other key"[0]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace revsync::sim::tsql {

struct JsonStep {
    std::string key;
    std::optional<int> index;
};

struct JsonPath {
    bool strict = false;
    std::vector<JsonStep> steps;
};

// Throws SqlError 13607 for a path that is not one.
JsonPath parse_json_path(std::string_view text);

}  // namespace revsync::sim::tsql
