#pragma once

#include <string>

#include "core/timestamp.hpp"

namespace revsync::http {

// "Tue, 21 Jan 2025 14:00:00 GMT" (RFC 9110, 5.6.7).
std::string http_date(Timestamp time);

}  // namespace revsync::http
