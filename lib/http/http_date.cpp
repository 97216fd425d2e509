#include "http/http_date.hpp"

#include <fmt/chrono.h>

namespace revsync::http {

std::string http_date(Timestamp time) {
    const std::chrono::sys_time<std::chrono::microseconds> moment{std::chrono::microseconds{time.microseconds()}};
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::chrono::floor<std::chrono::seconds>(moment)));
}

}  // namespace revsync::http
