// What `reverse-syncd status` makes of the answer of GET /api/sync/status.
#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"

namespace revsync {

struct StatusReport {
    bool in_step = false;
    std::string text;  // several lines, without colours; the last ends with a line feed
};

// The error (retry): the answer is no status, so that another program may have the port.
Result<StatusReport> report_status(std::string_view body);

}  // namespace revsync
