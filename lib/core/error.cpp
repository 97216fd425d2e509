#include "core/error.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace revsync {

std::string_view to_string(Disposition disposition) noexcept {
    switch (disposition) {
        case Disposition::retry:
            return "retry";
        case Disposition::in_doubt:
            return "in doubt";
        case Disposition::row:
            return "row";
        case Disposition::stream:
            return "stream";
        case Disposition::configuration:
            return "configuration";
        case Disposition::stopped:
            return "stopped";
    }
    return "unknown";
}

std::string describe(const Error& error) {
    return error.code.empty() ? error.text : fmt::format("{} ({})", error.text, error.code);
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    throw std::logic_error(
        fmt::format("{}:{}: result holds an error: {}", where.file_name(), where.line(), describe(error)));
}

}  // namespace revsync
